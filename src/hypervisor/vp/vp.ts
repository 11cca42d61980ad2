import {
  type GuestCalls,
  HvMessageType,
  Msr,
  readSavedUnit,
  type SavedFields,
  type SavedValue,
  type SynicPort,
  TimerMessage,
} from "../../hvdef/index.ts";
import { type InspectNode, type Micros, micros } from "../../support/index.ts";
import type { CpuidResult, Engine, Intercepts } from "../../vid/index.ts";
import { answerCpuid } from "./cpuid.ts";
import { type GuestCrash, openCrashRegisters } from "./crash.ts";
import { openHypercalls } from "./hypercall.ts";
import { hypercallPort, openHypercallPage } from "./hypercall-page.ts";
import type { QueuedMessage } from "./message-queue.ts";
import { inert, type MsrEntry, openMsrDispatch, plainMsrs, readOnly } from "./msr.ts";
import { openReferenceTime } from "./reference-time.ts";
import { openSyntheticTimer } from "./stimer.ts";
import { openSynic } from "./synic.ts";

/** What a virtual processor stands on. The engine itself fits, with two more functions beside it. */
export interface VirtualProcessorParts
  extends Pick<Engine, "memory" | "registers" | "raiseVector" | "readTsc" | "tscFrequency"> {
  /** Hertz of the local APIC's timer before its divider; that of the TSC if left out. */
  readonly apicFrequency?: number;
  /** Guest time used since the partition started. */
  runtime(): Micros;
  /** A guest reported its own death. Runs while its instruction waits. */
  onCrash(crash: GuestCrash): void;
}

/** The hypervisor's side of the one processor of a partition. */
export interface VirtualProcessor {
  /** For the engine. */
  readonly intercepts: Intercepts;
  /** For the bus. */
  readonly synic: SynicPort;
  /** The engine calls {@link onHypercall} on 32-bit writes to this port. */
  readonly hypercallPort: number;
  /** A hypercall, if the guest has a hypercall page; any other write is ignored. The value is EAX again. */
  onHypercall(value: number): void;
  /** Says who answers the VMBus calls: the bus, which itself needed {@link synic} first. */
  bind(calls: GuestCalls): void;
  /** Reset of the partition: overlays gone, registers as after power-on, time goes on. */
  reset(): void;
  /** What a saved machine keeps of it; between slices. */
  save(): SavedValue;
  /** Reference time goes on from here, although the time stamp counter was replaced. After a restore. */
  rebase(): void;
  /** TIME_REF_COUNT as the guest would read it now, 100 ns. */
  referenceTime(): bigint;
  /** Counters and registers for a live panel. */
  inspect(): InspectNode;
}

/** Synthetic timers of a processor. */
const timerCount = 4;

/** Longest wait answered to the engine: with no timer running, it looks again after a second. */
const longestWait = 1_000_000;

/** Accepted and kept, as nothing of theirs is offered in CPUID. */
const kept = [
  Msr.vpAssistPage,
  Msr.reenlightenmentControl,
  Msr.tscEmulationControl,
  Msr.tscEmulationStatus,
] as const;
const ignored = [Msr.reset, Msr.eoi, Msr.icr, Msr.tpr, Msr.guestIdle, Msr.tscInvariantControl] as const;

/** The parts of a processor, joined but without a face. */
function joinParts(parts: VirtualProcessorParts) {
  const { memory } = parts;
  const raiseVector = (vector: number) => parts.raiseVector(vector);
  const time = openReferenceTime(parts);
  const synic = openSynic({ memory, raiseVector });
  const around = { now: time.now, raiseVector, enqueue: synic.enqueue };
  const timers = Array.from({ length: timerCount }, (_, index) => openSyntheticTimer(index, around));
  const page = openHypercallPage(memory, () => {
    time.unmapPage();
    synic.unmapPages();
  });
  const crash = openCrashRegisters(memory, parts.onCrash);
  return { time, synic, timers, page, crash, plain: plainMsrs(kept), calls: openHypercalls(memory) };
}
type JoinedParts = ReturnType<typeof joinParts>;

/** Every register of the processor. */
function registerTable(parts: VirtualProcessorParts, joined: JoinedParts): readonly MsrEntry[] {
  const { page, time, synic, timers, crash, plain } = joined;
  const apicFrequency = BigInt(Math.round(parts.apicFrequency ?? parts.tscFrequency));
  return [
    ...[page, time, synic, ...timers, crash, plain].flatMap((part) => part.entries),
    ...ignored.map(inert),
    readOnly(Msr.vpIndex, () => 0n),
    readOnly(Msr.vpRuntime, () => BigInt(Math.round(parts.runtime())) * 10n),
    readOnly(Msr.apicFrequency, () => apicFrequency),
  ];
}

/** Fires what is due. @returns microseconds to the next deadline, at most {@link longestWait} */
function runTimers({ timers, time, synic }: JoinedParts): Micros {
  let wait = longestWait;
  for (const timer of timers) {
    timer.expire();
    const deadline = timer.deadline();
    if (deadline !== null) wait = Math.min(wait, time.microsUntil(deadline));
  }
  synic.rescan();
  return micros(wait);
}

/** Puts the parts of a processor together. @tlfs partial: one processor, no nesting, no isolation */
export function openVirtualProcessor(parts: VirtualProcessorParts): VirtualProcessor {
  return dress(parts, joinParts(parts));
}

const format = 1;

/** A processor that goes on from a saved state, or why there is none, for a person. */
export type VirtualProcessorRestored =
  | { readonly kind: "restored"; readonly vp: VirtualProcessor }
  | { readonly kind: "refused"; readonly text: string };

/**
 * Makes the processor of a guest that was saved. Its RAM must be filled in already, and its time stamp counter set.
 *
 * @param saved  from `VirtualProcessor.save`, by whatever way it came: it may be anything
 */
export function restoreVirtualProcessor(
  saved: unknown,
  parts: VirtualProcessorParts,
): VirtualProcessorRestored {
  const joined = joinParts(parts);
  const read = readSavedUnit(saved, { unit: "the virtual processor", format }, (fields) =>
    resume(joined, fields),
  );
  if (read.kind === "unusable") return { kind: "refused", text: read.text };
  return { kind: "restored", vp: dress(parts, joined) };
}

function resume({ page, time, synic, timers, crash, plain }: JoinedParts, fields: SavedFields): void {
  page.resume(fields.fields("hypercallPage"));
  time.resume(fields.fields("time"));
  const states = fields.list("timers", timerCount, (one) => one);
  for (const [place, timer] of timers.entries()) timer.resume(states[place] ?? fields.refuse("timers"));
  synic.resume(fields.fields("synic"), (message) => ownerOf(timers, message)?.takeBack(message) ?? message);
  crash.resume(fields.fields("crash"));
  plain.resume(fields.fields("plain"));
}

/** The timer that a message came from; none for those of others. */
function ownerOf(timers: JoinedParts["timers"], { type, payload }: QueuedMessage) {
  if (type !== HvMessageType.timerExpired || payload.length !== TimerMessage.size) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  return timers[TimerMessage.read(view).timerIndex];
}

function dress(parts: VirtualProcessorParts, joined: JoinedParts): VirtualProcessor {
  const { time, synic, timers, page, crash, plain, calls } = joined;
  const msrs = openMsrDispatch(registerTable(parts, joined));
  const counters = { cpuids: 0, resets: 0 };
  let strayCalls = 0;

  function cpuid(leaf: number): CpuidResult | null {
    counters.cpuids++;
    return answerCpuid(leaf);
  }

  return {
    intercepts: { cpuid, readMsr: msrs.read, writeMsr: msrs.write, timers: () => runTimers(joined) },
    synic: synic.port,
    hypercallPort,
    onHypercall() {
      if (page.isEnabled()) calls.call(parts.registers);
      else strayCalls++;
    },
    bind: calls.bind,
    reset() {
      counters.resets++;
      for (const part of [...timers, synic, page, time, crash, plain]) part.reset();
    },
    save: () => ({
      format,
      hypercallPage: page.save(),
      time: time.save(),
      synic: synic.save(),
      timers: timers.map((timer) => timer.save()),
      crash: crash.save(),
      plain: plain.save(),
    }),
    rebase: () => time.rebase(),
    referenceTime: time.now,
    inspect: () => ({
      identity: page.inspect(),
      hypercalls: { ...calls.inspect(), stray: strayCalls },
      synic: synic.inspect(),
      timers: Object.fromEntries(timers.map((timer, index) => [index, timer.inspect()])),
      referenceTime: time.inspect(),
      msrs: msrs.inspect(),
      crash: crash.inspect(),
      ...counters,
    }),
  };
}

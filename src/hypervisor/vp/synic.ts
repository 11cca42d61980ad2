import {
  eventFlagCount,
  type GuestMemory,
  HvMessageType,
  Msr,
  messagePayloadLimit,
  pageEnabled,
  pageOf,
  Sint,
  type SynicPort,
  sintAtReset,
  sintCount,
  vmbusSint,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import { openEventFlags } from "./event-flags.ts";
import { openMessageQueue, type QueuedMessage } from "./message-queue.ts";
import { inert, type MsrEntry, readOnly } from "./msr.ts";
import { openOverlay } from "./overlay.ts";

/** Synthetic interrupt controller of one processor. */
export interface Synic {
  readonly port: SynicPort;
  readonly entries: readonly MsrEntry[];
  /** Queues a message whose last words are known only when it leaves. `false` when refused. */
  enqueue(sint: number, message: QueuedMessage): boolean;
  /** Tries again to deliver what waits. Cheap; called between slices and whenever a slot may be empty. */
  rescan(): void;
  /** Takes both pages off. */
  unmapPages(): void;
  /** As after power-on: nothing queued, nothing flagged. */
  reset(): void;
  inspect(): InspectNode;
}

/** @tlfs 11.8 partial: automatic end of interrupt is not modelled, CPUID advises against it */
export function openSynic(machine: {
  readonly memory: GuestMemory;
  /** Edge interrupt at the local APIC, vector 16 to 255. */
  raiseVector(vector: number): void;
}): Synic {
  const { memory, raiseVector } = machine;
  const queues = Array.from({ length: sintCount }, (_, sint) => openMessageQueue(memory, sint));
  const flags = openEventFlags(memory);
  const messagePage = openOverlay(memory);
  const eventPage = openOverlay(memory);
  const sints: bigint[] = new Array(sintCount).fill(sintAtReset);
  const owed = new Set<number>();
  let scontrol = 0n;
  let siefp = 0n;
  let simp = 0n;
  const counters = { messages: 0, refused: 0, events: 0, eventsMerged: 0, interrupts: 0, suppressed: 0 };

  const isEnabled = () => (scontrol & 1n) !== 0n;

  function interrupt(sint: number): void {
    const register = sints[sint] ?? sintAtReset;
    const vector = Number(register & Sint.vector);
    owed.delete(sint);
    if ((register & Sint.masked) !== 0n || vector < 16) {
      owed.add(sint);
      counters.suppressed++;
    } else if ((register & Sint.polling) !== 0n) {
      counters.suppressed++;
    } else {
      counters.interrupts++;
      raiseVector(vector);
    }
  }

  function deliver(sint: number): void {
    const page = messagePage.at();
    if (!isEnabled() || page === null) return;
    if (queues[sint]?.deliver(page)) {
      counters.messages++;
      interrupt(sint);
    }
  }

  function rescan(): void {
    for (let sint = 0; sint < sintCount; sint++) {
      if (queues[sint]?.length() !== 0) deliver(sint);
    }
  }

  /** What had to wait for a register goes out now that one was written. */
  function settle(): void {
    const page = eventPage.at();
    if (isEnabled() && page !== null) for (const sint of flags.release(page)) interrupt(sint);
    if (isEnabled()) for (const sint of [...owed]) if (isOpen(sint)) interrupt(sint);
    rescan();
  }

  const isOpen = (sint: number) => ((sints[sint] ?? sintAtReset) & Sint.masked) === 0n;

  function enqueue(sint: number, message: QueuedMessage): boolean {
    const fits =
      message.payload.length <= messagePayloadLimit &&
      message.type !== HvMessageType.none &&
      queues[sint]?.push(message) === true;
    if (fits) deliver(sint);
    else counters.refused++;
    return fits;
  }

  function signalEvent(sint: number, flag: number): void {
    if (queues[sint] === undefined || !Number.isInteger(flag) || flag < 0 || flag >= eventFlagCount) {
      counters.refused++;
      return;
    }
    counters.events++;
    if (flags.set(isEnabled() ? eventPage.at() : null, sint, flag)) interrupt(sint);
    else counters.eventsMerged++;
  }

  function place(overlay: typeof messagePage, value: bigint): void {
    if ((value & pageEnabled) === 0n) overlay.unmap();
    else overlay.map(pageOf(value), new Uint8Array(0));
    settle();
  }
  function writeSimp(value: bigint): void {
    simp = value;
    place(messagePage, value);
  }
  function writeSiefp(value: bigint): void {
    siefp = value;
    place(eventPage, value);
  }
  function unmapPages(): void {
    writeSimp(simp & ~pageEnabled);
    writeSiefp(siefp & ~pageEnabled);
  }
  function writeScontrol(value: bigint): void {
    scontrol = value;
    settle();
  }
  function sintEntry(sint: number): MsrEntry {
    return {
      index: Msr.sint0 + sint,
      read: () => sints[sint] ?? sintAtReset,
      write(value) {
        sints[sint] = value;
        settle();
      },
    };
  }

  return {
    port: {
      postMessage: (sint, type, payload) => void enqueue(sint, { type, payload: payload.slice() }),
      signalEvent,
    },
    entries: [
      { index: Msr.scontrol, read: () => scontrol, write: writeScontrol },
      readOnly(Msr.sversion, () => 1n),
      { index: Msr.siefp, read: () => siefp, write: writeSiefp },
      { index: Msr.simp, read: () => simp, write: writeSimp },
      { ...inert(Msr.eom), write: rescan },
      ...Array.from({ length: sintCount }, (_, sint) => sintEntry(sint)),
    ],
    enqueue,
    rescan,
    unmapPages,
    reset() {
      scontrol = 0n;
      unmapPages();
      siefp = simp = 0n;
      sints.fill(sintAtReset);
      owed.clear();
      flags.reset();
      for (const queue of queues) queue.clear();
    },
    inspect: () => ({
      enabled: isEnabled(),
      messagePage: messagePage.inspect(),
      eventPage: eventPage.inspect(),
      vmbusVector: Number((sints[vmbusSint] ?? 0n) & Sint.vector),
      vmbusMasked: !isOpen(vmbusSint),
      waiting: queues.reduce((sum, queue) => sum + queue.length(), 0),
      ...counters,
    }),
  };
}

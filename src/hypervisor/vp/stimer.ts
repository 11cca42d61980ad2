import {
  HvMessageType,
  Msr,
  type SavedFields,
  type SavedValue,
  StimerConfig,
  TimerMessage,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { QueuedMessage } from "./message-queue.ts";
import type { MsrEntry } from "./msr.ts";

/** What a timer acts on. Times in 100 ns of reference time. */
export interface TimerSurroundings {
  now(): bigint;
  /** Edge interrupt at the local APIC, vector 16 to 255. */
  raiseVector(vector: number): void;
  /** Queues a message behind the SINT's slot. `false` when refused. */
  enqueue(sint: number, message: QueuedMessage): boolean;
}

/** One synthetic timer. */
export interface SyntheticTimer {
  readonly entries: readonly MsrEntry[];
  /** Fires if it is due. Late is fine, early never happens. */
  expire(): void;
  /** When it is due, `null` while stopped. */
  deadline(): bigint | null;
  reset(): void;
  save(): SavedValue;
  /** @param fields  from `save`, by whatever way it came */
  resume(fields: SavedFields): void;
  /** One of its messages that was waiting when the machine was saved waits again. */
  takeBack(message: QueuedMessage): QueuedMessage;
  inspect(): InspectNode;
}

/** Both registers and, while it runs, when it is due. */
interface TimerState {
  readonly config: bigint;
  readonly count: bigint;
  readonly due: bigint | null;
}

const stopped: TimerState = { config: 0n, count: 0n, due: null };

const vectorOf = (config: bigint) => Number((config >> 4n) & 0xffn);
const sintOf = (config: bigint) => Number((config >> 16n) & 0xfn);
const isSet = (config: bigint, bit: bigint) => (config & bit) !== 0n;

/** Whether an enabled timer has somewhere to go. */
function hasTarget(config: bigint): boolean {
  return isSet(config, StimerConfig.direct) ? vectorOf(config) >= 16 : sintOf(config) !== 0;
}

/** The state after a register was written at `now`. @tlfs 12.4.1 */
function arm(registers: { readonly config: bigint; readonly count: bigint }, now: bigint): TimerState {
  const { count } = registers;
  const config = hasTarget(registers.config) ? registers.config : registers.config & ~StimerConfig.enabled;
  const runs = isSet(config, StimerConfig.enabled) && count !== 0n;
  const start = isSet(config, StimerConfig.periodic) ? now : 0n;
  return { config, count, due: runs ? start + count : null };
}

/** The config register after the count was written. @tlfs 12.4.2 */
function configAfterCount(config: bigint, count: bigint): bigint {
  if (count === 0n) return config & ~StimerConfig.enabled;
  return isSet(config, StimerConfig.autoEnable) ? config | StimerConfig.enabled : config;
}

/** The state after an expiration. Periods that passed unseen are skipped. */
function afterExpiry({ config, count }: TimerState, due: bigint, now: bigint): TimerState {
  if (!isSet(config, StimerConfig.periodic)) {
    return { config: config & ~StimerConfig.enabled, count, due: null };
  }
  const next = due + count;
  return { config, count, due: next > now ? next : now + count };
}

/** Sends a timer's messages: at most one waits at a time. */
function openMessenger(index: number, around: TimerSurroundings) {
  let isWaiting = false;
  function watched({ type, payload }: QueuedMessage): QueuedMessage {
    isWaiting = true;
    const leaves = () => {
      isWaiting = false;
      const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
      view.setBigUint64(TimerMessage.at.deliveryTime, around.now(), true);
    };
    return { type, payload, leaves };
  }
  return {
    watched,
    /** `false` when the expiry was swallowed by the message that still waits, or refused. */
    send(sint: number, expirationTime: bigint): boolean {
      if (isWaiting) return false;
      const message = { timerIndex: index, reserved: 0, expirationTime, deliveryTime: 0n };
      const payload = TimerMessage.bytes(message);
      const isTaken = around.enqueue(sint, watched({ type: HvMessageType.timerExpired, payload }));
      if (!isTaken) isWaiting = false;
      return isTaken;
    },
    reset() {
      isWaiting = false;
    },
  };
}

/** @tlfs 12.4 partial: "lazy" is ignored, missed periods are skipped */
export function openSyntheticTimer(index: number, around: TimerSurroundings): SyntheticTimer {
  const messenger = openMessenger(index, around);
  let state = stopped;
  let expirations = 0;
  let skipped = 0;

  function expire(): void {
    if (state.due === null) return;
    const { config, due } = state;
    const now = around.now();
    if (due > now) return;
    state = afterExpiry(state, due, now);
    expirations++;
    if (isSet(config, StimerConfig.direct)) around.raiseVector(vectorOf(config));
    else if (!messenger.send(sintOf(config), due)) skipped++;
  }

  /** A moment in the past fires at once. */
  function write(config: bigint, count: bigint): void {
    state = arm({ config, count }, around.now());
    expire();
  }

  const register = Msr.stimer0Config + index * 2;
  return {
    entries: [
      { index: register, read: () => state.config, write: (config) => write(config, state.count) },
      {
        index: register + 1,
        read: () => state.count,
        write: (count) => write(configAfterCount(state.config, count), count),
      },
    ],
    expire,
    deadline: () => state.due,
    reset() {
      state = stopped;
      messenger.reset();
    },
    save: () => ({ ...state, runs: state.due !== null }),
    resume(fields) {
      const due = fields.flag("runs") ? fields.big("due") : null;
      state = { config: fields.big("config"), count: fields.big("count"), due };
    },
    takeBack: messenger.watched,
    inspect: () => ({
      running: state.due !== null,
      direct: isSet(state.config, StimerConfig.direct),
      expirations,
      skipped,
    }),
  };
}

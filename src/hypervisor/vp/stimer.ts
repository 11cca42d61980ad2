import { HvMessageType, Msr, StimerConfig, TimerMessage } from "../../hvdef/index.ts";
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
  inspect(): InspectNode;
}

const vectorOf = (config: bigint) => Number((config >> 4n) & 0xffn);
const sintOf = (config: bigint) => Number((config >> 16n) & 0xfn);
const isSet = (config: bigint, bit: bigint) => (config & bit) !== 0n;

/** Whether an enabled timer has somewhere to go. @tlfs 12.4.1 */
function hasTarget(config: bigint): boolean {
  return isSet(config, StimerConfig.direct) ? vectorOf(config) >= 16 : sintOf(config) !== 0;
}

/** @tlfs 12.4 partial: "lazy" is ignored, missed periods are skipped */
export function openSyntheticTimer(index: number, around: TimerSurroundings): SyntheticTimer {
  let config = 0n;
  let count = 0n;
  let due: bigint | null = null;
  let messageWaits = false;
  let expirations = 0;
  let skipped = 0;

  /** Recomputes the deadline after a register was written. One in the past fires at once. */
  function arm(): void {
    if (isSet(config, StimerConfig.enabled) && !hasTarget(config)) config &= ~StimerConfig.enabled;
    const runs = isSet(config, StimerConfig.enabled) && count !== 0n;
    const start = isSet(config, StimerConfig.periodic) ? around.now() : 0n;
    due = runs ? start + count : null;
    expire();
  }

  function expire(): void {
    if (due === null) return;
    const now = around.now();
    if (due > now) return;
    const expired = due;
    if (isSet(config, StimerConfig.periodic)) {
      const next = expired + count;
      due = next > now ? next : now + count;
    } else {
      due = null;
      config &= ~StimerConfig.enabled;
    }
    expirations++;
    if (isSet(config, StimerConfig.direct)) around.raiseVector(vectorOf(config));
    else sendMessage(expired);
  }

  function sendMessage(expirationTime: bigint): void {
    if (messageWaits) {
      skipped++;
      return;
    }
    const message = { timerIndex: index, reserved: 0, expirationTime, deliveryTime: 0n };
    const payload = TimerMessage.bytes(message);
    const leaves = () => {
      messageWaits = false;
      const view = new DataView(payload.buffer);
      view.setBigUint64(TimerMessage.at.deliveryTime, around.now(), true);
    };
    messageWaits = true;
    const isTaken = around.enqueue(sintOf(config), { type: HvMessageType.timerExpired, payload, leaves });
    if (isTaken) return;
    messageWaits = false;
    skipped++;
  }

  const register = Msr.stimer0Config + index * 2;
  return {
    entries: [
      {
        index: register,
        read: () => config,
        write(value) {
          config = value;
          arm();
        },
      },
      {
        index: register + 1,
        read: () => count,
        write(value) {
          count = value;
          if (value === 0n) config &= ~StimerConfig.enabled;
          else if (isSet(config, StimerConfig.autoEnable)) config |= StimerConfig.enabled;
          arm();
        },
      },
    ],
    expire,
    deadline: () => due,
    reset() {
      config = count = 0n;
      due = null;
      messageWaits = false;
    },
    inspect: () => ({
      running: due !== null,
      direct: isSet(config, StimerConfig.direct),
      expirations,
      skipped,
    }),
  };
}

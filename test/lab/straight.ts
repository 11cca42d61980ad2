import type { Carrier, CarrierEnd, QueueCalls } from "../../src/hvdef/index.ts";
import { loopbackCarriers } from "../../src/vmbus/index.ts";
import type { StraightEffects } from "../../src/vmwp/index.ts";
import { netPathRule, netQueue } from "../../src/vsp/index.ts";

/** A worker process that has no part in frames past the switch. */
export const noQueueCalls: QueueCalls = {
  openQueue: async () => false,
  closeQueue: async () => {},
  joinPath: async () => false,
  leavePath: async () => ({ frames: 0, bytes: 0, lost: 0 }),
  openPath: async () => false,
  closePath: async () => {},
};

/** Lines between worker processes of one thread: ends that are only names, and what lies behind them. */
export interface StraightLines {
  newLine(): readonly [CarrierEnd, CarrierEnd];
  readonly effects: StraightEffects;
}

/** @param schedule  runs a function later in the same thread, in order */
export function straightLines(schedule: (deliver: () => void) => void): StraightLines {
  const carriers = new Map<CarrierEnd, Carrier>();
  return {
    newLine() {
      const { port1, port2 } = new MessageChannel();
      const { child, parent } = loopbackCarriers(schedule);
      carriers.set(port1, child);
      carriers.set(port2, parent);
      return [port1, port2];
    },
    effects: {
      carrier(line) {
        const carrier = carriers.get(line);
        if (carrier === undefined) throw new Error("an end of no line");
        return carrier;
      },
      queue: netQueue,
      pathRule: netPathRule,
    },
  };
}

import type { Carrier, CarrierEnd, QueueCalls, QueueSetup } from "../hvdef/index.ts";
import type { PathRule, QueueChannel, QueueProgram, StraightWays } from "../vmbus/index.ts";

/** What frames past the switch need: the worker process knows no device, a door passes in what does. */
export interface StraightEffects {
  /** One end of a path's line to another worker process. */
  carrier(line: CarrierEnd): Carrier;
  /** The program of a queue. */
  queue(setup: QueueSetup): (channel: QueueChannel) => QueueProgram;
  /** Divides what a guest sends. @param from  the address of its adapter */
  pathRule(from: string): PathRule;
}

/** Answers the parent's calls with the machine there is now; without one there is nothing to open or close. */
export function queueCalls(now: () => StraightWays | null, effects: StraightEffects): QueueCalls {
  return {
    openQueue: async (setup) => now()?.openQueue(setup, effects.queue(setup)) ?? false,
    closeQueue: async (queue) => now()?.closeQueue(queue),
    joinPath: async (end) => {
      const carrier = effects.carrier(end.line);
      return now()?.joinPath(end, carrier) ?? refused(carrier);
    },
    leavePath: async (path) => now()?.leavePath(path) ?? { frames: 0, bytes: 0, lost: 0 },
    openPath: async (start) => {
      const carrier = effects.carrier(start.line);
      return now()?.openPath(start, carrier, () => effects.pathRule(start.from)) ?? refused(carrier);
    },
    closePath: async (path) => now()?.closePath(path),
  };
}

function refused(carrier: Carrier): boolean {
  carrier[Symbol.dispose]();
  return false;
}

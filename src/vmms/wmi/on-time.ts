import type { VmGuid, VmState } from "../../hvdef/index.ts";
import type { Clock } from "../../support/index.ts";

/** How long machines have run since their starts; time in which they stand still does not count. */
export interface OnTimes {
  /** What a machine does now. Called at every change. */
  note(vm: VmGuid, state: VmState): void;
  /** Milliseconds; `null` when it is off. */
  of(vm: VmGuid): number | null;
}

interface Running {
  /** Microseconds until it last began to stand still. */
  readonly before: number;
  /** Since when it runs; `null`: it stands still. */
  readonly since: number | null;
}

/** Opens the times with every machine off. */
export function openOnTimes(clock: Clock): OnTimes {
  const times = new Map<VmGuid, Running>();
  const total = ({ before, since }: Running): number => before + (since === null ? 0 : clock.now() - since);
  return {
    note(vm, state) {
      const known = times.get(vm);
      if (state === "off" || state === "starting") {
        times.delete(vm);
        return;
      }
      const runs = state !== "paused" && state !== "pausedCritical";
      if (known !== undefined && (known.since !== null) === runs) return;
      const before = known === undefined ? 0 : total(known);
      times.set(vm, { before, since: runs ? clock.now() : null });
    },
    of(vm) {
      const known = times.get(vm);
      return known === undefined ? null : total(known) / 1000;
    },
  };
}

import type { VmGuid, VmState } from "../../hvdef/index.ts";

/** Which buttons clients of WMI hold down: bits of `PointerButton`. Those that a visitor holds are not among them. */
export interface MouseButtons {
  of(vm: VmGuid): number;
  set(vm: VmGuid, buttons: number): void;
  /** What a machine does now: of one that does not run all buttons are up. Called at every change. */
  note(vm: VmGuid, state: VmState): void;
}

/** Opens them with every button up. */
export function openMouseButtons(): MouseButtons {
  const down = new Map<VmGuid, number>();
  return {
    of: (vm) => down.get(vm) ?? 0,
    set(vm, buttons) {
      down.set(vm, buttons);
    },
    note(vm, state) {
      if (state !== "running") down.delete(vm);
    },
  };
}

import type { HypervisorApi, VmConfiguration, VmState } from "../../hvdef/index.ts";
import { HvError, reasonOf } from "../../support/index.ts";
import type { MachineAdapters } from "../adapters/machine-adapters.ts";
import type { MachineDrives } from "../drives/machine-drives.ts";
import type { Powered } from "../powered.ts";
import type { OpenSavedFiles } from "./files.ts";
import { bringPages, childUnits, type MachineSaved } from "./machine-saved.ts";

/** What saving needs of its machine. */
export interface SavingOf {
  readonly name: string;
  readonly memoryBytes: number;
  readonly around: {
    readonly saved: MachineSaved;
    readonly hypervisor: Pick<HypervisorApi, "terminate">;
    tell(level: "info" | "warning", text: string): void;
  };
  readonly adapters: Pick<MachineAdapters, "hold">;
  readonly drives: Pick<MachineDrives, "set">;
  power(): { readonly state: VmState; readonly running: Powered | null };
  enter(state: VmState): void;
  /** Closes everything the machine held. */
  release(after: "saved"): void;
  /** The machine is off, and its state is lost. */
  failed(text: string): void;
}

/**
 * Makes what keeps the guest of a machine that runs or is paused, as it is, and turns the machine off. One that cannot
 * be saved goes on. @throws HvError `vm.busy`, `storage.noSpace`
 */
export function openSaving(machine: SavingOf): () => Promise<void> {
  const { name, around, adapters } = machine;
  const { saved, hypervisor, tell } = around;

  async function write(target: Powered, before: VmState): Promise<void> {
    const isOurs = (): boolean => machine.power().running === target && machine.power().state === "saving";
    try {
      if (before === "running") await target.control.api.pause();
      await adapters.hold(true);
      await saved.write(target, machine.memoryBytes);
      if (!isOurs()) throw new HvError("vm.gone", `${name} ended while it was saved.`);
    } catch (failure) {
      await saved.remove().catch(() => {});
      if (isOurs()) await goOn(target, before);
      if (machine.power().running === target)
        tell("warning", `${name} could not be saved and goes on. ${reasonOf(failure)}`);
      throw failure;
    }
  }
  async function goOn(target: Powered, before: VmState): Promise<void> {
    await adapters.hold(false);
    if (before === "running") await target.control.api.resume();
    if (machine.power().running === target) machine.enter(before);
  }

  /** The state is written: takes the machine apart, and then the state counts. */
  async function end(target: Powered): Promise<void> {
    const { partition } = target;
    // From here on the partition's end is no news.
    target.partition = null;
    if (partition !== null) await hypervisor.terminate(partition, { kind: "turnedOff" });
    machine.release("saved");
    try {
      await saved.commit(machine.drives.set());
    } catch (failure) {
      await saved.remove().catch(() => {});
      machine.failed(`The saved state of ${name} could not be kept. ${reasonOf(failure)}`);
      throw failure;
    }
    tell("info", `${name} was saved.`);
  }

  return async () => {
    const { state, running } = machine.power();
    if (running === null) return;
    machine.enter("saving");
    await write(running, state);
    await end(running);
  };
}

/** Builds the machine of a saved guest, brings its memory, and lets it go on. @throws HvError `state.*` */
export async function goOnFrom(
  saved: OpenSavedFiles,
  into: { readonly parts: Powered; readonly configuration: VmConfiguration; readonly retells: boolean },
): Promise<void> {
  const { control, rack } = into.parts;
  const { build, units } = saved.machine;
  await control.api.restore(into.configuration, {
    build,
    units: childUnits(units),
    retells: into.retells,
  });
  await bringPages(saved, rack.attached, (piece) => control.api.putPages(piece));
  await control.api.revive();
  await control.api.resume();
}

/** Once the guest runs again, what was saved of it is the past. */
export async function forgetSaved(
  open: OpenSavedFiles,
  { name, around }: Pick<SavingOf, "name" | "around">,
): Promise<void> {
  open[Symbol.dispose]();
  await around.saved.remove().catch((failure: unknown) => {
    around.tell("warning", `The saved state of ${name} could not be removed. ${reasonOf(failure)}`);
  });
}

import type { NetworkId, NewMachine, VmGuid, VmSummary } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import type { StockVm } from "../catalogue.ts";
import type { FileStore } from "../file-store.ts";
import type { OwnMatter } from "../machine-surroundings.ts";
import { type BootFiles, type BootFileUser, openBootFiles } from "./boot-files.ts";
import { type KeptMachines, openKeptMachines } from "./kept-machines.ts";
import { checkMachineName, checkNewMachine, type MachineConfiguration } from "./rules.ts";

/** What the visitor's machines need of their host. */
export interface OwnMachinesSurroundings {
  /** Where they are kept. */
  readonly machines: FileStore;
  /** Their kernels and initial file systems. */
  readonly bootFiles: FileStore;
  /** Names of the site's machines. */
  readonly reserved: readonly string[];
  newVm(): VmGuid;
  /** The network that a new machine is connected to; `null` when there is none. */
  usualNetwork(): Promise<NetworkId | null>;
  /** The machine as it is now. @throws HvError `vm.unknown` */
  summary(vm: VmGuid): VmSummary;
  /** A machine is there, or is another than it was. */
  put(stock: StockVm): Promise<void>;
  drop(vm: VmGuid): Promise<void>;
  tell(level: "info" | "warning" | "error", text: string): void;
}

/** The machines that the visitor has made. */
export interface OwnMachines {
  readonly bootFiles: BootFiles;
  /** Those of earlier visits, to be managed. */
  load(): Promise<readonly StockVm[]>;
  /** Says what is wrong with a machine that is to be made, before anything is made of it. @throws HvError */
  check(wanted: NewMachine): Promise<void>;
  create(wanted: NewMachine): Promise<VmGuid>;
  rename(vm: VmGuid, name: string): Promise<void>;
  remove(vm: VmGuid): Promise<void>;
  takeOwn(stock: StockVm): Promise<OwnMatter | null>;
}

/** Opens the machines of the visitor. */
export function openOwnMachines(around: OwnMachinesSurroundings): OwnMachines {
  const configurations = new Map<VmGuid, MachineConfiguration>();
  const kept: KeptMachines = openKeptMachines({ ...around, store: around.machines });
  const bootFiles = openBootFiles(around.bootFiles, () => [...configurations.values()].map(userOf));

  const configure = async (wanted: NewMachine): Promise<MachineConfiguration> =>
    checkNewMachine(wanted, { id: around.newVm(), network: await around.usualNetwork() });

  /** @throws HvError when the machine may not be changed now */
  function changeable(vm: VmGuid, doing: string): MachineConfiguration {
    const { name, state } = around.summary(vm);
    const found = configurations.get(vm);
    if (found === undefined)
      throw new HvError("vm.stock", `${name} belongs to the site: it cannot be ${doing}.`, {
        hresult: 0x80070005,
      });
    if (state === "saved")
      throw new HvError("vm.saved", `Discard the saved state of ${name} before it is ${doing}.`, {
        hresult: 0x80041017,
      });
    if (state !== "off")
      throw new HvError("vm.state", `Turn ${name} off before it is ${doing}.`, { hresult: 0x80041017 });
    return found;
  }

  return {
    bootFiles,
    async load() {
      const found = await kept.load();
      for (const one of found) configurations.set(one.id, one);
      return found.map(stockOf);
    },
    async check(wanted) {
      await kept.checkFree(await configure(wanted));
    },
    async create(wanted) {
      const configuration = await configure(wanted);
      if (configuration.boot.kind === "linux") await bootFiles.contents(configuration.boot);
      await kept.create(configuration);
      configurations.set(configuration.id, configuration);
      await around.put(stockOf(configuration));
      around.tell("info", `${configuration.name} was created.`);
      return configuration.id;
    },
    async rename(vm, name) {
      const before = changeable(vm, "renamed");
      const next = { ...before, name: checkMachineName(name) };
      await kept.change(next);
      configurations.set(vm, next);
      await around.put(stockOf(next));
      around.tell("info", `${before.name} is called ${next.name} now.`);
    },
    async remove(vm) {
      const { name } = changeable(vm, "removed");
      await kept.remove(vm);
      configurations.delete(vm);
      await around.drop(vm);
      around.tell("info", `${name} was removed. Its disks are still in the library.`);
    },
    async takeOwn({ id, name, own, boot }) {
      if (own !== true) return null;
      const hold = await kept.hold(id as VmGuid, name);
      if (boot.kind !== "linux") return hold;
      try {
        return { ...hold, bootFiles: await bootFiles.contents(boot) };
      } catch (failure) {
        hold[Symbol.dispose]();
        throw failure;
      }
    },
  };
}

function userOf({ name, boot }: MachineConfiguration): BootFileUser {
  if (boot.kind !== "linux") return { name, files: [] };
  return { name, files: boot.initrd === null ? [boot.kernel] : [boot.kernel, boot.initrd] };
}

/** A machine of the visitor in the form in which all are managed. */
function stockOf(configuration: MachineConfiguration): StockVm {
  const { boot } = configuration;
  const description =
    boot.kind === "linux"
      ? `Your own machine: starts ${boot.kernel} directly${boot.initrd === null ? "" : `, with ${boot.initrd}`}`
      : "Your own machine: started by its BIOS";
  return {
    ...configuration,
    description,
    boot: boot.kind === "linux" ? { ...boot, from: "visitor" } : boot,
    firstDisks: [],
    own: true,
  };
}

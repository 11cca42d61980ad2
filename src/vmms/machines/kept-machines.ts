import type { VmGuid } from "../../hvdef/index.ts";
import { assemble, guid, HvError, openTurns, reasonOf } from "../../support/index.ts";
import type { FileStore } from "../file-store.ts";
import { loadKept, saveText } from "../kept-text.ts";
import { checkNameFree, type MachineConfiguration, machineText, nameKey, parseMachine } from "./rules.ts";

const ending = ".machine.json";
/** Held while the files are read, changed and written: another tab waits for it. */
const lockName = "machines.lock";
/** What else is kept of a machine, by what its names end in. */
const besides = [".drives.json", ".adapters.json", ".integration.json"];
const holder = "the management service";

/** The files of the visitor's machines, one each, which all tabs of this site have in common. */
export interface KeptMachines {
  /** All that can be read, in the order of their names. The others are put aside, and told of. */
  load(): Promise<readonly MachineConfiguration[]>;
  /** @throws HvError `vm.exists` when another machine has the name, also one of another tab */
  checkFree(configuration: MachineConfiguration): Promise<void>;
  /** @throws HvError as `checkFree` does */
  create(configuration: MachineConfiguration): Promise<void>;
  /** Puts a machine in place of what is kept of it. @throws HvError `vm.gone`, `vm.exists` */
  change(configuration: MachineConfiguration): Promise<void>;
  /** Removes all that is kept of a machine. @throws HvError `storage.inUse` while another tab runs it */
  remove(vm: VmGuid): Promise<void>;
  /** Keeps a machine that runs from being removed elsewhere, until the answer is disposed. @throws HvError `vm.gone` */
  hold(vm: VmGuid, name: string): Promise<Disposable>;
}

/** What keeping needs. */
export interface KeepingMachines {
  readonly store: FileStore;
  /** Names of the machines that are not kept here. */
  readonly reserved: readonly string[];
  tell(level: "info" | "warning" | "error", text: string): void;
}

const fileOf = (vm: VmGuid): string => `${vm}${ending}`;

/** Opens the files of the visitor's machines. */
export function openKeptMachines({ store, reserved, tell }: KeepingMachines): KeptMachines {
  const turns = openTurns();
  /** As this tab knows them: some browsers do not let a file be read that is held, and others come from other tabs. */
  const mine = new Map<VmGuid, MachineConfiguration>();

  async function lock(): Promise<Disposable> {
    try {
      return await store.open(lockName, { access: "write", holder });
    } catch (failure) {
      if (!(failure instanceof HvError) || failure.code !== "storage.inUse") throw failure;
      const text =
        "Another tab of this browser changes its virtual machines at this moment. Nothing was changed here: try again.";
      throw new HvError("vm.busy", text, { hresult: 0x80070020, cause: failure });
    }
  }
  const locked = (work: () => Promise<void>): Promise<void> =>
    turns.take(() =>
      assemble(async (scope) => {
        scope.own(await lock());
        await work();
      }),
    );
  async function readOne(name: string): Promise<MachineConfiguration | null> {
    const id = idOf(name);
    if (id === null) return null;
    try {
      return await loadKept(store, name, (text) => parseMachine(text, id));
    } catch (failure) {
      if (failure instanceof HvError && failure.code === "storage.inUse") {
        const known = mine.get(id);
        if (known !== undefined) return known;
        tell(
          "warning",
          "A virtual machine of yours runs in another tab of this browser and is not listed here.",
        );
        return null;
      }
      tell(
        "warning",
        `A virtual machine of yours cannot be used (${reasonOf(failure)}). What was kept of it is put aside as ${name}.damaged; its disks are all still in the library.`,
      );
      return null;
    }
  }
  async function readAll(): Promise<readonly MachineConfiguration[]> {
    const names = (await store.list()).map(({ name }) => name).filter((name) => name.endsWith(ending));
    const found: MachineConfiguration[] = [];
    for (const name of names) {
      const one = await readOne(name);
      if (one !== null) found.push(one);
    }
    return found.sort((one, other) => nameKey(one.name).localeCompare(nameKey(other.name)));
  }
  async function checkFree({ id, name }: MachineConfiguration): Promise<void> {
    checkNameFree(name, reserved);
    for (const other of await readAll()) {
      if (other.id === id) continue;
      const where = mine.has(other.id)
        ? ""
        : " It was made in another tab of this browser: reload this page to see it.";
      checkNameFree(name, [other.name], where);
    }
  }

  return {
    load: () =>
      turns.take(async () => {
        const found = await readAll();
        for (const one of found) mine.set(one.id, one);
        return found;
      }),
    checkFree: (configuration) => turns.take(() => checkFree(configuration)),
    create: (configuration) =>
      locked(async () => {
        await checkFree(configuration);
        await saveText(store, fileOf(configuration.id), machineText(configuration));
        mine.set(configuration.id, configuration);
      }),
    change: (configuration) =>
      locked(async () => {
        if (!(await store.has(fileOf(configuration.id)))) throw gone(configuration.name);
        await checkFree(configuration);
        await saveText(store, fileOf(configuration.id), machineText(configuration));
        mine.set(configuration.id, configuration);
      }),
    remove: (vm) =>
      locked(async () => {
        // First the file that makes it a machine: what is left over belongs to nothing.
        await store.remove(fileOf(vm));
        mine.delete(vm);
        for (const one of besides) await store.remove(`${vm}${one}`).catch(() => {});
      }),
    hold: (vm, name) =>
      store.open(fileOf(vm), { access: "read", holder: name }).catch((failure: unknown) => {
        throw failure instanceof HvError && failure.code === "storage.missing" ? gone(name) : failure;
      }),
  };
}

function gone(name: string): HvError {
  const text = `${name} was removed in another tab of this browser. Reload this page.`;
  return new HvError("vm.gone", text, { hresult: 0x80070002 });
}

/** The machine that a file is about, or `null` when it is about none. */
function idOf(name: string): VmGuid | null {
  const id = name.slice(0, -ending.length);
  try {
    return guid(id) === id ? (id as VmGuid) : null;
  } catch {
    return null;
  }
}

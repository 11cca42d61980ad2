import type { ByRole, CatalogueEntry, FileRole, NewMachine } from "../hvdef/index.ts";
import type { UiHost, VmView } from "./host.ts";

/** A file of a script: its name and its contents. */
export interface ScriptFile {
  readonly name: string;
  readonly contents: Blob | Uint8Array<ArrayBuffer>;
}

/** A machine as a script describes it. What it starts from: a kernel, else by the BIOS from its disk, disc or diskette. */
export interface ScriptMachine {
  readonly name: string;
  /** 256 MB when left out. */
  readonly memoryBytes?: number;
  readonly disk?: ScriptFile;
  readonly disc?: ScriptFile;
  readonly diskette?: ScriptFile;
  readonly kernel?: ScriptFile;
  readonly initramfs?: ScriptFile;
  /** "console=ttyS0" when left out. */
  readonly commandLine?: string;
  /** "legacy" when left out. */
  readonly network?: "none" | "synthetic" | "legacy";
}

/** Machines for scripts. Everything rejects with a sentence for the visitor. */
export interface AutomationMachines {
  /** The guests of the site; waits until they are known. */
  catalogue(): Promise<readonly CatalogueEntry[]>;
  /** Makes a machine of files, which are copied. Answers its id. */
  createMachine(wanted: ScriptMachine): Promise<string>;
  renameMachine(name: string, to: string): Promise<void>;
  /** Its disks and boot files stay. */
  removeMachine(name: string): Promise<void>;
}

const roles: readonly FileRole[] = ["disk", "disc", "diskette", "kernel", "initramfs"];

/** Builds the calls over the host the views use. */
export function automationMachines(
  host: Pick<UiHost, "machines">,
  around: { readonly ready: Promise<void>; find(name: string): VmView },
): AutomationMachines {
  const { machines } = host;
  return {
    async catalogue() {
      await around.ready;
      const known = machines.catalogue.value;
      if (known !== null) return known;
      return new Promise((resolve) => {
        const stop = machines.catalogue.subscribe((entries) => {
          if (entries === null) return;
          resolve(entries);
          // Called before `subscribe` has answered when it is known at once, which it is not here.
          stop();
        });
      });
    },
    async createMachine(wanted) {
      await around.ready;
      return machines.make(planOf(wanted), filesOf(wanted));
    },
    renameMachine: async (name, to) => machines.rename(around.find(name).id, to),
    removeMachine: async (name) => machines.remove(around.find(name).id),
  };
}

function planOf(wanted: ScriptMachine): NewMachine {
  const { name, memoryBytes = 256 * 2 ** 20, commandLine = "console=ttyS0", network = "legacy" } = wanted;
  return {
    name,
    memoryBytes,
    boot:
      wanted.kernel === undefined
        ? { kind: "bios" }
        : { kind: "linux", kernel: "", initrd: null, commandLine },
    drives: [{ slot: { controller: "IDE", number: 1, location: 0 }, kind: "dvd", medium: { kind: "empty" } }],
    scsiControllers: 1,
    adapters: network === "none" ? [] : [{ type: network }],
  };
}

function filesOf(wanted: ScriptMachine): ByRole<File> {
  const files = roles.flatMap((role) => {
    const given = wanted[role];
    return given === undefined ? [] : [[role, new File([given.contents], given.name)] as const];
  });
  return Object.fromEntries(files);
}

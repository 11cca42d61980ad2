import type { BootDevice } from "./boot-order.ts";
import type { DriveConfiguration } from "./disks.ts";
import type { VmGuid } from "./ids.ts";
import type { IntegrationService } from "./integration.ts";
import type { NetworkId } from "./networks.ts";

/** Longest display name of a machine, characters. @wmi Msvm_ComputerSystem.ElementName */
export const machineNameLimit = 100;

/**
 * Memory of one machine, bytes. The least: what lies below 1 MiB and the hypervisor's own pages need some room. The
 * most: a wasm memory ends at 4 GiB, and the engine needs some itself.
 */
export const machineMemory = { least: 4 * 2 ** 20, most: 2 ** 31 } as const;

/** What the processor of every machine has, as its guest reads it. */
export const virtualProcessor = { bits: 32, count: 1, pae: true, sse: "SSE3" } as const;

/** A file that a machine starts from directly. */
export type BootFileRole = "kernel" | "initramfs";

/** Most bytes of a boot file, unpacked where we unpack it. Reason: it is in the memory of the page twice at a start. */
export const bootFileLimit: { readonly [R in BootFileRole]: number } = {
  kernel: 64 * 2 ** 20,
  initramfs: 256 * 2 ** 20,
};

/** A boot file of the visitor. */
export interface BootFileSummary {
  readonly name: string;
  readonly bytes: number;
  /** Names of the machines that start from it. */
  readonly usedBy: readonly string[];
}

/** How a machine of the visitor comes up. */
export type NewMachineBoot =
  | { readonly kind: "bios"; readonly bootOrder?: readonly BootDevice[] }
  /** From boot files of the visitor, by their names. */
  | {
      readonly kind: "linux";
      readonly kernel: string;
      readonly initrd: string | null;
      readonly commandLine: string;
    };

/** A network adapter of a machine that is being made. */
export interface NewAdapter {
  readonly type: "synthetic" | "legacy";
  /** Absent: the first network of the host. `null`: not connected. */
  readonly network?: NetworkId | null;
}

/** A machine that is to be made. @wmi Msvm_VirtualSystemManagementService.DefineVirtualSystem */
export interface NewMachine {
  /** 1 to {@link machineNameLimit} characters, any; blanks around it are left away. Unlike those of all others. */
  readonly name: string;
  /** {@link machineMemory}, whole MB. */
  readonly memoryBytes: number;
  readonly boot: NewMachineBoot;
  readonly drives: readonly DriveConfiguration[];
  /** 0 to 4. */
  readonly scsiControllers: number;
  readonly adapters: readonly NewAdapter[];
  /** Integration services that are not offered; absent: all are. */
  readonly disabledServices?: readonly IntegrationService[];
}

/** What a visitor's file is to be for a machine. */
export type FileRole = "disk" | "disc" | "diskette" | BootFileRole;

/** Something for each role that a file has been picked for. */
export type ByRole<F> = { readonly [R in FileRole]?: F };

/** What a file of the visitor turned out to be. */
export interface RecognisedFile {
  /** For a person: "Linux 6.1.0-50-686, bzImage". */
  readonly title: string;
  /** Why it cannot be used as what it was picked for, and the way out; `null` when it can. */
  readonly refusal: string | null;
  /** What else is worth knowing, a sentence each. */
  readonly notes: readonly string[];
}

/** A guest that the site offers. */
export interface CatalogueEntry {
  readonly vm: VmGuid;
  readonly name: string;
  readonly description: string;
  readonly memoryBytes: number;
  /** Which drawing shows it. */
  readonly picture: "enlightened" | "disk" | "legacy" | "own";
  /** Devices, as a person calls them. */
  readonly emulated: readonly string[];
  readonly synthetic: readonly string[];
  /** What comes over the network; `null` where the site does not say. */
  readonly download: {
    /** Bytes fetched before the guest runs. */
    readonly firstBytes: number;
    /** Bytes of its disks at most, fetched as the guest reads them. */
    readonly diskBytes: number;
  } | null;
  /** A cold boot to the prompt as measured for this release; `null` where nobody has. */
  readonly bootTime: { readonly millis: number; readonly date: string; readonly where: string } | null;
  /** What its serial console says when it has come up, a regular expression; `null` when that is not known. */
  readonly prompt: string | null;
  /** Where the software in it comes from. */
  readonly sources: readonly CatalogueSource[];
}

/** How a machine starts: where its guest waits at the shell, when the site has such a state of it, or from power-on. */
export type StartKind = "warm" | "cold";

/** What a start would be now. */
export type StartReport =
  /** @property downloadBytes  that the site would be asked for first; 0 when the state is here */
  | { readonly kind: "warm"; readonly downloadBytes: number }
  /** @property reason  why its warm state cannot be used, and what helps; `null`: it has none */
  | { readonly kind: "cold"; readonly reason: string | null };

/** A package that a guest is made of. */
export interface CatalogueSource {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** The part of the session that is about which machines there are. @throws HvError */
export interface MachineSession {
  /** The guests that the site offers, in the order of the list. */
  catalogue(): Promise<readonly CatalogueEntry[]>;
  /** What `start` would do now. */
  describeStart(vm: VmGuid): Promise<StartReport>;
  createMachine(wanted: NewMachine): Promise<VmGuid>;
  /** The machine must be off and the visitor's own. */
  renameMachine(vm: VmGuid, name: string): Promise<void>;
  /** Removes its configuration; disks and boot files stay. The machine must be off and the visitor's own. */
  removeMachine(vm: VmGuid): Promise<void>;
  listBootFiles(): Promise<readonly BootFileSummary[]>;
  /** @throws HvError also when a machine starts from it */
  removeBootFile(name: string): Promise<void>;
}

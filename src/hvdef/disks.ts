import type { Brand } from "../support/index.ts";
import type { VmGuid } from "./ids.ts";

/** Where a drive hangs. @wmi Msvm_ResourceAllocationSettingData Address, Parent */
export interface DriveSlot {
  readonly controller: "IDE" | "SCSI" | "floppy";
  /** IDE 0 to 1, SCSI 0 to 3, floppy 0. */
  readonly number: number;
  /** IDE 0 master, 1 slave; SCSI 0 to 63, the LUN; floppy 0. */
  readonly location: number;
}

/** Whether two slots are the same place. */
export function sameSlot(one: DriveSlot, other: DriveSlot): boolean {
  return (
    one.controller === other.controller && one.number === other.number && one.location === other.location
  );
}

/** IDE controllers of a machine, and positions on each. */
export const ideControllers = 2;
export const idePositions = 2;
/** SCSI controllers of a machine at most, and positions on each. */
export const scsiControllerLimit = 4;
export const scsiPositions = 64;

/** What a drive takes. */
export type DriveKind = "disk" | "dvd" | "floppy";

/** What is in a drive. */
export type Medium =
  /** DVD and diskette drives only. */
  | { readonly kind: "empty" }
  /** A file of the library: VHD, raw image, ISO or diskette image. */
  | { readonly kind: "file"; readonly name: string }
  /** Pass-through: a raw device the parent has taken offline, by the name the library lists it under. */
  | { readonly kind: "device"; readonly name: string }
  /** Empty memory, forgotten when the machine is turned off. */
  | { readonly kind: "memory"; readonly byteLength: number };

/** One drive of a machine, as it is configured. */
export interface DriveConfiguration {
  readonly slot: DriveSlot;
  readonly kind: DriveKind;
  readonly medium: Medium;
}

/** One drive of a machine, as a person asks about it. */
export interface DriveSummary extends DriveConfiguration {
  /** What a person calls the disk. */
  readonly title: string;
  /** Bytes the guest sees; `null` while the medium is not open. */
  readonly byteLength: number | null;
  /** `memory`: the browser gives no lasting storage, or the disk is meant to forget. */
  readonly kept: "browser storage" | "memory" | "your device";
}

/** What a file of the library is, told by its contents. */
export type DiskFormat = "fixed" | "dynamic" | "differencing" | "raw" | "iso" | "floppy" | "device";

/** A file of the library. */
export interface DiskFileSummary {
  /** File name with its extension; unique without regard to case. */
  readonly name: string;
  /** `unusable`: {@link trouble} says why. */
  readonly format: DiskFormat | "unusable";
  /** Bytes the file takes in storage. */
  readonly fileBytes: number;
  /** Bytes the guest sees; 0 when the file is unusable. */
  readonly byteLength: number;
  /** Name of the parent of a differencing disk. */
  readonly parent: string | null;
  /** Names of the differencing disks that build on this file. */
  readonly children: readonly string[];
  /** Machines whose drives hold it. */
  readonly usedBy: readonly { readonly vm: VmGuid; readonly name: string }[];
  /** A running machine or a job has it open. */
  readonly inUse: boolean;
  /** Share of its blocks that have been fetched, 0 to 1; `null` for a file that is all here. */
  readonly fetched: number | null;
  /** Why it cannot be used and what would help; `null` when it can. */
  readonly trouble: string | null;
}

/** Everything the Inspect Disk dialog shows. @wmi Msvm_ImageManagementService.GetVirtualHardDiskInfo */
export interface DiskReport extends DiskFileSummary {
  /** From the file to its base. A parent that cannot be used ends it; {@link trouble} says why. */
  readonly chain: readonly string[];
  /** The facts of the footer and header; `null` for anything that is no VHD. */
  readonly vhd: {
    readonly uniqueId: string;
    /** Milliseconds since 1970. */
    readonly created: number;
    readonly creator: string;
    readonly geometry: { readonly cylinders: number; readonly heads: number; readonly sectors: number };
    /** Bytes in a block; `null` in a fixed disk. */
    readonly blockBytes: number | null;
    readonly blocks: number;
    readonly allocatedBlocks: number;
    /** Share of allocated blocks that do not follow their predecessor in the file, 0 to 1; `null` while in use. */
    readonly fragmentation: number | null;
    /** The footer was damaged and its copy was used. */
    readonly repaired: boolean;
  } | null;
}

/** Which parts of a disk each layer of its chain holds. */
export interface BlockMap {
  /** From the file to its base. */
  readonly layers: readonly {
    readonly name: string;
    readonly format: DiskFormat;
    /** One per cell: 0 nothing of it is here, 255 all of it. */
    readonly cells: Uint8Array;
  }[];
  /** Bytes of the disk that one cell stands for. */
  readonly cellBytes: number;
}

/** Names a job of one host. */
export type JobId = Brand<number, "JobId">;

/** What a client may ask of the library. Sizes are bytes. @wmi Msvm_ImageManagementService */
export type DiskJobRequest =
  | {
      readonly kind: "create";
      readonly name: string;
      readonly type: "fixed" | "dynamic";
      readonly byteLength: number;
    }
  | {
      readonly kind: "create";
      readonly name: string;
      readonly type: "differencing";
      readonly parent: string;
    }
  | { readonly kind: "createFloppy"; readonly name: string }
  /** A copy in another form; the source stays. A differencing disk becomes one without a parent. */
  | {
      readonly kind: "convert";
      readonly source: string;
      readonly name: string;
      readonly type: "fixed" | "dynamic";
    }
  | { readonly kind: "compact"; readonly name: string }
  | { readonly kind: "expand"; readonly name: string; readonly byteLength: number }
  /** Into its parent, which takes its place; or, with `into`, both into a new dynamic disk. */
  | { readonly kind: "merge"; readonly name: string; readonly into: string | null }
  | {
      readonly kind: "reconnect";
      readonly name: string;
      readonly parent: string;
      /** Also to a disk that is not the one it was made on: what it reads may be nonsense then. */
      readonly force?: boolean;
    }
  | { readonly kind: "validate"; readonly name: string }
  /** Writes a footer again from its copy. */
  | { readonly kind: "repair"; readonly name: string };

/** A job as a person watches it. @wmi Msvm_StorageJob */
export interface JobSummary {
  readonly id: JobId;
  /** "Compact web01.vhd". */
  readonly title: string;
  readonly state: "running" | "cancelling" | "completed" | "cancelled" | "failed";
  /** 0 to 100. */
  readonly percent: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** What it found, line by line; why it failed. */
  readonly lines: readonly string[];
}

/** What the browser gives this site to store. */
export interface StorageSpace {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  /** The browser has promised not to remove it of its own accord. */
  readonly persisted: boolean;
}

/** Main → parent: disks and drives. Every call answers when it is done. @throws HvError with the way out */
export interface DiskSession {
  listDisks(): Promise<readonly DiskFileSummary[]>;
  inspectDisk(name: string): Promise<DiskReport>;
  /** @param cells  most cells in each layer, 1 to 65536 */
  blockMap(name: string, cells: number): Promise<BlockMap>;
  /** Checks what can be checked at once and begins. Progress comes as notices. */
  beginDiskJob(request: DiskJobRequest): Promise<JobId>;
  /** Asks a job to stop; its state says when it has. One that is over stays as it is. */
  cancelJob(job: JobId): Promise<void>;
  renameDisk(from: string, to: string): Promise<void>;
  removeDisk(name: string): Promise<void>;
  /** Adds a drive. On a running machine only to SCSI. @throws HvError */
  addDrive(vm: VmGuid, drive: DriveConfiguration): Promise<void>;
  /** Takes a drive away. On a running machine only from SCSI. */
  removeDrive(vm: VmGuid, slot: DriveSlot): Promise<void>;
  /** Inserts into a DVD or diskette drive, or ejects; also while the machine runs. Disks only when it is off. */
  setMedium(vm: VmGuid, slot: DriveSlot, medium: Medium): Promise<void>;
  /** Number of SCSI controllers, 0 to 4; only when the machine is off and the ones taken away are empty. */
  setScsiControllers(vm: VmGuid, count: number): Promise<void>;
  storageSpace(): Promise<StorageSpace>;
}

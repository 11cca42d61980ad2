import type { InspectNode, OwnBytes } from "../support/index.ts";
import type { BootDevice } from "./boot-order.ts";
import type { CarrierEnd } from "./carrier.ts";
import type { EmulatedInput, InputSession, InputSummary } from "./console-input.ts";
import type { DiskFileSummary, DiskSession, DriveSummary, JobSummary } from "./disks.ts";
import type { PartitionEnd, ProcessorShare } from "./grant.ts";
import type { PartitionId, VmGuid } from "./ids.ts";
import type {
  FreezeProgress,
  IntegrationSession,
  IntegrationSummary,
  ShutdownProgress,
} from "./integration.ts";
import type { MachineSession, StartKind } from "./machines.ts";
import type { AdapterConfiguration, NetworkSession } from "./networks.ts";
import type { QueueCalls } from "./queues.ts";
import type { ReceivedFile, SocketSession } from "./sockets.ts";
import type { TraceBatch, TraceSession } from "./trace.ts";

/**
 * State of a virtual machine with its named in-between states.
 * @wmi Msvm_ComputerSystem.EnabledState 2, 3, 32768, 32769, 32770, 32773, 32774, 32776, 32777
 */
export type VmState =
  | "off"
  | "starting"
  | "running"
  | "pausing"
  | "paused"
  /** The storage is full: the guest stands still in the middle of a write and goes on when there is space. */
  | "pausedCritical"
  | "resuming"
  | "resetting"
  | "stopping"
  | "saving"
  /** Off, and its guest can go on where it was. */
  | "saved"
  /** Starting from what was saved: Hyper-V shows it as 32776, too. */
  | "restoring";

/** A virtual machine as the management service knows it. */
export interface VmSummary {
  readonly id: VmGuid;
  readonly name: string;
  readonly description: string;
  readonly state: VmState;
  /** Assigned memory in bytes. */
  readonly memoryBytes: number;
  /** Its drives, running or not, in the order of their controllers. */
  readonly drives: readonly DriveSummary[];
  /** SCSI controllers, 0 to 4. */
  readonly scsiControllers: number;
  /** Its network adapters, running or not: synthetic ones first, in the order of their indices. */
  readonly adapters: readonly AdapterConfiguration[];
  /** Its integration services, running or not, in the order of Hyper-V's settings. */
  readonly integration: readonly IntegrationSummary[];
  readonly shutdown: ShutdownProgress;
  readonly freeze: FreezeProgress;
  readonly input: InputSummary;
  /** It starts from a disk image that the visitor picks. */
  readonly takesDisk?: boolean;
  /** The visitor has made it: it can be renamed and removed. */
  readonly own?: boolean;
  /** It starts without a BIOS. */
  readonly startsDirectly?: boolean;
  /** The partition it runs in, while it runs. */
  readonly partition: PartitionId | null;
  /** What went wrong last, for a person; `null` when nothing did since the last start. */
  readonly trouble: string | null;
}

/** Something an operator should know. */
export interface HostEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: "info" | "warning" | "error";
  readonly vm: VmGuid | null;
  readonly text: string;
}

/** Main → parent. What a client may ask of a host. Every call answers when it is done. @throws HvError */
export interface HostSession {
  list(): Promise<readonly VmSummary[]>;
  /** @param kind  "warm", which is usual: warm where that can be, else cold, and an event says why */
  start(vm: VmGuid, kind?: StartKind): Promise<void>;
  pause(vm: VmGuid): Promise<void>;
  resume(vm: VmGuid): Promise<void>;
  reset(vm: VmGuid): Promise<void>;
  turnOff(vm: VmGuid): Promise<void>;
  /** Keeps the guest as it is and turns the machine off; `start` lets it go on. */
  save(vm: VmGuid): Promise<void>;
  /** Throws away what was saved: the next start is from power-on. */
  deleteSavedState(vm: VmGuid): Promise<void>;
  /** How the machine competes for the processor, from now on and at its next starts. @throws HvError out of range */
  setProcessorShare(vm: VmGuid, share: ProcessorShare): Promise<void>;
  /** The partition is gone: the machine is off, its channels are torn down, its disks are flushed and closed. */
  partitionGone(partition: PartitionId, end: PartitionEnd): Promise<void>;
  /** The guest has reset its machine by itself: what it said before counts no more. */
  partitionRestarted(partition: PartitionId): Promise<void>;
  /** What its worker process saw since the last call; `null`: it has none. It records for a while from now on. */
  traceWorker(vm: VmGuid): Promise<TraceBatch | null>;
}

/** Everything a client may ask of the management service of a host. */
export type ParentSession = HostSession &
  DiskSession &
  NetworkSession &
  IntegrationSession &
  MachineSession &
  SocketSession &
  InputSession;

/** The same with what the host sees of itself, over one line. */
export type ObservedSession = ParentSession & TraceSession;

/** Parent → main, in order, one port. */
export type HostNotice =
  | { readonly kind: "vm"; readonly vm: VmSummary }
  /** The machine was removed. */
  | { readonly kind: "vmGone"; readonly vm: VmGuid }
  | { readonly kind: "event"; readonly event: HostEvent }
  /** The library changed: all of it, as it is now. */
  | { readonly kind: "disks"; readonly files: readonly DiskFileSummary[] }
  | { readonly kind: "job"; readonly job: JobSummary }
  /** Guests have given files, or some were forgotten: all there are now, latest first. */
  | { readonly kind: "received"; readonly files: readonly ReceivedFile[] };

/** Parent → main. One call carries everything; the hypervisor never calls back for more. */
export interface HypervisorApi {
  createPartition(request: CreatePartition): Promise<PartitionId>;
  setProcessorShare(partition: PartitionId, share: ProcessorShare): Promise<void>;
  terminate(partition: PartitionId, end: PartitionEnd): Promise<void>;
}

/** Everything a partition needs, in one hypercall. */
export interface CreatePartition {
  readonly vm: VmGuid;
  readonly name: string;
  /** Admitted against the host budget before anything starts. */
  readonly memoryBytes: number;
  readonly share: ProcessorShare;
  /** {@link WorkerProcessApi}; the other end stays with the management service. */
  readonly control: MessagePort;
  /** Data plane; the other end stays with the service providers. */
  readonly link: CarrierEnd;
}

/** Parent → child. */
export interface WorkerProcessApi extends QueueCalls, EmulatedInput {
  /** Builds the machine and lets the guest run. @throws HvError when the images or the engine refuse */
  start(configuration: VmConfiguration): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The guest starts again from power-on; drives keep their media. */
  reset(): Promise<void>;
  /**
   * Inserts into a DVD or diskette drive, or ejects, also while the guest runs; a reset finds it as it is then.
   * Whoever serves the channel ejects first, serves the new medium, then inserts it.
   * @param channel  as in {@link DriveDescription}
   * @throws HvError when there is no such drive or it cannot take the medium
   */
  setMedium(channel: number, medium: DriveMedium | null): Promise<void>;
  /**
   * What the bus offers from now on, also after a reset. A running guest sees devices come and go; one that comes
   * back before the guest has let go of it is there when it has.
   */
  changeOffers(offers: readonly OfferDescription[]): Promise<void>;
  /**
   * State of a machine that is paused: what was asked is answered first. `resume` lets it go on all the same.
   * @throws HvError `vm.busy` when something is not answered in time
   */
  save(): Promise<SavedChild>;
  /** The next piece of its memory, which is the caller's; `null` after the last one since `save`. */
  takePages(): Promise<OwnBytes | null>;
  /**
   * Builds the machine that a saved guest goes on in, instead of `start`. Then its memory comes with `putPages`, and
   * `revive` ends it.
   * @param saved  from `save`, by whatever way it came: it may be anything
   * @throws HvError `state.engine`, `state.damaged`, or when the images or the engine refuse
   */
  restore(configuration: VmConfiguration, saved: SavedChild): Promise<void>;
  /** A piece of memory, which is handed over. @throws HvError `state.damaged` */
  putPages(piece: OwnBytes): Promise<void>;
  /** The guest is as it was, and paused: `resume` lets it go on. @throws HvError `state.damaged` */
  revive(): Promise<void>;
  /** What passed since the last call; it records for `traceLease` from now on. */
  trace(): Promise<TraceBatch>;
}

/** What the worker process knows of a saved machine, without its memory. */
export interface SavedChild {
  /** Build of the engine, which alone understands it. */
  readonly build: string;
  /** State of each unit, by its name. */
  readonly units: SavedUnits;
  /** Whether its serial console says again what it said last: nobody here has seen it. */
  readonly retells?: boolean;
}

/** State of units as bytes, by their names. */
export type SavedUnits = Readonly<Record<string, OwnBytes>>;

/** How the guest comes up. */
export type BootSource =
  /** The kernel is placed in memory and started directly, as a Linux boot loader would. */
  | {
      readonly kind: "linux";
      /** Of the site, when absent: the names are paths relative to the page. Else names of the visitor's boot files. */
      readonly from?: "visitor";
      readonly kernel: string;
      /** `null`: there is none. */
      readonly initrd: string | null;
      readonly commandLine: string;
    }
  /** BIOS, then the first device of the order that has something to start. Absent: `usualBootOrder`. */
  | { readonly kind: "bios"; readonly bootOrder?: readonly BootDevice[] };

/** What a machine of the visitor starts from directly. */
export interface BootFileContents {
  readonly kernel: OwnBytes;
  readonly initrd: OwnBytes | null;
}

/** Plain description of a machine, made by the management service. */
export interface VmConfiguration {
  readonly memoryBytes: number;
  readonly boot: BootSource;
  /** Contents of the visitor's boot files; absent when it starts from anything else. */
  readonly bootFiles?: BootFileContents;
  /** Emulated drives; what is in them comes over the link. */
  readonly drives: readonly DriveDescription[];
  /** Emulated network adapters; their frames come over the link. Absent: none. */
  readonly legacyAdapters?: readonly LegacyAdapterDescription[];
  /** Offers of synthetic devices, encoded by the provider that serves them. */
  readonly offers: readonly OfferDescription[];
  /** Where the firmware files lie, relative to the page. */
  readonly firmware: string;
}

/**
 * An emulated drive, as the machine needs to know it before it runs. `channel` counts from
 * `firstInternalChannel`: IDE controller * 2 + position (0 to 3), or {@link floppyDrive}.
 */
export type DriveDescription =
  | {
      readonly kind: "disk";
      readonly channel: number;
      readonly byteLength: number;
      /** Its first 512 bytes: the emulated controller guesses the geometry from them. */
      readonly firstSector: OwnBytes;
    }
  | {
      readonly kind: "dvd" | "floppy";
      readonly channel: number;
      /** `null`: the drive is empty. */
      readonly medium: DriveMedium | null;
    };

/** What lies in a DVD or diskette drive. */
export interface DriveMedium {
  /** A multiple of 512. Diskettes: one of {@link floppySizes}. */
  readonly byteLength: number;
  /** Diskettes only; discs always are. */
  readonly readOnly: boolean;
}

/** Bytes of the diskettes there are: 360 and 1200 KiB (5.25 inches), 720, 1440 and 2880 KiB (3.5 inches). */
export const floppySizes: readonly number[] = [360, 720, 1200, 1440, 2880].map((size) => size * 1024);

/** An emulated network adapter. Its channel is `firstInternalChannel` + `firstLegacyAdapter` + `index`. */
export interface LegacyAdapterDescription {
  /** 0 to 3: the order in which the guest finds them. */
  readonly index: number;
  /** Six bytes. */
  readonly mac: OwnBytes;
}

/** One synthetic device, as the bus announces it. */
export interface OfferDescription {
  readonly channel: number;
  readonly interfaceType: string;
  readonly instance: string;
  /** Which gather rule the relay uses. */
  readonly gather: "storvsc" | "netvsc" | "none";
  /** Video memory the guest needs, MiB; absent: none. */
  readonly mmioMegabytes?: number;
}

/** What the page can do for us. Shown to the visitor. */
export interface PlatformReport {
  /** Cross-origin isolated: shared memory is available. */
  readonly isolated: boolean;
  readonly storage: { readonly kind: "kept" } | { readonly kind: "memory"; readonly reason: string };
  readonly logicalProcessors: number;
  /** Memory that all guests may have together, bytes. */
  readonly guestMemoryBytes: number;
}

/** The inspect tree of a partition with the time it was taken, milliseconds since 1970. */
export interface InspectSample {
  readonly at: number;
  readonly tree: InspectNode;
}

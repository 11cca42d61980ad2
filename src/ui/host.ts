import type { ReadonlySignal } from "@preact/signals";
import type {
  AdapterConfiguration,
  BlockMap,
  BootFileSummary,
  ByRole,
  CapturedFrame,
  CatalogueEntry,
  DiskFileSummary,
  DiskJobRequest,
  DiskReport,
  DriveConfiguration,
  DriveSlot,
  FileRole,
  GuestPlace,
  HostEvent,
  HostTrace,
  InputSession,
  InspectSample,
  IntegrationService,
  JobId,
  JobSummary,
  KeyValuePair,
  KeyValuePairs,
  Medium,
  NetworkConfiguration,
  NetworkId,
  NetworkTables,
  NewMachine,
  PlatformReport,
  ProcessorShare,
  ReceivedFile,
  RecognisedFile,
  ScreenContents,
  ScreenMode,
  SocketSession,
  StartReport,
  StorageSpace,
  TraceBatch,
  VmGuid,
  VmSummary,
} from "../hvdef/index.ts";
import type { NetworksSample } from "./network-rates.ts";

/** A machine with its performance counters. */
export interface VmView extends VmSummary {
  /** Share of one processor over the last second, 0 to 1. */
  readonly processor: number;
  /** The child has not reported for a while. */
  readonly notResponding: boolean;
}

/** The serial console of one machine. Output since the page was opened is kept, bounded. */
export interface ConsoleSession {
  /** All text so far, at most the last 256 KiB. */
  text(): string;
  send(text: string): void;
  /** Calls with each new piece of output; answers how to stop listening. */
  onOutput(handler: (text: string) => void): () => void;
}

/** The screen of one machine. */
export interface ScreenSession {
  /** Another number each time the machine gets power; 0 while it has none. A canvas serves one of them. */
  readonly power: ReadonlySignal<number>;
  /** Known while somebody looks; `null` before. */
  readonly mode: ReadonlySignal<ScreenMode | null>;
  /** Rows of a text screen without the spaces at their ends, four times a second at most. */
  readonly rows: ReadonlySignal<readonly string[]>;
  /** Has the machine draw into a canvas that nobody has drawn into. Answers how to stop; it is of no use after. */
  look(canvas: HTMLCanvasElement): () => void;
  /** What is on it now, whether somebody looks or not. Rejects with a sentence for the visitor. */
  read(withPixels: boolean): Promise<ScreenContents>;
}

/** The library of disk files and the drives of machines. All actions reject with an error meant for the visitor. */
export interface DiskHost {
  readonly files: ReadonlySignal<readonly DiskFileSummary[]>;
  /** Latest first, bounded. */
  readonly jobs: ReadonlySignal<readonly JobSummary[]>;
  /** Asked for again when something changed; `null` until it is known. */
  readonly space: ReadonlySignal<StorageSpace | null>;
  inspect(name: string): Promise<DiskReport>;
  /** Cheap: a view may ask twice a second while it is open. */
  blockMap(name: string, cells: number): Promise<BlockMap>;
  begin(request: DiskJobRequest): Promise<JobId>;
  cancel(job: JobId): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Takes in a file the visitor picked or dropped (also gzip, zip, zstd). Progress is a job. */
  importFile(file: File): Promise<JobId>;
  /** Saves a disk to the visitor's device as a file that other tools open. */
  download(name: string): Promise<void>;
  /**
   * Takes a file of the visitor's device offline for the guests: a pass-through disk. Answers the name it is
   * listed under. With a handle the guest may write to it, with a plain file it is read-only.
   */
  passThrough(source: File | FileSystemFileHandle): Promise<string>;
  /** Asks the browser not to remove this site's data of its own accord. Answers whether it promised. */
  persist(): Promise<boolean>;
  addDrive(vm: VmGuid, drive: DriveConfiguration): Promise<void>;
  removeDrive(vm: VmGuid, slot: DriveSlot): Promise<void>;
  setMedium(vm: VmGuid, slot: DriveSlot, medium: Medium): Promise<void>;
  setScsiControllers(vm: VmGuid, count: number): Promise<void>;
}

/** Virtual networks and the adapters of machines. All actions reject with an error meant for the visitor. */
export interface NetworkHost {
  /** As they were when last asked; `null` until they are known. Asked about twice a second while watched. */
  readonly networks: ReadonlySignal<NetworksSample | null>;
  /** Why the networks could not be asked for; `null` when they could. */
  readonly trouble: ReadonlySignal<string | null>;
  /** A view needs live networks from now on. Answers how to say that it does not any more. */
  watch(): () => void;
  create(wanted: Omit<NetworkConfiguration, "id">): Promise<NetworkId>;
  change(network: NetworkConfiguration): Promise<void>;
  remove(network: NetworkId): Promise<void>;
  connectUplink(network: NetworkId): Promise<void>;
  disconnectUplink(network: NetworkId): Promise<void>;
  tables(network: NetworkId): Promise<NetworkTables>;
  /** From the management OS: microseconds of each echo, `null` for one that did not come. */
  ping(network: NetworkId, address: string, count: number): Promise<readonly (number | null)[]>;
  /** @param port  `null`: all of them */
  startCapture(network: NetworkId, port: number | null): Promise<void>;
  stopCapture(network: NetworkId): Promise<void>;
  readCapture(
    network: NetworkId,
    wanted: { readonly after: number; readonly limit: number; readonly filter: string },
  ): Promise<readonly CapturedFrame[]>;
  /** Saves all that was captured to the visitor's device, as a pcapng file of this name. */
  saveCapture(network: NetworkId, fileName: string): Promise<void>;
  /** Lets the guests of a network fetch a file. It is kept in memory until the page is closed. */
  share(network: NetworkId, name: string, contents: Blob | Uint8Array<ArrayBuffer>): Promise<void>;
  unshare(network: NetworkId, name: string): Promise<void>;
  addAdapter(vm: VmGuid, adapter: AdapterConfiguration): Promise<void>;
  removeAdapter(vm: VmGuid, type: AdapterConfiguration["type"], index: number): Promise<void>;
  changeAdapter(vm: VmGuid, adapter: AdapterConfiguration): Promise<void>;
}

/** Integration services of machines. All actions reject with an error meant for the visitor. */
export interface IntegrationHost {
  setService(vm: VmGuid, service: IntegrationService, enabled: boolean): Promise<void>;
  /** Cheap: a view may ask once a second while it is open. */
  pairs(vm: VmGuid): Promise<KeyValuePairs>;
  setPair(vm: VmGuid, pair: KeyValuePair): Promise<void>;
  removePair(vm: VmGuid, key: string): Promise<void>;
  freeze(vm: VmGuid): Promise<void>;
  thaw(vm: VmGuid): Promise<void>;
  /** @param replace  take out another disc for it */
  insertSetupDisk(vm: VmGuid, replace: boolean): Promise<void>;
}

/** Files between the visitor's device and guests. All actions reject with an error meant for the visitor. */
export interface GuestFileHost {
  /** What guests have given, latest first; in memory. */
  readonly received: ReadonlySignal<readonly ReceivedFile[]>;
  /** Begins to put a file into a guest that runs. Progress is a job. */
  copy(vm: VmGuid, file: File, place: GuestPlace): Promise<JobId>;
  /** Saves a received file to the visitor's device. */
  save(id: number): Promise<void>;
  forget(id: number): Promise<void>;
}

/** Sockets of guests (hv_sock). */
export type SocketHost = Omit<SocketSession, "listReceived" | "forgetReceived">;
/** How long a machine took to come up, here. */
export interface BootTime {
  readonly millis: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Which machines there are, and what they are made of. All actions reject with an error meant for the visitor. */
export interface MachineHost {
  /** The guests of the site; `null` until they are known. */
  readonly catalogue: ReadonlySignal<readonly CatalogueEntry[] | null>;
  /** Cold boots measured in this browser, the last of each machine. */
  readonly bootTimes: ReadonlySignal<ReadonlyMap<VmGuid, BootTime>>;
  /** What a start of a machine would be; `null` until that is known. It is asked for again whenever the machine is off. */
  startReport(vm: VmGuid): ReadonlySignal<StartReport | null>;
  describeStart(vm: VmGuid): Promise<StartReport>;
  /** Looks at a file before it is taken in. */
  recognise(role: FileRole, file: File): Promise<RecognisedFile>;
  /** Makes a machine of files of the visitor, which are copied: all of it or nothing. */
  make(plan: NewMachine, files: ByRole<File>): Promise<VmGuid>;
  rename(vm: VmGuid, name: string): Promise<void>;
  remove(vm: VmGuid): Promise<void>;
  bootFiles(): Promise<readonly BootFileSummary[]>;
  removeBootFile(name: string): Promise<void>;
}

/** One look at the whole, for the picture of the architecture. */
export interface Observation {
  /** What views asked. */
  readonly page: TraceBatch;
  readonly host: HostTrace;
  /** Of those worker processes that have answered. */
  readonly workers: readonly { readonly vm: VmGuid; readonly batch: TraceBatch }[];
}

/** What the picture of the architecture is drawn from, beside machines, networks and counters. */
export interface ArchitectureHost {
  /** The hypervisor's own tree, about twice a second. */
  readonly hypervisor: ReadonlySignal<InspectSample | null>;
  /** What happened since the last look. Everybody records for a few seconds more, then stops by itself. */
  observe(vms: readonly VmGuid[]): Promise<Observation>;
}

/** Everything the views know and may do. The door implements it; tests play a recorded one. */
export interface UiHost {
  readonly version: string;
  /** Name of the host as it calls itself; the page says "This tab" where there is none. */
  readonly hostName?: string;
  readonly platform: ReadonlySignal<PlatformReport | null>;
  readonly vms: ReadonlySignal<readonly VmView[]>;
  /** Latest first, bounded. */
  readonly events: ReadonlySignal<readonly HostEvent[]>;
  /** Says why nothing can run at all; the page then shows only this. */
  readonly failure: ReadonlySignal<{ readonly title: string; readonly wayOut: string } | null>;
  /** All actions reject with an error whose message is meant for the visitor. */
  /** Warm where that can be. */
  start(vm: VmGuid): Promise<void>;
  /** From power-on, whatever there is. */
  coldBoot(vm: VmGuid): Promise<void>;
  pause(vm: VmGuid): Promise<void>;
  resume(vm: VmGuid): Promise<void>;
  reset(vm: VmGuid): Promise<void>;
  turnOff(vm: VmGuid): Promise<void>;
  /** Keeps the guest as it is and turns the machine off; `start` lets it go on. */
  save(vm: VmGuid): Promise<void>;
  /** Throws away what was saved. */
  deleteSavedState(vm: VmGuid): Promise<void>;
  /** Asks the guest to shut down; answers when it has agreed. */
  shutDown(vm: VmGuid): Promise<void>;
  setProcessorShare(vm: VmGuid, share: ProcessorShare): Promise<void>;
  /**
   * Takes in files the visitor picked for a machine that has none of its own: a disk image, and BIOS files
   * (`bios.bin`, `vgabios.bin`) where the site has none.
   */
  giveDisk(vm: VmGuid, files: readonly File[]): Promise<void>;
  console(vm: VmGuid): ConsoleSession;
  screen(vm: VmGuid): ScreenSession;
  /** Saves something to the visitor's device as a file of this name. */
  saveFile(name: string, contents: Blob): void;
  readonly disks: DiskHost;
  readonly networks: NetworkHost;
  readonly integration: IntegrationHost;
  /** Keyboard and mouse of machines. All calls reject with an error meant for the visitor. */
  readonly input: InputSession;
  readonly guestFiles: GuestFileHost;
  readonly sockets: SocketHost;
  readonly machines: MachineHost;
  readonly architecture: ArchitectureHost;
  /** Live counters of the machine's partition, twice a second while it runs. */
  inspect(vm: VmGuid): ReadonlySignal<InspectSample | null>;
}

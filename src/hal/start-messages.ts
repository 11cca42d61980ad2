import type {
  ByRole,
  CarrierEnd,
  FileRole,
  Grant,
  GuestPlace,
  JobId,
  NewMachine,
  RecognisedFile,
  VmGuid,
} from "../hvdef/index.ts";

/** First message to the parent worker. Every port is its only copy. */
export interface ParentStart {
  readonly kind: "start";
  /** HostSession is served here. */
  readonly session: MessagePort;
  /** WmiSession is served here. */
  readonly wmi: MessagePort;
  /** HypervisorApi is called here. */
  readonly hypervisor: MessagePort;
  /** HostNotice goes out here. */
  readonly notices: MessagePort;
  /** DiskIntake is served here. */
  readonly intake: MessagePort;
  /** Address of the page, for files of the site. */
  readonly base: string;
}

/** What the parent worker says of itself, once. */
export type ParentReport =
  | { readonly kind: "ready"; readonly storageRefused: string | null }
  | { readonly kind: "failed"; readonly reason: string };

/** Main → parent: what crosses between the visitor's device and the library. @throws HvError */
export interface DiskIntake {
  giveDisk(vm: string, files: readonly File[]): Promise<void>;
  /** Begins taking in a file. */
  importFile(file: File): Promise<JobId>;
  /** A disk as one file. Its bytes are read only when somebody reads the blob. */
  exportDisk(name: string): Promise<{ readonly name: string; readonly contents: Blob }>;
  /** Lists a file of the device as a pass-through disk. Answers the name it is listed under. */
  passThrough(source: File | FileSystemFileHandle): Promise<string>;
  /** Begins to put a file into the guest of a machine, under a name in a folder of it. */
  copyToGuest(vm: string, file: File, place: GuestPlace): Promise<JobId>;
  /** A file that a guest has given. */
  receivedFile(id: number): Promise<{ readonly name: string; readonly contents: Blob }>;
  /** Looks at a file before it is taken in for a machine. */
  recognise(role: FileRole, file: File): Promise<RecognisedFile>;
  /** Makes a machine of files of the visitor: all of it or nothing. @param plan  besides what the files are for */
  makeMachine(plan: NewMachine, files: ByRole<File>): Promise<VmGuid>;
}

/** First message to a child worker. */
export interface ChildStart {
  readonly kind: "start";
  /** The engine core, compiled once for all children. */
  readonly core: WebAssembly.Module;
  readonly control: MessagePort;
  readonly link: CarrierEnd;
  /** Serial bytes, both ways. */
  readonly console: MessagePort;
  /** ScreenOrder in, ScreenReport out. */
  readonly screen: MessagePort;
  readonly base: string;
  /** Seeds the identity the firmware reports. */
  readonly vm: string;
}

/** Every later message of the hypervisor to a child. */
export interface ChildGrant {
  readonly kind: "grant";
  readonly grant: Grant;
}

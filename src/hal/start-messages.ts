import type { Grant } from "../hvdef/index.ts";

/** First message to the parent worker. Every port is its only copy. */
export interface ParentStart {
  readonly kind: "start";
  /** HostSession is served here. */
  readonly session: MessagePort;
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

/** Main → parent: files that a visitor picked. @throws HvError */
export interface DiskIntake {
  giveDisk(vm: string, files: readonly File[]): Promise<void>;
}

/** First message to a child worker. */
export interface ChildStart {
  readonly kind: "start";
  /** The engine core, compiled once for all children. */
  readonly core: WebAssembly.Module;
  readonly control: MessagePort;
  readonly link: MessagePort;
  /** Serial bytes, both ways. */
  readonly console: MessagePort;
  readonly base: string;
  /** Seeds the identity the firmware reports. */
  readonly vm: string;
}

/** Every later message of the hypervisor to a child. */
export interface ChildGrant {
  readonly kind: "grant";
  readonly grant: Grant;
}

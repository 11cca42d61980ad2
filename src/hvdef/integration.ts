import type { VmGuid } from "./ids.ts";

/** The integration services there are. File copy is none of this release. @wmi Msvm_*Component */
export type IntegrationService = "heartbeat" | "shutdown" | "timeSync" | "keyValuePair" | "backup";

/** All of them, in the order of Hyper-V's settings. */
export const integrationServices: readonly IntegrationService[] = [
  "shutdown",
  "timeSync",
  "keyValuePair",
  "heartbeat",
  "backup",
];

/** What a person calls them: the titles of Hyper-V's settings. */
export const integrationTitles: { readonly [S in IntegrationService]: string } = {
  shutdown: "Operating system shutdown",
  timeSync: "Time synchronization",
  keyValuePair: "Data Exchange",
  heartbeat: "Heartbeat",
  backup: "Backup (volume snapshot)",
};

/**
 * How a service does. @wmi OperationalStatus 2, 3, 7, 12, 13
 * - `off`: the machine is off, or the service is disabled
 * - `degraded`: it works, in an older protocol than ours
 * - `mismatch`: guest and host have no version in common
 * - `noContact`: the guest has not spoken yet
 * - `lostCommunication`: it has, and does not answer any more
 */
export type IntegrationStatus = "off" | "ok" | "degraded" | "mismatch" | "noContact" | "lostCommunication";

/** One service of a machine. */
export interface IntegrationSummary {
  readonly service: IntegrationService;
  readonly enabled: boolean;
  readonly status: IntegrationStatus;
  /** Version of its messages, agreed with the guest: "3.0". */
  readonly version: string | null;
}

/** Whether a guest was asked to shut down. `overdue`: it should have long done so. */
export type ShutdownProgress = "none" | "asked" | "overdue";

/** Whether the file systems of a guest stand still for a backup. */
export type FreezeProgress = "thawed" | "freezing" | "frozen" | "thawing";

/** Text under a name. */
export interface KeyValuePair {
  readonly key: string;
  readonly value: string;
}

/** What host and guest have told each other. */
export interface KeyValuePairs {
  /** What the guest's daemon says of its system: `OSName`, `NetworkAddressIPv4` and more. */
  readonly intrinsic: readonly KeyValuePair[];
  /** What programs of the guest have put there. */
  readonly guest: readonly KeyValuePair[];
  /** What the visitor has put there for the guest. Kept; a guest hears of it when it is there. */
  readonly host: readonly KeyValuePair[];
  /** Whether the guest has all of `host`. */
  readonly delivered: boolean;
}

/** The Integration Services Setup Disk in the library: an image of the site that any DVD drive may hold. */
export const setupDiskName = "Integration Services Setup Disk.iso";

/** Main → parent: integration services of machines. @throws HvError with the way out */
export interface IntegrationSession {
  /**
   * Asks the guest to shut down; answers when it has agreed. Its end is then seen as the machine's.
   * @param text  for whoever works there
   * @wmi Msvm_ShutdownComponent.InitiateShutdown
   */
  shutDown(vm: VmGuid, text: string): Promise<void>;
  /** Enables or disables a service, now and at the next starts. */
  setIntegrationService(vm: VmGuid, service: IntegrationService, enabled: boolean): Promise<void>;
  keyValuePairs(vm: VmGuid): Promise<KeyValuePairs>;
  /** Puts a pair there for the guest, in place of any of that key. @wmi AddKvpItems, ModifyKvpItems */
  setKeyValuePair(vm: VmGuid, pair: KeyValuePair): Promise<void>;
  /** @wmi RemoveKvpItems */
  removeKeyValuePair(vm: VmGuid, key: string): Promise<void>;
  /** The guest's file systems hold back every write until `thawGuest`, or until the host thaws them of itself. */
  freezeGuest(vm: VmGuid): Promise<void>;
  thawGuest(vm: VmGuid): Promise<void>;
  /**
   * Puts the Integration Services Setup Disk into a DVD drive of the machine, running or not. In one that has it
   * already nothing changes.
   * @param replace  take out another disc for it
   * @throws HvError `setupDisk.noDrive`, `setupDisk.otherDisc`
   */
  insertSetupDisk(vm: VmGuid, replace: boolean): Promise<void>;
}

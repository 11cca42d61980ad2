import type {
  BootDevice,
  JobSummary,
  KeyValuePairs,
  NetworkSummary,
  ProcessorShare,
  VmGuid,
  VmSummary,
} from "../../hvdef/index.ts";
import type { PropertySet } from "../../wmi/index.ts";

/** A machine as its objects are made of it. */
export interface WorldMachine {
  readonly vm: VmSummary;
  readonly share: ProcessorShare;
  /** `null`: it starts a kernel of its own, whatever is in its drives. */
  readonly bootOrder: readonly BootDevice[] | null;
  /** What host and guest have told each other. Looked at when it is asked for. */
  pairs(): KeyValuePairs;
  /** Milliseconds in which it has run since its start; `null` when it is off. */
  readonly onTime: number | null;
}

/** A job as its object is made of it. */
export interface WorldJob {
  /** `machine`: a request to a machine. `disk`: work of the library. */
  readonly kind: "machine" | "disk";
  readonly job: JobSummary;
  /** Milliseconds since 1970; `null` while it goes on. */
  readonly endedAt: number | null;
  /** What it failed with; `null` when it has not. */
  readonly failure: unknown;
  /** The machine it works on; `null` when it is none. */
  readonly vm: VmGuid | null;
  readonly cancellable: boolean;
  /** Number of Msvm_StorageJob.Type; `null` where Hyper-V has none. */
  readonly type: number | null;
}

/** Everything the namespace is made of, at one moment. */
export interface World {
  readonly hostName: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly machines: readonly WorldMachine[];
  readonly jobs: readonly WorldJob[];
  /** Looked at when they are asked for. */
  networks(): readonly NetworkSummary[];
}

/** Who makes the objects of which class. */
export type InstanceTable = { readonly [className: string]: (world: World) => readonly PropertySet[] };

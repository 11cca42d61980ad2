import type { IntegrationStatus } from "../../hvdef/index.ts";
import type { Clock, InspectNode } from "../../support/index.ts";
import type { IcLine } from "./line.ts";
import type { IcState } from "./negotiate.ts";

/** What every service is made with. */
export interface ServiceOptions {
  /** Stands still while the guest does. */
  readonly clock: Clock;
  readonly saved: IcState | null;
  /** Its status, or something it shows, may be another now. */
  changed(): void;
}

/** One service of one machine. */
export interface IcService {
  readonly line: IcLine;
  /** Time passes; called about once a second while the guest runs. */
  tick(): void;
  /** The guest stood still and runs again. */
  wentOn(): void;
  status(): IntegrationStatus;
  inspect(): InspectNode;
}

/**
 * What came of a request: done; refused with the guest's status (IcStatus); the service has no contact with the
 * guest or lost it; the guest did not answer in time; something else is under way.
 */
export type IcOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly status: number }
  | { readonly kind: "gone" }
  | { readonly kind: "silent" }
  | { readonly kind: "busy" };

/** Told once what came of a request. */
export type IcDone = (outcome: IcOutcome) => void;

/** The outcome an answer's status stands for. */
export function outcomeOf(status: number): IcOutcome {
  return status === 0 ? { kind: "done" } : { kind: "refused", status };
}

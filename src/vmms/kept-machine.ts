import type { AdapterSet } from "./adapters/rules.ts";
import type { DriveSet } from "./drives/rules.ts";
import type { IntegrationSettings } from "./integration/rules.ts";

/** What a machine was given last. */
export interface KeptMachine {
  readonly drives: DriveSet;
  readonly adapters: AdapterSet;
  readonly integration: IntegrationSettings;
  /** Its guest was saved. */
  readonly saved: boolean;
}

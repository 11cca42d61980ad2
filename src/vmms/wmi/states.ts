import type { IntegrationStatus, VmState } from "../../hvdef/index.ts";

/** What a state is in Hyper-V's numbers, and which request leads out of it. @wmi 2.1, 2.2 */
interface StateNumbers {
  readonly enabled: number;
  /** What has been asked for; 12 when nothing goes on. */
  readonly requested: number;
  readonly text: string;
}

/** Nothing has been asked for. */
const notApplicable = 12;

/** States by ours. Resetting is stopping, on the way to running again. */
export const stateNumbers: { readonly [S in VmState]: StateNumbers } = {
  off: { enabled: 3, requested: notApplicable, text: "Off" },
  starting: { enabled: 32770, requested: 2, text: "Starting" },
  running: { enabled: 2, requested: notApplicable, text: "Running" },
  pausing: { enabled: 32776, requested: 32768, text: "Pausing" },
  paused: { enabled: 32768, requested: notApplicable, text: "Paused" },
  pausedCritical: { enabled: 32768, requested: notApplicable, text: "Paused-Critical" },
  resuming: { enabled: 32777, requested: 2, text: "Resuming" },
  resetting: { enabled: 32774, requested: 10, text: "Stopping" },
  saving: { enabled: 32773, requested: 32769, text: "Saving" },
  saved: { enabled: 32769, requested: notApplicable, text: "Saved" },
  restoring: { enabled: 32770, requested: 2, text: "Starting" },
  stopping: { enabled: 32774, requested: 3, text: "Stopping" },
};

/** @wmi HealthState */
export const health = { ok: 5, critical: 25 } as const;
/** @wmi OperationalStatus[0] */
export const operational = { ok: 2, inService: 11 } as const;

/** How an integration service does. A service that is off has nobody to be in contact with. @wmi OperationalStatus */
export const integrationNumbers: {
  readonly [S in IntegrationStatus]: { readonly status: number; readonly text: string };
} = {
  ok: { status: 2, text: "OK" },
  degraded: {
    status: 3,
    text: "The protocol version of the component installed in the virtual machine is older.",
  },
  mismatch: {
    status: 7,
    text: "The component in the virtual machine speaks no version that the host knows.",
  },
  noContact: { status: 12, text: "No Contact" },
  off: { status: 12, text: "No Contact" },
  lostCommunication: { status: 13, text: "Lost Communication" },
};

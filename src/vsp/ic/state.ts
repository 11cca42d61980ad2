import { type IntegrationService, integrationServices } from "../../hvdef/index.ts";
import type { IcState } from "./negotiate.ts";
import { icProtocol } from "./offer.ts";

/** What is saved of a machine's integration services. What was asked and not answered is asked anew or forgotten. */
export interface IntegrationState {
  readonly format: 1;
  readonly lines: Readonly<Record<IntegrationService, IcState>>;
  /** The guest's file systems stand still, or may. */
  readonly frozen: boolean;
}

/** A saved state that can be gone on from, or why it cannot, for a person. */
export type CheckedIntegration =
  | { readonly kind: "usable"; readonly state: IntegrationState }
  | { readonly kind: "unusable"; readonly text: string };

/** Checks a saved state, which may be anything. */
export function checkIntegrationState(value: unknown): CheckedIntegration {
  if (!isRecord(value) || value["format"] === undefined)
    return unusable("It is not the saved state of integration services.");
  if (value["format"] !== 1)
    return unusable("Its format is not known here. Start the machine anew, or use a newer version.");
  const { lines: found, frozen } = value;
  const lines: Partial<Record<IntegrationService, IcState>> = {};
  for (const service of integrationServices) {
    const state = checkLine(isRecord(found) ? found[service] : null, service);
    if (state !== null) lines[service] = state;
  }
  const { heartbeat, shutdown, timeSync, keyValuePair, backup } = lines;
  const whole =
    heartbeat !== undefined &&
    shutdown !== undefined &&
    timeSync !== undefined &&
    keyValuePair !== undefined &&
    backup !== undefined;
  if (!whole || typeof frozen !== "boolean")
    return unusable("It is damaged: the guest's services cannot have been in that state.");
  return {
    kind: "usable",
    state: { format: 1, lines: { heartbeat, shutdown, timeSync, keyValuePair, backup }, frozen },
  };
}

function checkLine(value: unknown, service: IntegrationService): IcState | null {
  if (!isRecord(value)) return null;
  const { kind, asked, versions } = value;
  switch (kind) {
    case "closed":
    case "mismatch":
      return { kind };
    case "negotiating":
      return isByte(asked) ? { kind, asked } : null;
    case "agreed": {
      const { framework, message } = isRecord(versions) ? versions : {};
      const ours = icProtocol(service).versions;
      const spoken = ours.find(({ major, minor }) => isVersion(message, major, minor));
      const framing = [3, 1].find((major) => isVersion(framework, major, 0));
      if (spoken === undefined || framing === undefined) return null;
      if (asked !== null && !isByte(asked)) return null;
      return { kind, asked, versions: { framework: { major: framing, minor: 0 }, message: spoken } };
    }
    default:
      return null;
  }
}

function isVersion(value: unknown, major: number, minor: number): boolean {
  return isRecord(value) && value["major"] === major && value["minor"] === minor;
}

function isByte(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xff;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function unusable(text: string): CheckedIntegration {
  return { kind: "unusable", text: `The integration services cannot go on from their saved state. ${text}` };
}

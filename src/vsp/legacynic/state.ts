import type { MacAddress } from "../../network/index.ts";

/**
 * What is saved of an emulated network adapter. Its registers are saved with the machine; frames that are under
 * way are lost, as on a wire.
 */
export interface LegacyNicState {
  readonly format: 1;
  readonly mac: MacAddress;
}

/**
 * Whether a machine that was saved with an adapter can go on with the one it has now: the guest has read the
 * address and will not read it again.
 *
 * @param value  from `LegacyNic.save`, by whatever way it came: it may be anything
 * @returns `null`, or why it cannot, for a person
 */
export function checkLegacyNicState(value: unknown, mac: MacAddress): string | null {
  const saved = isRecord(value) ? value : {};
  if (saved["format"] === undefined) return refused("It is not the saved state of a network adapter.");
  if (saved["format"] !== 1)
    return refused("Its format is not known here. Start the machine anew, or use a newer version.");
  if (saved["mac"] === mac) return null;
  return refused(`It was saved with another address than ${mac}. Give it the old one, or start it anew.`);
}

function refused(text: string): string {
  return `The legacy network adapter cannot go on from its saved state. ${text}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

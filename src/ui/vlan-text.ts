import type { AdapterVlan } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";

/** First and last number of a VLAN. @ieee 802.1Q: 0 and 4095 are reserved */
export const vlanRange = { first: 1, last: 4094 } as const;

/** A typed VLAN number, or why it is none. */
export type VlanCheck =
  | { readonly kind: "vlan"; readonly vlan: number }
  | { readonly kind: "wrong"; readonly reason: string };

/** A typed list of VLANs, or what is wrong with it. */
export type VlanListCheck =
  | { readonly kind: "list"; readonly list: readonly number[] }
  | { readonly kind: "wrong"; readonly reason: string };

const { first, last } = vlanRange;

function isVlan(number: number): boolean {
  return number >= first && number <= last;
}

/** Checks one VLAN number as it is typed. */
export function checkVlan(typed: string): VlanCheck {
  const plain = typed.trim();
  const number = Number(plain);
  if (plain === "") return { kind: "wrong", reason: `Give it a number from ${first} to ${last}.` };
  if (!/^\d{1,9}$/.test(plain) || !isVlan(number))
    return {
      kind: "wrong",
      reason: `A VLAN is a number from ${first} to ${last}; this is ${plain.slice(0, 20)}.`,
    };
  return { kind: "vlan", vlan: number };
}

/** Reads a list such as `1-100, 200`. Answers it sorted, each number once. */
export function checkVlanList(typed: string): VlanListCheck {
  const wrong = (reason: string): VlanListCheck => ({ kind: "wrong", reason });
  const found = new Set<number>();
  const parts = typed.split(",").map((part) => part.trim());
  if (parts.every((part) => part === "")) return wrong("Say which VLANs it carries, such as 10, 20-29.");
  for (const part of parts) {
    const match = /^(\d{1,4})(?:\s*-\s*(\d{1,4}))?$/.exec(part);
    if (match === null) return wrong(`"${part.slice(0, 20)}" is no number and no range such as 20-29.`);
    const from = Number(match[1]);
    const to = match[2] === undefined ? from : Number(match[2]);
    if (!isVlan(from) || !isVlan(to)) return wrong(`VLANs go from ${first} to ${last}; "${part}" does not.`);
    if (to < from) return wrong(`"${part}" ends before it begins.`);
    for (let vlan = from; vlan <= to; vlan += 1) found.add(vlan);
  }
  return { kind: "list", list: [...found].toSorted((one, other) => one - other) };
}

/** A list of VLANs as it is typed: neighbours as ranges. */
export function vlanListText(list: readonly number[]): string {
  const sorted = [...new Set(list)].toSorted((one, other) => one - other);
  const runs: { from: number; to: number }[] = [];
  for (const vlan of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run.to === vlan - 1) run.to = vlan;
    else runs.push({ from: vlan, to: vlan });
  }
  return runs.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

/** How a port takes part in VLANs, in a few words. */
export function vlanWords(vlan: AdapterVlan): string {
  switch (vlan.kind) {
    case "untagged":
      return "untagged";
    case "access":
      return vlan.id === 0 ? "untagged" : `VLAN ${vlan.id}`;
    case "trunk": {
      const whole = vlan.allowed.length >= last;
      const native = vlan.native === 0 ? "" : `, native ${vlan.native}`;
      return `trunk ${whole ? "of all VLANs" : vlanListText(vlan.allowed)}${native}`;
    }
    default:
      return unreachable(vlan);
  }
}

/** Colours in which VLANs are told apart, `--vlan-1` and so on in the style; the untagged network has its own. */
export const vlanColours = 6;

/** What colour a port is drawn in: that of its VLAN, 1 to {@link vlanColours}, 0 untagged, `trunk` for many. */
export function vlanColour(vlan: AdapterVlan): number | "trunk" {
  if (vlan.kind === "trunk") return "trunk";
  if (vlan.kind === "untagged" || vlan.id === 0) return 0;
  // Numbers are mostly chosen in tens: both neighbours and neighbouring tens differ.
  return ((vlan.id + Math.floor(vlan.id / 10)) % vlanColours) + 1;
}

/** What stands on the port: the number of its VLAN, or that it is a trunk; `null` without VLANs. */
export function vlanMark(vlan: AdapterVlan): string | null {
  if (vlan.kind === "trunk") return "trunk";
  return vlan.kind === "untagged" || vlan.id === 0 ? null : `${vlan.id}`;
}

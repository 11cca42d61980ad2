import { HvError } from "../../support/index.ts";
import { lastVlan } from "../frame/index.ts";

/**
 * Which VLANs a port belongs to. VLAN 0 is the network without a tag.
 *
 * `access`: one VLAN, 0 to 4094, of which the holder knows nothing: its frames come and go untagged.
 * `trunk`: the native VLAN, 0 to 4094, untagged, and the allowed ones, 1 to 4094, with their tags.
 *
 * @wmi Msvm_VLANEndpointSettingData
 */
export type PortVlan =
  | { readonly kind: "access"; readonly vlan: number }
  | { readonly kind: "trunk"; readonly native: number; readonly allowed: readonly number[] };

/** A port that knows nothing of VLANs. */
export const untagged: PortVlan = { kind: "access", vlan: 0 };

/** All VLANs with their tags, and what has none: how an uplink is plugged in. */
export const everyVlan: PortVlan = {
  kind: "trunk",
  native: 0,
  allowed: Array.from({ length: lastVlan }, (_, place) => place + 1),
};

/** @throws HvError `network.badVlan` that says which number cannot be used */
export function checkVlan(vlan: PortVlan): void {
  if (vlan.kind === "access") {
    checkNumber(vlan.vlan, 0);
    return;
  }
  checkNumber(vlan.native, 0);
  for (const allowed of vlan.allowed) checkNumber(allowed, 1);
}

/** One cell for each VLAN number, 1 where a port sends and takes frames with its tag; `null`: it knows no tags. */
export function allowedCells(vlan: PortVlan): Uint8Array<ArrayBuffer> | null {
  if (vlan.kind === "access") return null;
  const cells = new Uint8Array(lastVlan + 1);
  for (const allowed of vlan.allowed) cells[allowed] = 1;
  return cells;
}

/**
 * Reads a list as a person writes it, e.g. `1-100,200`.
 *
 * @throws HvError `network.badVlan`
 */
export function parseVlanList(text: string): readonly number[] {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^\s*(\d{1,4})\s*(?:-\s*(\d{1,4})\s*)?$/.exec(part);
    if (match === null) {
      throw badVlan(`"${part.trim()}" is no VLAN and no range of VLANs: write a list like 1-100,200.`);
    }
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    checkNumber(first, 1);
    checkNumber(last, 1);
    if (last < first) throw badVlan(`The range ${first}-${last} runs backwards: write ${last}-${first}.`);
    for (let vlan = first; vlan <= last; vlan++) found.add(vlan);
  }
  return [...found].sort((one, other) => one - other);
}

/** The text of a list, ranges drawn together; the reverse of {@link parseVlanList}. */
export function vlanListText(list: readonly number[]): string {
  const sorted = [...new Set(list)].sort((one, other) => one - other);
  const parts: string[] = [];
  for (let place = 0; place < sorted.length; ) {
    let end = place;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end++;
    parts.push(end === place ? `${sorted[place]}` : `${sorted[place]}-${sorted[end]}`);
    place = end + 1;
  }
  return parts.join(",");
}

/** A port's VLANs in few words. */
export function vlanText(vlan: PortVlan): string {
  if (vlan.kind === "access") return vlan.vlan === 0 ? "untagged" : `access ${vlan.vlan}`;
  return `trunk, native ${vlan.native}, allowed ${vlanListText(vlan.allowed) || "none"}`;
}

function checkNumber(vlan: number, least: number): void {
  if (Number.isInteger(vlan) && vlan >= least && vlan <= lastVlan) return;
  const choice = least === 0 ? `1 to ${lastVlan}, or 0 for no VLAN` : `1 to ${lastVlan}`;
  throw badVlan(`VLAN ${vlan} does not exist: choose ${choice}.`);
}

function badVlan(text: string): HvError {
  return new HvError("network.badVlan", text, { hresult: 0x80070057 });
}

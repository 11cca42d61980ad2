import { HvError, unreachable } from "../../support/index.ts";
import { lastVlan } from "../frame/index.ts";

/**
 * Which VLANs a port belongs to. Numbers are 1 to 4094; 0 stands for the network without a tag.
 *
 * `untagged` and `access`: one VLAN, of which the holder knows nothing: its frames come and go untagged.
 * `trunk`: the native VLAN, which may be 0, untagged, and the allowed ones with their tags.
 *
 * @wmi Msvm_VLANEndpointSettingData
 */
export type PortVlan =
  | { readonly kind: "untagged" }
  | { readonly kind: "access"; readonly id: number }
  | { readonly kind: "trunk"; readonly native: number; readonly allowed: readonly number[] };

/** The port of an adapter that knows one VLAN, or none when `id` is 0. */
export function accessVlan(id: number): PortVlan {
  return id === 0 ? { kind: "untagged" } : { kind: "access", id };
}

/** All VLANs with their tags, and what has none: how an uplink is plugged in. */
export const everyVlan: PortVlan = {
  kind: "trunk",
  native: 0,
  allowed: Array.from({ length: lastVlan }, (_, place) => place + 1),
};

/** @throws HvError `network.badVlan` that says which number cannot be used */
export function checkVlan(vlan: PortVlan): void {
  if (vlan.kind === "access") checkNumber(vlan.id, 1);
  if (vlan.kind !== "trunk") return;
  checkNumber(vlan.native, 0);
  for (const allowed of vlan.allowed) checkNumber(allowed, 1);
}

/** The VLAN of frames that wear no tag at a port. */
export function plainVlan(vlan: PortVlan): number {
  switch (vlan.kind) {
    case "untagged":
      return 0;
    case "access":
      return vlan.id;
    case "trunk":
      return vlan.native;
    default:
      return unreachable(vlan);
  }
}

/** One cell for each VLAN number, 1 where a port sends and takes frames with its tag; `null`: it knows no tags. */
export function allowedCells(vlan: PortVlan): Uint8Array<ArrayBuffer> | null {
  if (vlan.kind !== "trunk") return null;
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
  if (vlan.kind === "untagged") return "untagged";
  if (vlan.kind === "access") return `access ${vlan.id}`;
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

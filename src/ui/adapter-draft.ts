import type { AdapterConfiguration, AdapterVlan, NetworkId } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";
import { checkMac } from "./mac-text.ts";
import { checkVlan, checkVlanList, vlanListText } from "./vlan-text.ts";

/** An adapter as the visitor is filling it in. What is hidden keeps what was typed. */
export interface AdapterDraft {
  readonly network: NetworkId | null;
  readonly staticMac: boolean;
  readonly mac: string;
  readonly mode: AdapterVlan["kind"];
  readonly vlan: string;
  /** Number of the native VLAN of a trunk; empty or 0 is untagged. */
  readonly native: string;
  readonly allowed: string;
  readonly spoofing: boolean;
  readonly mirroring: AdapterConfiguration["mirroring"];
  /** It asks for a virtual machine queue, with this weight. */
  readonly vmq: boolean;
  readonly weight: string;
}

/** A field of the draft that can be wrong. */
export type AdapterField = "mac" | "vlan" | "native" | "allowed" | "weight";

const usualWeight = 100;

/** The adapter a machine gets when nothing else is said. */
export function newAdapter(
  type: AdapterConfiguration["type"],
  index: number,
  network: NetworkId | null,
): AdapterConfiguration {
  return {
    type,
    index,
    mac: null,
    staticMac: false,
    network,
    vlan: { kind: "untagged" },
    spoofing: false,
    mirroring: "none",
    vmqWeight: type === "synthetic" ? usualWeight : 0,
  };
}

/** The draft that says what an adapter is now. */
export function adapterDraft(adapter: AdapterConfiguration): AdapterDraft {
  const { vlan } = adapter;
  return {
    network: adapter.network,
    staticMac: adapter.staticMac,
    mac: adapter.mac ?? "",
    mode: vlan.kind,
    vlan: vlan.kind === "access" ? `${vlan.id}` : "",
    native: vlan.kind === "trunk" && vlan.native !== 0 ? `${vlan.native}` : "",
    allowed: vlan.kind === "trunk" ? vlanListText(vlan.allowed) : "",
    spoofing: adapter.spoofing,
    mirroring: adapter.mirroring,
    vmq: adapter.vmqWeight > 0,
    weight: `${adapter.vmqWeight > 0 ? adapter.vmqWeight : usualWeight}`,
  };
}

function weightOf(draft: AdapterDraft): number | null {
  const plain = draft.weight.trim();
  const weight = /^\d{1,3}$/.test(plain) ? Number(plain) : 0;
  return weight >= 1 && weight <= 100 ? weight : null;
}

function nativeProblem(native: string): string | null {
  const plain = native.trim();
  if (plain === "" || plain === "0") return null;
  const vlan = checkVlan(plain);
  return vlan.kind === "wrong" ? `${vlan.reason} Leave it empty for frames without a tag.` : null;
}

/**
 * What is wrong, of what the dialog shows. Empty: nothing.
 *
 * @param holderOf  who else has an address on the chosen network; `null`: nobody
 */
export function adapterProblems(
  draft: AdapterDraft,
  holderOf: (mac: string) => string | null = () => null,
): ReadonlyMap<AdapterField, string> {
  const problems = new Map<AdapterField, string>();
  const tell = (field: AdapterField, check: { kind: string; reason?: string }): void => {
    if (check.kind === "wrong") problems.set(field, check.reason ?? "");
  };
  if (draft.staticMac) {
    const typed = checkMac(draft.mac);
    tell("mac", typed);
    const holder = typed.kind === "mac" ? holderOf(typed.mac) : null;
    if (holder !== null)
      problems.set("mac", `${holder} has this address on the same network. Give this adapter another one.`);
  }
  if (draft.mode === "access") tell("vlan", checkVlan(draft.vlan));
  if (draft.mode === "trunk") {
    tell("allowed", checkVlanList(draft.allowed));
    const native = nativeProblem(draft.native);
    if (native !== null) problems.set("native", native);
  }
  if (draft.vmq && weightOf(draft) === null)
    problems.set("weight", "A weight is a whole number from 1 to 100.");
  return problems;
}

function vlanOf(draft: AdapterDraft): AdapterVlan {
  switch (draft.mode) {
    case "untagged":
      return { kind: "untagged" };
    case "access": {
      const vlan = checkVlan(draft.vlan);
      return vlan.kind === "vlan" ? { kind: "access", id: vlan.vlan } : { kind: "untagged" };
    }
    case "trunk": {
      const allowed = checkVlanList(draft.allowed);
      const native = Number(draft.native.trim());
      return { kind: "trunk", native, allowed: allowed.kind === "list" ? allowed.list : [] };
    }
    default:
      return unreachable(draft.mode);
  }
}

/** What the draft makes of an adapter. Call it only when {@link adapterProblems} has found nothing. */
export function wantedAdapter(draft: AdapterDraft, adapter: AdapterConfiguration): AdapterConfiguration {
  const typed = checkMac(draft.mac);
  // An address that the host gave stays; one that a person chose goes with the choice.
  const kept = adapter.staticMac ? null : adapter.mac;
  return {
    ...adapter,
    network: draft.network,
    staticMac: draft.staticMac,
    mac: draft.staticMac && typed.kind === "mac" ? typed.mac : kept,
    vlan: vlanOf(draft),
    spoofing: draft.spoofing,
    mirroring: draft.mirroring,
    vmqWeight: draft.vmq ? (weightOf(draft) ?? adapter.vmqWeight) : 0,
  };
}

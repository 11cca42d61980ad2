import type { NetworkConfiguration, UplinkConfiguration } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";
import { sameName } from "./disk-words.ts";
import {
  freeAddress,
  networkOf,
  overlap,
  ownAddressProblem,
  parseAddress,
  prefixRange,
  suggestedRange,
} from "./net-address.ts";
import { serverProblem } from "./server-address.ts";
import { checkVlan } from "./vlan-text.ts";

/** A network as the visitor is filling it in. What is hidden keeps what was typed. */
export interface NetworkDraft {
  readonly name: string;
  readonly notes: string;
  readonly kind: NetworkConfiguration["kind"];
  readonly uplink: UplinkConfiguration["kind"];
  readonly segment: string;
  readonly relay: string;
  readonly wisp: string;
  /** External networks only; internal ones always have the management OS. */
  readonly shared: boolean;
  readonly address: string;
  readonly prefix: string;
  readonly tagged: boolean;
  readonly vlan: string;
  readonly dhcp: boolean;
  readonly from: string;
  readonly to: string;
  /** Minutes. */
  readonly lease: string;
  readonly domain: string;
  readonly http: boolean;
  readonly ntp: boolean;
}

/** A field of the draft that can be wrong. */
export type DraftField =
  | "name"
  | "notes"
  | "uplink"
  | "segment"
  | "relay"
  | "wisp"
  | "address"
  | "prefix"
  | "vlan"
  | "from"
  | "to"
  | "lease"
  | "domain";

/** What is wrong with a draft, field by field. Empty: nothing. */
export type DraftProblems = ReadonlyMap<DraftField, string>;

type Wanted = Omit<NetworkConfiguration, "id">;
type Known = Pick<NetworkConfiguration, "name" | "management" | "uplink">;

const longestName = 100;
const longestNotes = 4000;
const longestSegment = 64;
const usualLeaseSeconds = 86_400;
/** Shortest and longest lease, minutes: a minute to a year. */
const leaseRange = { least: 1, most: 525_600 } as const;
const poolLimit = 4096;

/** The draft a new network begins with: internal, at addresses that no other network has. */
export function newNetworkDraft(others: readonly Known[]): NetworkDraft {
  const taken = others.flatMap(({ management }) => (management === null ? [] : [management.address]));
  const { address, prefix } = freeAddress(taken);
  const range = suggestedRange(parseAddress(address) ?? 0, prefix);
  return {
    name: freeNetworkName(others.map(({ name }) => name)),
    notes: "",
    kind: "internal",
    uplink: "tabLan",
    segment: freeSegment(others),
    relay: "",
    wisp: "",
    shared: false,
    address,
    prefix: `${prefix}`,
    tagged: false,
    vlan: "",
    dhcp: true,
    from: range?.from ?? "",
    to: range?.to ?? "",
    lease: `${usualLeaseSeconds / 60}`,
    domain: "tabvisor",
    http: true,
    ntp: true,
  };
}

function freeSegment(others: readonly Known[]): string {
  for (let count = 1; ; count += 1) {
    const segment = `LAN ${count}`;
    if (takenProblem({ kind: "tabLan", segment }, others) === null) return segment;
  }
}

function freeNetworkName(taken: readonly string[]): string {
  const proposal = "New Virtual Network";
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? proposal : `${proposal} ${count}`;
    if (!taken.some((one) => sameName(one, name))) return name;
  }
}

/** The draft that says what a network is now. */
export function draftOf(network: NetworkConfiguration, others: readonly Known[]): NetworkDraft {
  const blank = newNetworkDraft(others);
  const { name, notes, kind, uplink, management } = network;
  const known = { ...blank, name, notes, kind, shared: management !== null };
  const linked = uplink === null ? known : { ...known, ...uplinkFields(uplink) };
  if (management === null) return linked;
  const { address, vlan, services } = management;
  const range = suggestedRange(parseAddress(address.address) ?? 0, address.prefix);
  return {
    ...linked,
    address: address.address,
    prefix: `${address.prefix}`,
    tagged: vlan !== 0,
    vlan: vlan === 0 ? "" : `${vlan}`,
    dhcp: services.dhcp !== null,
    from: services.dhcp?.from ?? range?.from ?? "",
    to: services.dhcp?.to ?? range?.to ?? "",
    lease: `${(services.dhcp?.leaseSeconds ?? usualLeaseSeconds) / 60}`,
    domain: services.domain,
    http: services.http,
    ntp: services.ntp,
  };
}

function uplinkFields(uplink: UplinkConfiguration): Partial<NetworkDraft> {
  switch (uplink.kind) {
    case "tabLan":
      return { uplink: "tabLan", segment: uplink.segment };
    case "relay":
      return { uplink: "relay", relay: uplink.address };
    case "wisp":
      return { uplink: "wisp", wisp: uplink.address };
    case "webGateway":
      return { uplink: "webGateway" };
    default:
      return unreachable(uplink);
  }
}

/** Whether the management OS has an adapter on it. */
export function hasManagement(draft: NetworkDraft): boolean {
  return draft.kind === "internal" || (draft.kind === "external" && draft.shared);
}

function prefixOf(draft: NetworkDraft): number | null {
  if (!/^\d{1,2}$/.test(draft.prefix.trim())) return null;
  const prefix = Number(draft.prefix);
  return prefix >= prefixRange.least && prefix <= prefixRange.most ? prefix : null;
}

function rangeOf(draft: NetworkDraft): { readonly from: string; readonly to: string } | null {
  const address = parseAddress(draft.address);
  const prefix = prefixOf(draft);
  return address === null || prefix === null ? null : suggestedRange(address, prefix);
}

/** Changes the address; a range that was proposed for the one before moves with it. */
export function withAddress(
  draft: NetworkDraft,
  change: Partial<Pick<NetworkDraft, "address" | "prefix">>,
): NetworkDraft {
  const next = { ...draft, ...change };
  const before = rangeOf(draft);
  const after = rangeOf(next);
  const untouched =
    before === null ? draft.from === "" : before.from === draft.from && before.to === draft.to;
  if (after === null || !untouched) {
    // Half-typed addresses propose nothing; the range waits until there is one again.
    return untouched && after === null ? { ...next, from: "", to: "" } : next;
  }
  return { ...next, ...after };
}

function nameProblem(draft: NetworkDraft, others: readonly Known[]): string | null {
  const name = draft.name.trim();
  if (name === "") return "Give it a name.";
  if (name.length > longestName)
    return `A name has at most ${longestName} characters; this has ${name.length}.`;
  if (/\p{Cc}/u.test(name)) return "A name has no control characters in it.";
  const other = others.find((one) => sameName(one.name, name));
  return other === undefined ? null : `${other.name} exists already. Choose another name.`;
}

function segmentProblem(segment: string): string | null {
  const plain = segment.trim();
  if (plain === "") return "Name the segment, such as LAN 1. Other tabs use the same name.";
  if (plain.length > longestSegment) return `A segment's name has at most ${longestSegment} characters.`;
  return null;
}

/** Where an uplink leads: one external network may lead there. */
function placeOf(uplink: UplinkConfiguration): string {
  switch (uplink.kind) {
    case "tabLan":
      return uplink.segment;
    case "relay":
    case "wisp":
      return uplink.address;
    case "webGateway":
      return "";
    default:
      return unreachable(uplink);
  }
}

function takenProblem(wanted: UplinkConfiguration, others: readonly Known[]): string | null {
  const same = others.find(
    ({ uplink }) => uplink?.kind === wanted.kind && placeOf(uplink) === placeOf(wanted),
  );
  return same === undefined
    ? null
    : `${same.name} leads there already. An uplink serves one external network.`;
}

function leaseSeconds(draft: NetworkDraft): number | null {
  const plain = draft.lease.trim().replace(",", ".");
  if (!/^\d+(\.\d+)?$/.test(plain)) return null;
  const minutes = Number(plain);
  return minutes >= leaseRange.least && minutes <= leaseRange.most ? Math.round(minutes * 60) : null;
}

function poolEndProblem(text: string, draft: NetworkDraft, subject: string): string | null {
  const address = parseAddress(draft.address);
  const prefix = prefixOf(draft);
  if (address === null || prefix === null) return null;
  const wrong = ownAddressProblem(text, prefix, subject);
  const end = parseAddress(text);
  if (wrong !== null || end === null) return wrong;
  const { first, last } = networkOf(address, prefix);
  if (end >= first && end <= last) return null;
  return `${text.trim()} is outside the network ${draft.address.trim()}/${prefix}.`;
}

function toProblem(draft: NetworkDraft): string | null {
  const wrong = poolEndProblem(draft.to, draft, "The last address");
  const from = parseAddress(draft.from);
  const to = parseAddress(draft.to);
  if (wrong !== null || from === null || to === null) return wrong;
  if (to < from) return `The range ends at ${draft.to.trim()}, before it begins.`;
  if (to - from >= poolLimit) return `The range has more than ${poolLimit} addresses: make it smaller.`;
  if (from === to && from === parseAddress(draft.address))
    return "The range holds only the management operating system's own address, which is never given away.";
  return null;
}

function domainProblem(domain: string): string | null {
  const plain = domain.trim();
  if (plain === "") return null;
  if (plain.length > 200) return "A domain has at most 200 characters.";
  const labels = plain.split(".");
  const right = labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
  return right
    ? null
    : "A domain has letters, digits and hyphens, with dots between its parts: tabvisor, lab.test.";
}

function vlanProblem(draft: NetworkDraft): string | null {
  const vlan = checkVlan(draft.vlan);
  return vlan.kind === "wrong" ? vlan.reason : null;
}

/** What is wrong, of what the dialog shows. @param others  the networks there are, without this one */
export function draftProblems(
  draft: NetworkDraft,
  others: readonly Known[],
  page: { readonly isSecure: boolean },
): DraftProblems {
  const problems = new Map<DraftField, string>();
  const tell = (field: DraftField, problem: string | null): void => {
    if (problem !== null) problems.set(field, problem);
  };
  tell("name", nameProblem(draft, others));
  if (draft.notes.length > longestNotes) tell("notes", `Notes have at most ${longestNotes} characters.`);
  if (draft.kind === "external") {
    tell("uplink", takenProblem(uplinkOf(draft), others));
    if (draft.uplink === "tabLan") tell("segment", segmentProblem(draft.segment));
    if (draft.uplink === "relay") tell("relay", serverProblem(draft.relay, "relay", page));
    if (draft.uplink === "wisp") tell("wisp", serverProblem(draft.wisp, "wisp", page));
  }
  if (!hasManagement(draft)) return problems;
  const prefix = prefixOf(draft);
  if (prefix === null) tell("prefix", `${prefixRange.least} to ${prefixRange.most}`);
  tell("address", ownAddressProblem(draft.address, prefix ?? 24, "The address"));
  if (draft.tagged) tell("vlan", vlanProblem(draft));
  tell("domain", domainProblem(draft.domain));
  if (!draft.dhcp) return problems;
  tell("from", poolEndProblem(draft.from, draft, "The first address"));
  tell("to", toProblem(draft));
  if (leaseSeconds(draft) === null)
    tell("lease", "A lease lasts 1 minute to 525600 minutes, which is a year.");
  return problems;
}

/** Another network with addresses of this one: allowed, but worth a word. */
export function overlapNote(draft: NetworkDraft, others: readonly Known[]): string | null {
  const prefix = prefixOf(draft);
  if (!hasManagement(draft) || prefix === null) return null;
  const mine = { address: draft.address, prefix };
  const other = others.find(({ management }) => management !== null && overlap(management.address, mine));
  return other === undefined
    ? null
    : `${other.name} has the same addresses. A guest on both networks cannot tell them apart.`;
}

function uplinkOf(draft: NetworkDraft): UplinkConfiguration {
  switch (draft.uplink) {
    case "tabLan":
      return { kind: "tabLan", segment: draft.segment.trim() };
    case "relay":
      return { kind: "relay", address: draft.relay.trim() };
    case "wisp":
      return { kind: "wisp", address: draft.wisp.trim() };
    case "webGateway":
      return { kind: "webGateway" };
    default:
      return unreachable(draft.uplink);
  }
}

/** What the draft asks for. Call it only when {@link draftProblems} has found nothing. */
export function wantedNetwork(draft: NetworkDraft): Wanted {
  const { kind } = draft;
  const vlan = checkVlan(draft.vlan);
  return {
    name: draft.name.trim(),
    notes: draft.notes.trim(),
    kind,
    uplink: kind === "external" ? uplinkOf(draft) : null,
    management: !hasManagement(draft)
      ? null
      : {
          address: { address: draft.address.trim(), prefix: prefixOf(draft) ?? 24 },
          vlan: draft.tagged && vlan.kind === "vlan" ? vlan.vlan : 0,
          services: {
            dhcp: !draft.dhcp
              ? null
              : {
                  from: draft.from.trim(),
                  to: draft.to.trim(),
                  leaseSeconds: leaseSeconds(draft) ?? usualLeaseSeconds,
                },
            domain: draft.domain.trim().toLowerCase(),
            http: draft.http,
            ntp: draft.ntp,
          },
        },
  };
}

import { netLimits, nvspVersion61, PacketFilter } from "../../hvdef/index.ts";
import { type MacAddress, parseMac } from "../../network/index.ts";

/** A buffer in guest memory, as it was agreed on. */
export interface ReceiveBuffer {
  readonly gpadl: number;
  /** The guest's name for it, 16 bits. */
  readonly id: number;
  readonly partBytes: number;
  readonly parts: number;
}

/** The same for what the guest sends. */
export interface SendBuffer {
  readonly gpadl: number;
  readonly id: number;
}

/** How far the guest's driver and we have agreed on NVSP. */
export type NetState =
  | { readonly kind: "closed" }
  | { readonly kind: "opened" }
  | {
      readonly kind: "agreed";
      /** major << 16 | minor. */
      readonly version: number;
      /** Longest frame the guest expects, without a VLAN tag. */
      readonly frameBytes: number;
      /** The guest can take large frames in fragments. */
      readonly coalesces: boolean;
      readonly receive: ReceiveBuffer | null;
      readonly send: SendBuffer | null;
    };

/** What the guest has set over RNDIS. */
export interface AdapterState {
  /** RNDIS is initialized, and not halted. */
  readonly running: boolean;
  /** PacketFilter bits. */
  readonly filter: number;
  /** The address the adapter listens to. */
  readonly mac: MacAddress;
  readonly multicast: readonly MacAddress[];
  /** It wants large frames whole, by the version of IP. */
  readonly wholeIpv4: boolean;
  readonly wholeIpv6: boolean;
}

/** What is saved of an adapter. Its port is not, nor are frames. */
export interface NetvspState {
  readonly format: 1;
  readonly negotiation: NetState;
  readonly adapter: AdapterState;
  /** Parts of the receive buffer that the guest had not given back. */
  readonly held: readonly number[];
  /** Which of them make one packet; those of none stay out of use until the guest opens the channel anew. */
  readonly packets: readonly (readonly number[])[];
  /** The guest was last told that it has a link. */
  readonly linkTold: boolean;
}

/** A saved state that can be gone on from, or why it cannot, for a person. */
export type CheckedNetState =
  | { readonly kind: "usable"; readonly state: NetvspState }
  | { readonly kind: "unusable"; readonly text: string };

/** Checks a saved state, which may be anything. */
export function checkNetvspState(value: unknown): CheckedNetState {
  const format = isRecord(value) ? value["format"] : undefined;
  if (!isRecord(value) || format === undefined) {
    return unusable("It is not the saved state of a network adapter.");
  }
  if (format !== 1) {
    const shown = typeof format === "number" ? ` ${format}` : "";
    return unusable(`Its format${shown} is not known here. Start the machine anew, or use a newer version.`);
  }
  const negotiation = checkNegotiation(value["negotiation"]);
  const adapter = checkAdapter(value["adapter"]);
  const parts = negotiation?.kind === "agreed" ? (negotiation.receive?.parts ?? 0) : 0;
  const held = listOf(value["held"], parts, (part) => (isWord(part, parts - 1) ? part : null));
  // States from before there were any have none of these.
  const packets = checkPackets(value["packets"] ?? [], held ?? []);
  const linkTold = value["linkTold"] ?? true;
  const whole = negotiation !== null && adapter !== null && held !== null && packets !== null;
  if (!whole || typeof linkTold !== "boolean") {
    return unusable("It is damaged: the guest's driver cannot have been in that state.");
  }
  return { kind: "usable", state: { format: 1, negotiation, adapter, held, packets, linkTold } };
}

/** Every part of a packet is held, and in no other packet: a chain has an end. */
function checkPackets(value: unknown, held: readonly number[]): readonly (readonly number[])[] | null {
  const left = new Set(held);
  const part = (one: unknown) => (typeof one === "number" && left.delete(one) ? one : null);
  return listOf(value, held.length, (packet) => {
    const parts = listOf(packet, held.length, part);
    return parts === null || parts.length === 0 ? null : parts;
  });
}

function checkNegotiation(value: unknown): NetState | null {
  if (!isRecord(value)) return null;
  const { kind, version, frameBytes, receive, send } = value;
  if (kind === "closed" || kind === "opened") return { kind };
  if (kind !== "agreed" || version !== nvspVersion61 || !isWord(frameBytes, 0xffff)) return null;
  const checkedReceive = receive === null ? null : checkReceive(receive);
  const checkedSend = send === null ? null : checkSend(send);
  if (checkedReceive === undefined || checkedSend === undefined) return null;
  const coalesces = checkChoice(value["coalesces"]);
  if (coalesces === null) return null;
  return { kind, version, frameBytes, coalesces, receive: checkedReceive, send: checkedSend };
}

/** `undefined`: damaged. */
function checkReceive(value: unknown): ReceiveBuffer | undefined {
  const named = checkSend(value);
  if (named === undefined || !isRecord(value)) return undefined;
  const { partBytes, parts } = value;
  const sound =
    isWord(partBytes, 0xffff) && partBytes >= netLimits.partBytes && isWord(parts, netLimits.parts);
  return sound && parts >= netLimits.fewestParts ? { ...named, partBytes, parts } : undefined;
}

/** `undefined`: damaged. */
function checkSend(value: unknown): SendBuffer | undefined {
  if (!isRecord(value)) return undefined;
  const { gpadl, id } = value;
  return isWord(gpadl, 0xffff_ffff) && isWord(id, 0xffff) ? { gpadl, id } : undefined;
}

function checkAdapter(value: unknown): AdapterState | null {
  if (!isRecord(value)) return null;
  const { running, filter, mac, multicast } = value;
  const address = checkMac(mac);
  const list = listOf(multicast, netLimits.multicastAddresses, checkMac);
  if (typeof running !== "boolean" || !isWord(filter, knownFilter) || address === null || list === null) {
    return null;
  }
  const wholeIpv4 = checkChoice(value["wholeIpv4"]);
  const wholeIpv6 = checkChoice(value["wholeIpv6"]);
  if (wholeIpv4 === null || wholeIpv6 === null) return null;
  return { running, filter, mac: address, multicast: list, wholeIpv4, wholeIpv6 };
}

/** Of a choice that the state says nothing of, from before there was one: not made. `null`: damaged. */
function checkChoice(value: unknown): boolean | null {
  return value === undefined ? false : typeof value === "boolean" ? value : null;
}

/** All bits a filter may have. */
export const knownFilter = Object.values(PacketFilter).reduce((all: number, bit) => all | bit, 0);

function checkMac(value: unknown): MacAddress | null {
  return typeof value === "string" ? parseMac(value) : null;
}

function listOf<T>(value: unknown, limit: number, check: (item: unknown) => T | null): T[] | null {
  if (!Array.isArray(value) || value.length > limit) return null;
  const out: T[] = [];
  for (const item of value) {
    const checked = check(item);
    if (checked === null) return null;
    out.push(checked);
  }
  return out;
}

function isWord(value: unknown, limit: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= limit;
}

function unusable(text: string): CheckedNetState {
  return { kind: "unusable", text: `The network adapter cannot go on from its saved state. ${text}` };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

import {
  ChecksumSupport,
  netLimits,
  OffloadCapabilities,
  OffloadParameters,
  OffloadSetting,
  Oid,
  RndisConfigParameter,
  RndisStatus,
} from "../../hvdef/index.ts";
import { bytesOfMac, isGroupAt, type MacAddress, macAt, macBytes, parseMac } from "../../network/index.ts";
import { type AdapterState, knownFilter } from "./state.ts";
import { readU32 } from "./words.ts";

/** What an adapter says of itself when it is asked. */
export interface AdapterFacts {
  /** The address it was made with. */
  readonly permanent: MacAddress;
  /** What a person calls it. */
  readonly name: string;
  /** Largest payload of a frame. */
  readonly mtu: number;
  /** The guest may give itself another address. */
  readonly mayChangeMac: boolean;
  /** Checksums and large sends are ours to do, and large frames may come whole. */
  readonly offloads: boolean;
}

/** Value of an object, or why there is none. */
export type ObjectValue =
  | { readonly kind: "value"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "none"; readonly status: RndisStatus };

/** 10 Gbit/s, in units of 100 bit/s. */
const linkSpeed = 100_000_000;

/** Longest name told, UTF-16 units: the guest's room is 512 bytes. */
const nameLimit = 255;

/** Answers a question for an object. */
export function queryObject(
  oid: number,
  facts: AdapterFacts,
  now: { readonly adapter: AdapterState; readonly isUp: boolean; readonly coalesces: boolean },
): ObjectValue {
  switch (oid) {
    case Oid.permanentAddress:
      return value(bytesOfMac(facts.permanent));
    case Oid.currentAddress:
      return value(bytesOfMac(now.adapter.mac));
    case Oid.maximumFrameSize:
      return word(facts.mtu);
    case Oid.maximumTotalSize:
      return word(facts.mtu + 14);
    case Oid.linkSpeed:
      return word(linkSpeed);
    case Oid.mediaConnectStatus:
      return word(now.isUp ? 0 : 1);
    case Oid.packetFilter:
      return word(now.adapter.filter);
    case Oid.maximumListSize:
      return word(netLimits.multicastAddresses);
    case Oid.friendlyName:
      return value(utf16(facts.name.slice(0, nameLimit)));
    case Oid.offloadCapabilities:
      return value(offloadCapabilities(facts.offloads, now.coalesces));
    case Oid.receiveScaleCapabilities:
      // One queue and one processor: the guest asks for no sub-channels.
      return { kind: "none", status: RndisStatus.notSupported };
    default:
      return { kind: "none", status: RndisStatus.invalidOid };
  }
}

/** The adapter after an order, and how it went. */
export interface SetOutcome {
  readonly adapter: AdapterState;
  readonly status: RndisStatus;
}

/** Carries out an order to set an object. `bytes`: its value, of any length and contents. */
export function setObject(
  oid: number,
  bytes: Uint8Array<ArrayBuffer>,
  { adapter, facts }: { readonly adapter: AdapterState; readonly facts: AdapterFacts },
): SetOutcome {
  switch (oid) {
    case Oid.packetFilter:
      if (bytes.length < 4) return { adapter, status: RndisStatus.invalidLength };
      return {
        adapter: { ...adapter, filter: readU32(bytes, 0) & knownFilter },
        status: RndisStatus.success,
      };
    case Oid.multicastList:
      return setMulticast(bytes, adapter);
    case Oid.configParameter:
      return setParameter(bytes, adapter, facts);
    case Oid.offloadParameters:
      return { adapter: setOffloads(bytes, adapter), status: RndisStatus.success };
    default:
      return { adapter, status: RndisStatus.invalidOid };
  }
}

/**
 * Of checksums and large sends: whatever a guest switches off it does not ask for, and what it never asked for it
 * need not be spared. Large frames come unasked, so only to a guest that has switched them on. An older, shorter
 * value says nothing of them.
 */
function setOffloads(bytes: Uint8Array<ArrayBuffer>, adapter: AdapterState): AdapterState {
  if (bytes.length < OffloadParameters.size) return adapter;
  const wanted = OffloadParameters.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  return {
    ...adapter,
    wholeIpv4: isOn(wanted.coalesceIpv4, adapter.wholeIpv4),
    wholeIpv6: isOn(wanted.coalesceIpv6, adapter.wholeIpv6),
  };
}

function isOn(setting: number, before: boolean): boolean {
  return setting === OffloadSetting.on || (before && setting !== OffloadSetting.off);
}

function setMulticast(bytes: Uint8Array<ArrayBuffer>, adapter: AdapterState): SetOutcome {
  const count = bytes.length / macBytes;
  if (!Number.isInteger(count) || count > netLimits.multicastAddresses) {
    return { adapter, status: RndisStatus.invalidLength };
  }
  const multicast = Array.from({ length: count }, (_, index) => macAt(bytes, index * macBytes));
  return { adapter: { ...adapter, multicast }, status: RndisStatus.success };
}

/** The only parameter that is ours: another address. */
const addressParameter = "NetworkAddress";
const textParameter = 2;

function setParameter(
  bytes: Uint8Array<ArrayBuffer>,
  adapter: AdapterState,
  facts: AdapterFacts,
): SetOutcome {
  const bad = { adapter, status: RndisStatus.invalidData };
  if (bytes.length < RndisConfigParameter.size) return { adapter, status: RndisStatus.invalidLength };
  const parameter = RndisConfigParameter.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  const name = textAt(bytes, parameter.nameOffset, parameter.nameLength);
  const text = textAt(bytes, parameter.valueOffset, parameter.valueLength);
  if (name === null || text === null) return bad;
  if (name !== addressParameter || parameter.valueType !== textParameter) {
    return { adapter, status: RndisStatus.notSupported };
  }
  const mac = parseMac(text);
  if (mac === null || isGroupAt(bytesOfMac(mac), 0)) return bad;
  if (!facts.mayChangeMac && mac !== facts.permanent) return { adapter, status: RndisStatus.failure };
  return { adapter: { ...adapter, mac }, status: RndisStatus.success };
}

/** Most bytes of a parameter's name or text. Reason: the longest we know has 28. */
const textLimit = 64;

/** UTF-16 text inside a value; `null`: it is not inside, or too long. */
function textAt(bytes: Uint8Array, at: number, length: number): string | null {
  if (length % 2 !== 0 || length > textLimit || at + length > bytes.length) return null;
  let text = "";
  for (let place = at; place < at + length; place += 2) {
    text += String.fromCharCode((bytes[place] ?? 0) | ((bytes[place + 1] ?? 0) << 8));
  }
  return text;
}

function utf16(text: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(text.length * 2);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    out[index * 2] = unit;
    out[index * 2 + 1] = unit >> 8;
  }
  return out;
}

const ethernet = 2;

function offloadCapabilities(on: boolean, coalesces: boolean): Uint8Array<ArrayBuffer> {
  const { ipOptions, tcpOptions, tcp, udp, ipHeader } = ChecksumSupport;
  const ipv6 = on ? ipOptions | tcpOptions | tcp | udp : 0;
  const ipv4 = on ? ipv6 | ipHeader : 0;
  const encapsulation = on ? ethernet : 0;
  return OffloadCapabilities.bytes({
    objectType: 0xa7,
    revision: 3,
    size: OffloadCapabilities.size,
    sendIpv4Encapsulation: encapsulation,
    sendIpv4: ipv4,
    receiveIpv4Encapsulation: encapsulation,
    receiveIpv4: ipv4,
    sendIpv6Encapsulation: encapsulation,
    sendIpv6: ipv6,
    receiveIpv6Encapsulation: encapsulation,
    receiveIpv6: ipv6,
    largeSend1AndIpsec1: new Uint8Array(44),
    largeSendIpv4Encapsulation: encapsulation,
    largeSendIpv4Bytes: on ? netLimits.largeSendBytes : 0,
    largeSendIpv4Segments: on ? 2 : 0,
    largeSendIpv6Encapsulation: encapsulation,
    largeSendIpv6Bytes: on ? netLimits.largeSendBytes : 0,
    largeSendIpv6Segments: on ? 2 : 0,
    largeSendIpv6Options: on ? ipOptions | tcpOptions : 0,
    flags: 0,
    ipsec2: new Uint8Array(32),
    coalesceIpv4: on && coalesces ? 1 : 0,
    coalesceIpv6: on && coalesces ? 1 : 0,
    reserved: 0,
    encapsulatedLargeSend: 0,
    encapsulatedParameters: 0,
  });
}

function value(bytes: Uint8Array<ArrayBuffer>): ObjectValue {
  return { kind: "value", bytes };
}

function word(number: number): ObjectValue {
  return value(Uint8Array.of(number, number >>> 8, number >>> 16, number >>> 24));
}

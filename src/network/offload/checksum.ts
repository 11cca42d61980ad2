import { putWire16 } from "../frame/index.ts";
import { type FrameHeaders, ipProtocol } from "./headers.ts";
import { fold, sumBytes } from "./sum.ts";

/** Bytes of the transport header up to the checksum's end, by protocol. */
const checksumAt = { tcp: 16, udp: 6 } as const;

/** Where the checksum field of a TCP or UDP header is; `null`: neither, or it is not there. */
export function checksumField(headers: FrameHeaders): number | null {
  const { protocol, transport, end } = headers;
  const offset =
    protocol === ipProtocol.tcp ? checksumAt.tcp : protocol === ipProtocol.udp ? checksumAt.udp : null;
  return offset === null || transport + offset + 2 > end ? null : transport + offset;
}

/** Sum of the addresses, the protocol and the length, which the transport's checksum covers as well. */
export function pseudoSum(bytes: Uint8Array, headers: FrameHeaders): number {
  const { ip, transport, end, protocol, version } = headers;
  const addresses = version === 4 ? { at: ip + 12, end: ip + 20 } : { at: ip + 8, end: ip + 40 };
  return sumBytes(bytes, addresses, protocol + end - transport);
}

/** Writes the checksum of an IPv4 header. */
export function fillIpChecksum(bytes: Uint8Array, headers: FrameHeaders): void {
  if (headers.version !== 4) return;
  const { ip, transport } = headers;
  putWire16(bytes, ip + 10, 0);
  putWire16(bytes, ip + 10, 0xffff - sumBytes(bytes, { at: ip, end: transport }, 0));
}

/**
 * Writes the checksum of a TCP or UDP packet, whatever its field held. Not for a fragment.
 *
 * @returns whether there was a field to write
 */
export function fillTransportChecksum(bytes: Uint8Array, headers: FrameHeaders): boolean {
  const field = checksumField(headers);
  if (field === null || headers.fragment) return false;
  putWire16(bytes, field, 0);
  const { transport: at, end } = headers;
  const sum = 0xffff - sumBytes(bytes, { at, end }, pseudoSum(bytes, headers));
  // UDP says with zero that there is none. @spec RFC 768
  putWire16(bytes, field, sum === 0 && headers.protocol === ipProtocol.udp ? 0xffff : sum);
  return true;
}

/** Whether the checksum of an IPv4 header is right. */
export function isIpChecksumGood(bytes: Uint8Array, headers: FrameHeaders): boolean {
  const { ip, transport, version } = headers;
  return version === 4 && sumBytes(bytes, { at: ip, end: transport }, 0) === 0xffff;
}

/** Whether a TCP or UDP packet is whole, has a checksum, and it is right. */
export function isTransportChecksumGood(bytes: Uint8Array, headers: FrameHeaders): boolean {
  const field = checksumField(headers);
  if (field === null || headers.fragment) return false;
  // UDP over IPv4 may have none: then nobody knows.
  const none = headers.protocol === ipProtocol.udp && bytes[field] === 0 && bytes[field + 1] === 0;
  const { transport: at, end } = headers;
  return !none && fold(sumBytes(bytes, { at, end }, pseudoSum(bytes, headers))) === 0xffff;
}

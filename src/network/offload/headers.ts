import { etherType, payloadOffset, wire16 } from "../frame/index.ts";

/** Where the headers of a frame are. One mutable object per reader: nothing is allocated per frame. */
export interface FrameHeaders {
  version: 4 | 6;
  /** Start of the IP header. */
  ip: number;
  /** Start of the transport header. */
  transport: number;
  /** What the transport is: `ipProtocol`. */
  protocol: number;
  /** Behind the IP packet; padding of the frame may follow. */
  end: number;
  /** A part of a packet only: its transport header is not here, or its data is not all. */
  fragment: boolean;
}

/** Transport protocols with a checksum that is ours to know. */
export const ipProtocol = { tcp: 6, udp: 17 } as const;

/** Headers for a reader to fill, again and again. */
export function blankHeaders(): FrameHeaders {
  return { version: 4, ip: 0, transport: 0, protocol: 0, end: 0, fragment: false };
}

/** Bytes of the shortest IPv4 header, and of the fixed part of an IPv6 header. */
const shortest4 = 20;
const fixed6 = 40;

/** IPv6 extension headers we step over: hop-by-hop, routing, destination options. @spec RFC 8200 4 */
const extensions: readonly number[] = [0, 43, 60];
/** The extension header of a fragment, always eight bytes. */
const fragment6 = 44;
/** Extension headers looked at. Reason: no sound packet has more, and a frame is not to cost us its length. */
const extensionLimit = 8;

/**
 * Finds the headers of the frame in bytes `at` to `at + length`, whatever they are.
 *
 * @param whole  the frame is a large send, whose IP lengths are zero: the packet ends with the frame
 * @returns whether it is an IP packet whose headers are all there
 */
export function readHeaders(
  bytes: Uint8Array,
  frame: { readonly at: number; readonly length: number; readonly whole?: boolean },
  out: FrameHeaders,
): boolean {
  const { at, length, whole = false } = frame;
  const end = at + length;
  const payload = at + payloadOffset(bytes, at);
  if (payload > end) return false;
  const type = wire16(bytes, payload - 2);
  out.ip = payload;
  out.fragment = false;
  if (type === etherType.ipv4) return read4(bytes, { end, whole }, out);
  return type === etherType.ipv6 && read6(bytes, { end, whole }, out);
}

function read4(
  bytes: Uint8Array,
  frame: { readonly end: number; readonly whole: boolean },
  out: FrameHeaders,
): boolean {
  const { ip } = out;
  const first = bytes[ip] ?? 0;
  const headerLength = (first & 15) * 4;
  if (ip + shortest4 > frame.end || first >> 4 !== 4 || headerLength < shortest4) return false;
  out.version = 4;
  out.transport = ip + headerLength;
  out.protocol = bytes[ip + 9] ?? 0;
  out.end = frame.whole ? frame.end : ip + wire16(bytes, ip + 2);
  // More fragments, or not the first.
  out.fragment = (wire16(bytes, ip + 6) & 0x3fff) !== 0;
  return out.transport <= out.end && out.end <= frame.end;
}

function read6(
  bytes: Uint8Array,
  frame: { readonly end: number; readonly whole: boolean },
  out: FrameHeaders,
): boolean {
  const { ip } = out;
  if (ip + fixed6 > frame.end || (bytes[ip] ?? 0) >> 4 !== 6) return false;
  out.version = 6;
  out.end = frame.whole ? frame.end : ip + fixed6 + wire16(bytes, ip + 4);
  if (out.end > frame.end) return false;
  let next = bytes[ip + 6] ?? 0;
  let at = ip + fixed6;
  for (let seen = 0; seen < extensionLimit && at + 8 <= out.end; seen++) {
    if (next === fragment6) out.fragment = true;
    else if (!extensions.includes(next)) break;
    const length = next === fragment6 ? 8 : ((bytes[at + 1] ?? 0) + 1) * 8;
    next = bytes[at] ?? 0;
    at += length;
  }
  out.transport = at;
  out.protocol = next;
  return at <= out.end;
}

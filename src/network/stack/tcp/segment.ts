import { addWords, finishSum, pseudoHeaderSum } from "../checksum.ts";
import { IpProtocol } from "../ip.ts";

/** Control bits of a segment. URG is not among them: urgent data is data like any other here. @rfc 6093 6 */
export const Flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

/** Bytes of a header without options. */
export const headerBytes = 20;
/** Bytes of the options we send with a SYN: segment size, window scale, one byte of padding. */
export const synOptionBytes = 8;
/** The segment size of who does not say. @rfc 9293 3.7.1 */
const defaultMss = 536;
/** Larger shifts are taken as this one. @rfc 7323 2.3 */
const mostShift = 14;

/** A segment as it came. One record is used again and again: nothing is allocated per segment. */
export interface Segment {
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgement: number;
  flags: number;
  /** As written, not yet shifted. */
  window: number;
  /** Segment size that the other side takes; the default when it did not say. */
  mss: number;
  /** Window shift, or -1 when the option is absent. */
  shift: number;
  /** Where the payload lies in the bytes the segment was read from. */
  payloadAt: number;
  payloadLength: number;
}

/** A segment record to read into. */
export function emptySegment(): Segment {
  return {
    sourcePort: 0,
    destinationPort: 0,
    sequence: 0,
    acknowledgement: 0,
    flags: 0,
    window: 0,
    mss: defaultMss,
    shift: -1,
    payloadAt: 0,
    payloadLength: 0,
  };
}

/** Why a segment is none. */
export type SegmentFault = "short" | "badOffset" | "badChecksum";

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x10000 + u16(bytes, at + 2);
}

/** Where a segment lies, and between which addresses it travels. */
export interface SegmentPlace {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly at: number;
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Reads a header whose checksum over pseudo header, header and payload is right. Every bit pattern is allowed; options
 * that make no sense are passed over.
 *
 * @rfc 9293 3.1
 */
export function readSegment(
  into: Segment,
  { bytes, at, length, from, to }: SegmentPlace,
): SegmentFault | "ok" {
  if (length < headerBytes) return "short";
  const offset = ((bytes[at + 12] ?? 0) >>> 4) * 4;
  if (offset < headerBytes || offset > length) return "badOffset";
  const sum = addWords(pseudoHeaderSum(from, to, IpProtocol.tcp, length), bytes, at, length);
  if (finishSum(sum) !== 0) return "badChecksum";
  into.sourcePort = u16(bytes, at);
  into.destinationPort = u16(bytes, at + 2);
  into.sequence = u32(bytes, at + 4);
  into.acknowledgement = u32(bytes, at + 8);
  into.flags = (bytes[at + 13] ?? 0) & 0x1f;
  into.window = u16(bytes, at + 14);
  into.payloadAt = at + offset;
  into.payloadLength = length - offset;
  into.mss = defaultMss;
  into.shift = -1;
  if ((into.flags & Flag.syn) !== 0) readOptions(into, bytes, at + headerBytes, at + offset);
  return "ok";
}

/** Options matter in a SYN only; timestamps are passed over, so nobody may use them afterwards. @rfc 7323 3.2 */
function readOptions(into: Segment, bytes: Uint8Array, at: number, end: number): void {
  while (at < end) {
    const kind = bytes[at] ?? 0;
    if (kind === 0) return;
    if (kind === 1) {
      at++;
      continue;
    }
    const size = at + 1 < end ? (bytes[at + 1] ?? 0) : 0;
    if (size < 2 || at + size > end) return;
    if (kind === 2 && size === 4) into.mss = u16(bytes, at + 2);
    if (kind === 3 && size === 3) into.shift = Math.min(mostShift, bytes[at + 2] ?? 0);
    at += size;
  }
}

/** What a header of ours says. One record is used again and again. Options go with a SYN only. */
export interface SegmentHead {
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgement: number;
  flags: number;
  /** As it goes on the wire, already shifted. */
  window: number;
  /** Segment size that we take; 0 leaves all options out. */
  mss: number;
  /** Window shift that we use; -1 leaves it out. */
  shift: number;
}

/** A header record to fill in. */
export function emptyHead(): SegmentHead {
  return {
    sourcePort: 0,
    destinationPort: 0,
    sequence: 0,
    acknowledgement: 0,
    flags: 0,
    window: 0,
    mss: 0,
    shift: -1,
  };
}

/** Writes a header at the beginning of a buffer, its checksum 0; answers its length. @rfc 9293 3.1 */
export function writeHead(view: DataView<ArrayBuffer>, head: SegmentHead): number {
  const length = head.mss === 0 ? headerBytes : headerBytes + synOptionBytes;
  view.setUint16(0, head.sourcePort);
  view.setUint16(2, head.destinationPort);
  view.setUint32(4, head.sequence);
  view.setUint32(8, head.acknowledgement);
  view.setUint16(12, ((length / 4) << 12) | head.flags);
  view.setUint16(14, head.window);
  view.setUint32(16, 0);
  if (length > headerBytes) {
    view.setUint32(20, 0x0204_0000 | head.mss);
    // An absent scale is four bytes of padding, so that the length does not depend on it.
    view.setUint32(24, head.shift < 0 ? 0x0101_0101 : 0x0103_0300 | head.shift);
  }
  return length;
}

/** Fills in the checksum of a segment that begins with `bytes`; the field was 0. */
export function sealSegment(bytes: Uint8Array<ArrayBuffer>, length: number, from: number, to: number): void {
  const sum = finishSum(addWords(pseudoHeaderSum(from, to, IpProtocol.tcp, length), bytes, 0, length));
  bytes[16] = sum >>> 8;
  bytes[17] = sum & 0xff;
}

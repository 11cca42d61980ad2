import { copyBytes } from "../../support/index.ts";
import { putWire16, putWire32, wire16, wire32 } from "../frame/index.ts";
import type { FrameSource, LargeFrame } from "../port.ts";
import { fillIpChecksum, fillTransportChecksum } from "./checksum.ts";
import { blankHeaders, type FrameHeaders, ipProtocol, readHeaders } from "./headers.ts";

/** TCP header: offsets from its start, and flags. @spec RFC 9293 3.1 */
const tcp = { sequence: 4, dataOffset: 12, flags: 13, shortest: 20 } as const;
const tcpFlag = { fin: 0x01, push: 0x08, congestionWindowReduced: 0x80 } as const;

/** Least data of a segment. Reason: no TCP goes below 48, and a large send is not to become 60 thousand frames. */
const shortestSegment = 32;

/** Most bytes of headers: Ethernet with its tag, IP with everything, TCP with its options. */
const headerLimit = 512;

/** A large send: where it is, and how much data a frame made of it may have. */
export interface LargeSend {
  readonly at: number;
  readonly length: number;
  readonly segmentBytes: number;
}

/** A large frame for a segmenter to describe, again and again. */
export function blankLarge(): LargeFrame {
  return { version: 4, headerBytes: 0, dataBytes: 0, segmentBytes: 0, frames: 0 };
}

/** Makes large sends whole packets, or cuts them into frames. Has room for one header; may serve any number of senders in turn. */
export interface Segmenter {
  /**
   * Writes the IP lengths and the IP checksum that the sender left out, so that the packet is whole but for its TCP
   * checksum, and says what it stands for. It may still be cut. One beyond `longestLarge` does not become whole.
   *
   * @returns `false`: as when `cut` answers 0
   */
  prepare(bytes: Uint8Array<ArrayBuffer>, send: LargeSend, out: LargeFrame): boolean;
  /**
   * Cuts a TCP packet of bytes `at` to `at + length` into frames with at most `segmentBytes` of data each, writes
   * lengths, numbers and checksums, and sends them in order. Its IP lengths and its checksums may hold anything.
   *
   * The caller's bytes are used up: each frame is made where its data lies, over the end of the one before.
   *
   * @returns how many were sent; 0: it is no TCP packet, its headers are not all there, or the segments are too short
   */
  cut(bytes: Uint8Array<ArrayBuffer>, send: LargeSend, to: FrameSource): number;
}

/** Opens a segmenter. */
export function openSegmenter(): Segmenter {
  const headers = blankHeaders();
  const template = new Uint8Array(headerLimit);
  return {
    prepare(bytes, large, out) {
      const headerLength = readLarge(bytes, large, headers);
      if (headerLength === 0) return false;
      const { ip, version } = headers;
      writeLengths(bytes, headers, wire16(bytes, ip + 4));
      out.version = version;
      out.headerBytes = headerLength;
      out.dataBytes = large.length - headerLength;
      out.segmentBytes = large.segmentBytes;
      out.frames = Math.max(1, Math.ceil(out.dataBytes / large.segmentBytes));
      return true;
    },
    cut(bytes, large, to) {
      const headerLength = readLarge(bytes, large, headers);
      if (headerLength === 0) return 0;
      const { at, segmentBytes } = large;
      copyBytes(template, 0, bytes, at, headerLength);
      return send(bytes, { at, end: headers.end, headerLength, segmentBytes, headers, template }, to);
    },
  };
}

/** Finds the headers of a large send. @returns their bytes; 0: it is none */
function readLarge(bytes: Uint8Array, large: LargeSend, headers: FrameHeaders): number {
  const { at, length, segmentBytes } = large;
  if (segmentBytes < shortestSegment || !readHeaders(bytes, { at, length, whole: true }, headers)) return 0;
  if (headers.protocol !== ipProtocol.tcp || headers.fragment) return 0;
  const { transport, end } = headers;
  const tcpLength = ((bytes[transport + tcp.dataOffset] ?? 0) >> 4) * 4;
  const data = transport + tcpLength;
  if (transport + tcp.shortest > end || tcpLength < tcp.shortest || data > end) return 0;
  return data - at > headerLimit ? 0 : data - at;
}

interface Cutting {
  readonly at: number;
  readonly end: number;
  /** Bytes of all headers. */
  readonly headerLength: number;
  readonly segmentBytes: number;
  readonly headers: FrameHeaders;
  readonly template: Uint8Array<ArrayBuffer>;
}

function send(bytes: Uint8Array<ArrayBuffer>, cutting: Cutting, to: FrameSource): number {
  const { end, headerLength, segmentBytes, headers, template } = cutting;
  const ipOffset = headers.ip - cutting.at;
  const tcpOffset = headers.transport - cutting.at;
  const start = cutting.at + headerLength;
  const sequence = wire32(template, tcpOffset + tcp.sequence);
  const identification = wire16(template, ipOffset + 4);
  const flags = template[tcpOffset + tcp.flags] ?? 0;
  let sent = 0;
  let data = start;
  do {
    const length = Math.min(segmentBytes, end - data);
    const last = data + length === end;
    const at = data - headerLength;
    copyBytes(bytes, at, template, 0, headerLength);
    headers.ip = at + ipOffset;
    headers.transport = at + tcpOffset;
    headers.end = data + length;
    writeLengths(bytes, headers, (identification + sent) & 0xffff);
    putWire32(bytes, headers.transport + tcp.sequence, (sequence + data - start) >>> 0);
    const dropped =
      (last ? 0 : tcpFlag.fin | tcpFlag.push) | (sent === 0 ? 0 : tcpFlag.congestionWindowReduced);
    bytes[headers.transport + tcp.flags] = flags & ~dropped;
    fillTransportChecksum(bytes, headers);
    to.send(bytes, at, headerLength + length);
    sent++;
    data += length;
  } while (data < end);
  return sent;
}

function writeLengths(bytes: Uint8Array, headers: FrameHeaders, identification: number): void {
  const { ip, end } = headers;
  if (headers.version === 6) {
    putWire16(bytes, ip + 4, end - ip - 40);
    return;
  }
  putWire16(bytes, ip + 2, end - ip);
  putWire16(bytes, ip + 4, identification);
  fillIpChecksum(bytes, headers);
}

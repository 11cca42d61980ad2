import { putWire16, putWire32, wire16, wire32 } from "../frame/index.ts";
import type { FrameSource } from "../port.ts";
import { fillIpChecksum, fillTransportChecksum } from "./checksum.ts";
import { blankHeaders, type FrameHeaders, ipProtocol, readHeaders } from "./headers.ts";

/** TCP header: offsets from its start, and flags. @spec RFC 9293 3.1 */
const tcp = { sequence: 4, dataOffset: 12, flags: 13, shortest: 20 } as const;
const tcpFlag = { fin: 0x01, push: 0x08, congestionWindowReduced: 0x80 } as const;

/** Least data of a segment. Reason: no TCP goes below 48, and a large send is not to become 60 thousand frames. */
const shortestSegment = 32;

/** Most bytes of headers: Ethernet with its tag, IP with everything, TCP with its options. */
const headerLimit = 512;

/** Cuts large sends into frames. Has room for one header; may serve any number of senders in turn. */
export interface Segmenter {
  /**
   * Cuts a TCP packet of bytes `at` to `at + length` into frames with at most `segmentBytes` of data each, writes
   * lengths, numbers and checksums, and sends them in order. Its IP lengths and its checksums may hold anything.
   *
   * The caller's bytes are used up: each frame is made where its data lies, over the end of the one before.
   *
   * @returns how many were sent; 0: it is no TCP packet, its headers are not all there, or the segments are too short
   */
  cut(
    bytes: Uint8Array<ArrayBuffer>,
    large: { readonly at: number; readonly length: number; readonly segmentBytes: number },
    to: FrameSource,
  ): number;
}

/** Opens a segmenter. */
export function openSegmenter(): Segmenter {
  const headers = blankHeaders();
  const template = new Uint8Array(headerLimit);
  return {
    cut(bytes, large, to) {
      const { at, length, segmentBytes } = large;
      if (segmentBytes < shortestSegment || !readHeaders(bytes, { at, length, whole: true }, headers))
        return 0;
      if (headers.protocol !== ipProtocol.tcp || headers.fragment) return 0;
      const { transport, end } = headers;
      const tcpLength = ((bytes[transport + tcp.dataOffset] ?? 0) >> 4) * 4;
      const data = transport + tcpLength;
      if (transport + tcp.shortest > end || tcpLength < tcp.shortest || data > end) return 0;
      const headerLength = data - at;
      if (headerLength > headerLimit) return 0;
      template.set(bytes.subarray(at, data));
      return send(bytes, { at, end, headerLength, segmentBytes, headers, template }, to);
    },
  };
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
    bytes.set(template.subarray(0, headerLength), at);
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

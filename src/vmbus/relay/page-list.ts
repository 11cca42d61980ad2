import {
  GpaDirect,
  GpaRange,
  type GuestMemory,
  maxTransfer,
  PacketDescriptor,
  pageSize,
} from "../../hvdef/index.ts";
import type { RingPacket } from "../ring/reader.ts";

/**
 * Guest bytes a packet describes: pairs of address and length, neighbours joined. Every byte lies inside
 * RAM. @vmbus 7.2 packet type 9
 */
export interface PageList {
  readonly runs: Uint32Array<ArrayBuffer>;
  /** Bytes of all runs, 1 to `maxTransfer`. */
  readonly total: number;
}

/** Most ranges of one packet. Reason: no driver uses more than a few dozen; each costs us two numbers. */
const rangeLimit = 512;

/** Most pages of one packet: the largest transfer in pages, and two partly used ones for each range. */
const pageLimit = maxTransfer / pageSize + 2 * rangeLimit;

/**
 * Reads the page list of a GPA direct packet from the reader's copy.
 *
 * @returns `null` when a length lies, a page is beyond RAM, or it is more than a device may move at once:
 *          the guest is at fault
 */
export function readPageList(packet: RingPacket, memory: GuestMemory): PageList | null {
  const { view, headerLength } = packet;
  let at = PacketDescriptor.size + GpaDirect.size;
  if (headerLength < at) return null;
  const rangeCount = view.getUint32(PacketDescriptor.size + GpaDirect.at.rangeCount, true);
  if (rangeCount === 0 || rangeCount > rangeLimit) return null;
  const builder: RunBuilder = { runs: [], end: -1, memory };
  let total = 0;
  let pages = 0;
  for (let range = 0; range < rangeCount; range++) {
    if (at + GpaRange.size > headerLength) return null;
    const bytes = view.getUint32(at + GpaRange.at.byteCount, true);
    const offset = view.getUint32(at + GpaRange.at.byteOffset, true);
    const count = Math.ceil((offset + bytes) / pageSize);
    at += GpaRange.size;
    total += bytes;
    pages += count;
    if (total > maxTransfer || pages > pageLimit || at + count * 8 > headerLength) return null;
    if (!addRange(builder, packet, { at, bytes, offset })) return null;
    at += count * 8;
  }
  return total === 0 ? null : { runs: new Uint32Array(builder.runs), total };
}

interface RunBuilder {
  readonly runs: number[];
  /** Address behind the last run. */
  end: number;
  readonly memory: GuestMemory;
}

function addRange(
  builder: RunBuilder,
  packet: RingPacket,
  range: { readonly at: number; readonly bytes: number; readonly offset: number },
): boolean {
  let left = range.bytes;
  let inPage = range.offset % pageSize;
  for (let page = Math.floor(range.offset / pageSize); left > 0; page++) {
    const low = packet.view.getUint32(range.at + page * 8, true);
    const high = packet.view.getUint32(range.at + page * 8 + 4, true);
    const address = low * pageSize + inPage;
    const part = Math.min(left, pageSize - inPage);
    if (high !== 0 || address + part > builder.memory.size) return false;
    if (address === builder.end) {
      const last = builder.runs.length - 1;
      builder.runs[last] = (builder.runs[last] ?? 0) + part;
    } else {
      builder.runs.push(address, part);
    }
    builder.end = address + part;
    left -= part;
    inPage = 0;
  }
  return true;
}

/** Copies the described guest bytes to `target` at `at`; there must be room for all of them. */
export function gather(list: PageList, memory: GuestMemory, target: Uint8Array, at: number): void {
  const ram = memory.bytes();
  const { runs } = list;
  for (let index = 0; index < runs.length; index += 2) {
    const from = runs[index] ?? 0;
    const length = runs[index + 1] ?? 0;
    target.set(ram.subarray(from, from + length), at);
    at += length;
  }
}

/**
 * Copies `source` into the described guest bytes, first to last, and tells the engine. Bytes beyond the
 * list are left out. @returns how many were written
 */
export function scatter(list: PageList, memory: GuestMemory, source: Uint8Array): number {
  const ram = memory.bytes();
  const { runs } = list;
  let done = 0;
  for (let index = 0; index < runs.length && done < source.length; index += 2) {
    const to = runs[index] ?? 0;
    const part = Math.min(runs[index + 1] ?? 0, source.length - done);
    ram.set(source.subarray(done, done + part), to);
    memory.wrote(to, part);
    done += part;
  }
  return done;
}

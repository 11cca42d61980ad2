import { type GpadlId, maxTransfer, PacketType } from "../../hvdef/index.ts";
import type { RecordPlace } from "../link.ts";
import { bufferOf, copyOut, isInside } from "./buffer.ts";
import type { GuestBuffer } from "./guest-buffer.ts";
import type { Lane, RelayState } from "./lane.ts";
import { gather, type PageList, readPageList } from "./page-list.ts";

/** Guest bytes of one packet. */
export interface Source {
  readonly direction: "toHost" | "toGuest" | "none";
  /** The buffer whose bytes come first, at `at` for `length`; `null`: none. */
  readonly buffer: GuestBuffer | null;
  readonly at: number;
  readonly length: number;
  /** Pages of the packet itself. */
  readonly list: PageList | null;
  /** What the parent is told of the size. */
  readonly room: number;
}

/** No bytes at all. */
export const noSource: Source = { direction: "none", buffer: null, at: 0, length: 0, list: null, room: 0 };

/** Finds the guest bytes of the lane's current packet. @returns `null` when it lies about them */
export function sourceOf(relay: RelayState, lane: Lane): Source | null {
  const { packet } = lane.reader;
  const list = packet.type === PacketType.gpaDirect ? readPageList(packet, relay.memory) : null;
  if (packet.type === PacketType.gpaDirect && list === null) return null;
  const { plan } = relay;
  plan.buffer = -1;
  plan.list = -1;
  const direction = lane.gather(packet.bytes.subarray(packet.headerLength, packet.length), plan);
  if (direction === "none") {
    const room = plan.list < 0 ? 0 : listBytes(relay, lane, plan.list);
    return room === 0 ? noSource : { ...noSource, room };
  }
  const own = list?.total ?? 0;
  if (direction === "toGuest" || plan.buffer < 0) return { ...noSource, direction, list, room: own };
  const buffer = bufferOf(relay, lane, plan.buffer);
  const { length } = plan;
  if (buffer === null || length > buffer.sectionBytes || length + own > maxTransfer) return null;
  const at = plan.section * buffer.sectionBytes;
  if (!isInside(buffer, at, length)) return null;
  return { direction, buffer, at, length, list, room: length + own };
}

/** Bytes of a page list the guest has described; 0 when there is none. */
function listBytes(relay: RelayState, lane: Lane, handle: number): number {
  const list = relay.pageList(lane.channel, handle as GpadlId);
  return list?.ranges.length === 1 ? (list.ranges[0]?.byteCount ?? 0) : 0;
}

/** Copies the bytes to where a record has its data; there must be room. */
export function gatherSource(relay: RelayState, source: Source, place: RecordPlace): void {
  const { buffer, at, length, list } = source;
  if (buffer !== null) copyOut(relay.memory, buffer, { at, length, target: place.bytes, to: place.dataAt });
  if (list !== null) gather(list, relay.memory, place.bytes, place.dataAt + length);
}

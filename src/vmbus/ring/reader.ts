import { PacketDescriptor, PacketTrailer, RingControl } from "../../hvdef/index.ts";
import { addressAt, copyFromRing, type RingPages } from "./pages.ts";

/** Largest packet a reader takes, bytes. Reason: largest payload and a page list of the largest transfer fit twice. */
export const packetLimit = 64 * 1024;

/** The packet a reader holds. One object for all packets; valid until the next call of `next`. */
export interface RingPacket {
  /** PacketType, or anything else the guest wrote. */
  type: number;
  /** PacketFlag bits. */
  flags: number;
  /** Unsigned halves of the transaction id. */
  transactionLow: number;
  transactionHigh: number;
  /** Bytes before the payload: descriptor and extended header. 16 to `length`. */
  headerLength: number;
  /** Bytes of the packet without its trailer, a multiple of 8. */
  length: number;
  /** Starts with the packet: a private copy, made once. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
}

/** Takes the guest's packets out of the guest-to-host ring. @vmbus 7 */
export interface RingReader {
  readonly packet: RingPacket;
  /** Asks the guest not to ring the doorbell while we look by ourselves. */
  mask(): void;
  /**
   * Allows doorbells again and looks once more.
   * @returns whether packets wait, for which no doorbell will come
   */
  unmask(): boolean;
  /** Copies the next packet out. `corrupt`: the ring makes no sense and will never again; stop reading it. */
  next(): "packet" | "empty" | "corrupt";
  /**
   * Gives the space of all packets taken so far back to the guest.
   * @returns whether the guest asked to be told about it
   */
  publish(): boolean;
  /** Bytes the guest has written and we have not taken; 0 when its index makes no sense. */
  waiting(): number;
}

interface ReaderState {
  readonly ring: RingPages;
  /** Ours alone: what the guest makes of the published copy does not matter. */
  readAt: number;
  published: number;
}

/**
 * Opens a reader at the guest's read index.
 *
 * @param scratch  receives each packet; may serve many readers, since a packet lives until the next one
 * @returns `null` when the indices make no sense
 */
export function openRingReader(ring: RingPages, scratch: ArrayBuffer): RingReader | null {
  const readAt = ring.memory.view().getUint32(ring.control + RingControl.at.readIndex, true);
  const state: ReaderState = { ring, readAt, published: readAt };
  if (!isIndex(ring, readAt) || available(state) < 0) return null;
  const packet: RingPacket = {
    type: 0,
    flags: 0,
    transactionLow: 0,
    transactionHigh: 0,
    headerLength: 0,
    length: 0,
    bytes: new Uint8Array(scratch),
    view: new DataView(scratch),
  };
  return {
    packet,
    mask: () => setMask(ring, 1),
    unmask() {
      setMask(ring, 0);
      return available(state) > 0;
    },
    next: () => next(state, packet),
    publish: () => publish(state),
    waiting: () => Math.max(0, available(state)),
  };
}

function setMask(ring: RingPages, value: number): void {
  ring.memory.view().setUint32(ring.control + RingControl.at.interruptMask, value, true);
}

/** Whether a number is a position of this ring. */
export function isIndex(ring: RingPages, index: number): boolean {
  return index % 8 === 0 && index < ring.size;
}

/** Bytes between our position and the guest's write index, or -1 when that is no position. */
function available(state: ReaderState): number {
  const { ring, readAt } = state;
  const writeAt = ring.memory.view().getUint32(ring.control + RingControl.at.writeIndex, true);
  if (!isIndex(ring, writeAt)) return -1;
  return writeAt >= readAt ? writeAt - readAt : ring.size - readAt + writeAt;
}

function next(state: ReaderState, packet: RingPacket): "packet" | "empty" | "corrupt" {
  const { ring, readAt } = state;
  const bytes = available(state);
  if (bytes === 0) return "empty";
  if (bytes < PacketDescriptor.size + PacketTrailer.size) return "corrupt";
  const view = ring.memory.view();
  // Positions are multiples of 8, so a half of the descriptor never spans two pages.
  const first = addressAt(ring, readAt);
  const length = view.getUint16(first + PacketDescriptor.at.length8, true) * 8;
  const headerLength = view.getUint16(first + PacketDescriptor.at.offset8, true) * 8;
  if (length > packetLimit || length + PacketTrailer.size > bytes) return "corrupt";
  if (headerLength < PacketDescriptor.size || headerLength > length) return "corrupt";
  copyFromRing(ring, readAt, packet.bytes, length);
  packet.type = packet.view.getUint16(PacketDescriptor.at.type, true);
  packet.flags = packet.view.getUint16(PacketDescriptor.at.flags, true);
  packet.transactionLow = packet.view.getUint32(PacketDescriptor.at.transactionId, true);
  packet.transactionHigh = packet.view.getUint32(PacketDescriptor.at.transactionId + 4, true);
  packet.headerLength = headerLength;
  packet.length = length;
  const behind = readAt + length + PacketTrailer.size;
  state.readAt = behind >= ring.size ? behind - ring.size : behind;
  return "packet";
}

function publish(state: ReaderState): boolean {
  const { ring, readAt, published } = state;
  if (readAt === published) return false;
  const view = ring.memory.view();
  const taken = readAt >= published ? readAt - published : ring.size - published + readAt;
  view.setUint32(ring.control + RingControl.at.readIndex, readAt, true);
  state.published = readAt;
  const pending = view.getUint32(ring.control + RingControl.at.pendingSendSize, true);
  if (pending === 0) return false;
  const free = ring.size - Math.max(0, available(state));
  return free > pending && free - taken <= pending;
}

import { PacketDescriptor, packetOverhead, RingControl, roundUp8 } from "../../hvdef/index.ts";
import { addressAt, copyToRing, type RingPages } from "./pages.ts";
import { isIndex } from "./reader.ts";

/** A packet of the host. One mutable object per writer's user: nothing is allocated per packet. */
export interface OutgoingPacket {
  /** PacketType. */
  type: number;
  transactionLow: number;
  transactionHigh: number;
  payload: Uint8Array;
  /** PacketFlag bits; none when absent. */
  flags?: number;
  /** Extended header between descriptor and payload, a multiple of 8 bytes; none when absent. */
  header?: Uint8Array;
}

/**
 * What became of a packet. `full`: later; the guest was asked to tell when there is room. `tooLarge`: never.
 * `corrupt`: the guest's index makes no sense, stop using the ring.
 */
export type WriteOutcome = "written" | "full" | "tooLarge" | "corrupt";

/** Puts the host's packets into the host-to-guest ring. @vmbus 7 */
export interface RingWriter {
  write(packet: OutgoingPacket): WriteOutcome;
  /** Whether the guest wants an interrupt for what was written. */
  wantsInterrupt(): boolean;
  /** Bytes the guest has not taken yet; 0 when its index makes no sense. */
  waiting(): number;
}

interface WriterState {
  readonly ring: RingPages;
  /** Ours alone. */
  writeAt: number;
  /** We asked to be told of free space. */
  asked: boolean;
}

/** Opens a writer at the guest's write index. @returns `null` when the indices make no sense */
export function openRingWriter(ring: RingPages): RingWriter | null {
  const writeAt = ring.memory.view().getUint32(ring.control + RingControl.at.writeIndex, true);
  // In a ring that was in use before the question may still stand.
  const asked = control(ring, RingControl.at.pendingSendSize) !== 0;
  const state: WriterState = { ring, writeAt, asked };
  if (!isIndex(ring, writeAt) || free(state) < 0) return null;
  return {
    write: (packet) => write(state, packet),
    wantsInterrupt: () => control(ring, RingControl.at.interruptMask) === 0,
    waiting() {
      const room = free(state);
      return room < 0 ? 0 : ring.size - room;
    },
  };
}

function control(ring: RingPages, field: number): number {
  return ring.memory.view().getUint32(ring.control + field, true);
}

/** Bytes that are free, or -1 when the guest's read index is no position. */
function free(state: WriterState): number {
  const { ring, writeAt } = state;
  const readAt = control(ring, RingControl.at.readIndex);
  if (!isIndex(ring, readAt)) return -1;
  return writeAt >= readAt ? ring.size - (writeAt - readAt) : readAt - writeAt;
}

function write(state: WriterState, packet: OutgoingPacket): WriteOutcome {
  const { ring } = state;
  const needed = packetOverhead + (packet.header?.length ?? 0) + roundUp8(packet.payload.length);
  if (needed >= ring.size) return "tooLarge";
  let room = free(state);
  if (room < 0) return "corrupt";
  if (room <= needed) {
    setPending(state, needed);
    // The guest may have made room before it could see that we wait.
    room = free(state);
    if (room <= needed) return room < 0 ? "corrupt" : "full";
  }
  if (state.asked) setPending(state, 0);
  put(state, packet);
  return "written";
}

function setPending(state: WriterState, bytes: number): void {
  state.asked = bytes > 0;
  const { ring } = state;
  ring.memory.view().setUint32(ring.control + RingControl.at.pendingSendSize, bytes, true);
}

function put(state: WriterState, packet: OutgoingPacket): void {
  const { ring, writeAt: start } = state;
  const { payload, header, flags = 0 } = packet;
  const headerLength = PacketDescriptor.size + (header?.length ?? 0);
  const length = headerLength + roundUp8(payload.length);
  let at = put64(ring, start, packet.type | ((headerLength / 8) << 16), (length / 8) | (flags << 16));
  at = put64(ring, at, packet.transactionLow, packet.transactionHigh);
  if (header !== undefined && header.length > 0) at = copyToRing(ring, at, header);
  // The last eight bytes first as zeros, so that the padding is clean whatever was there.
  const last = start + length - 8;
  if (payload.length % 8 !== 0) put64(ring, last >= ring.size ? last - ring.size : last, 0, 0);
  copyToRing(ring, at, payload);
  const trailer = start + length >= ring.size ? start + length - ring.size : start + length;
  state.writeAt = put64(ring, trailer, 0, start);
  ring.memory.view().setUint32(ring.control + RingControl.at.writeIndex, state.writeAt, true);
}

/** Writes eight bytes at a multiple of 8, which never spans two pages. @returns the position behind */
function put64(ring: RingPages, at: number, low: number, high: number): number {
  const view = ring.memory.view();
  const address = addressAt(ring, at);
  view.setUint32(address, low, true);
  view.setUint32(address + 4, high, true);
  const behind = at + 8;
  return behind === ring.size ? 0 : behind;
}

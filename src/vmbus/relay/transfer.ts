import {
  type GpadlId,
  LinkBuffer,
  LinkFlag,
  LinkKind,
  LinkTransfer,
  maxPayload,
  PacketFlag,
  PacketType,
  roundUp8,
  TransferPages,
  TransferRange,
  transferPayload,
  transferRanges,
} from "../../hvdef/index.ts";
import type { ArrivedRecord } from "../link.ts";
import { bufferOf, copyIn, isInside, nameBuffer } from "./buffer.ts";
import type { GuestBuffer } from "./guest-buffer.ts";
import type { Lane, RelayState } from "./lane.ts";
import { writeOrKeep } from "./outgoing.ts";
import { queueMark } from "./queue-transfer.ts";

const nothing = new Uint8Array(0);

/** Does what a `buffer` record says. */
export function takeBufferName(relay: RelayState, lane: Lane, record: ArrivedRecord): void {
  if (record.payloadLength < LinkBuffer.size) {
    relay.stale++;
    return;
  }
  const named = LinkBuffer.read(new DataView(record.bytes.buffer), record.payloadAt);
  nameBuffer(relay, lane, { ...named, gpadl: named.gpadl as GpadlId });
}

/**
 * Brings a transfer's data into its buffer and its packet into the ring. What cannot be brought goes back to
 * the parent as lost, so that it knows what the guest still holds.
 */
export function deliverTransfer(relay: RelayState, lane: Lane, record: ArrivedRecord): void {
  if (place(relay, lane, record) && writeOrKeep(relay, lane, false)) {
    lane.transfers.add(record.transactionLow);
    return;
  }
  sayTaken(relay, lane, {
    low: record.transactionLow,
    flags: LinkFlag.lost,
    payload: nothing,
  });
}

/**
 * The guest has completed a transfer: tells the parent. A completion of nothing that is out is the guest's
 * invention; it is counted and goes no further, so that there are never more of them than transfers.
 */
export function takeCompletion(relay: RelayState, lane: Lane): void {
  const { packet } = lane.reader;
  if (packet.transactionHigh === 0 && packet.transactionLow >= queueMark) {
    takeQueued(lane, packet.transactionLow - queueMark);
    return;
  }
  if (packet.transactionHigh !== 0 || !lane.transfers.delete(packet.transactionLow)) {
    lane.counters.refused++;
    return;
  }
  const end = Math.min(packet.length, packet.headerLength + maxPayload);
  const payload = packet.bytes.subarray(packet.headerLength, end);
  sayTaken(relay, lane, { low: packet.transactionLow, flags: 0, payload });
}

/** The guest is done with a transfer of a queue, or says so. */
function takeQueued(lane: Lane, transactionId: number): void {
  const taken = lane.queued.get(transactionId);
  if (taken === undefined) {
    lane.counters.refused++;
    return;
  }
  lane.queued.delete(transactionId);
  taken(transactionId, false);
}

function sayTaken(
  relay: RelayState,
  lane: Lane,
  taken: { readonly low: number; readonly flags: number; readonly payload: Uint8Array },
): void {
  const { head, link } = relay;
  head.channel = lane.channel;
  head.kind = LinkKind.taken;
  head.flags = taken.flags;
  head.transactionLow = taken.low;
  head.transactionHigh = 0;
  head.payloadLength = taken.payload.length;
  head.dataLength = 0;
  head.dataRoom = 0;
  const target = link.reserve(head);
  target.bytes.set(taken.payload, target.payloadAt);
  link.commit(0);
}

/** Copies the data and prepares the packet. @returns `false` when a length lies or the buffer is gone */
function place(relay: RelayState, lane: Lane, record: ArrivedRecord): boolean {
  const { bytes, payloadAt, payloadLength } = record;
  if (payloadLength < LinkTransfer.size || record.transactionLow >= queueMark) return false;
  if (lane.transfers.has(record.transactionLow)) return false;
  const view = new DataView(bytes.buffer);
  const name = view.getUint32(payloadAt + LinkTransfer.at.buffer, true);
  const count = view.getUint32(payloadAt + LinkTransfer.at.rangeCount, true);
  const packetLength = view.getUint32(payloadAt + LinkTransfer.at.packetLength, true);
  if (count === 0 || count > transferRanges || packetLength > transferPayload || name > 0xffff) return false;
  const rangesAt = LinkTransfer.size + roundUp8(packetLength);
  if (rangesAt + count * TransferRange.size > payloadLength) return false;
  const buffer = bufferOf(relay, lane, name);
  if (buffer === null) return false;
  const copied = copyRanges(relay, lane, { record, view, buffer, at: payloadAt + rangesAt, count });
  if (!copied) return false;
  const header = relay.transferHeader;
  header.setUint32(TransferPages.at.set, name, true);
  header.setUint32(TransferPages.at.rangeCount, count, true);
  const { packet } = relay;
  packet.type = PacketType.transferPages;
  packet.flags = PacketFlag.completionRequested;
  packet.transactionLow = record.transactionLow;
  packet.transactionHigh = 0;
  packet.header = new Uint8Array(header.buffer, 0, TransferPages.size + count * TransferRange.size);
  const from = payloadAt + LinkTransfer.size;
  packet.payload = bytes.subarray(from, from + packetLength);
  return true;
}

/** Copies each range to its place and notes it in the packet's header. @returns `false` when one lies */
function copyRanges(
  relay: RelayState,
  lane: Lane,
  ranges: {
    readonly record: ArrivedRecord;
    readonly view: DataView;
    readonly buffer: GuestBuffer;
    readonly at: number;
    readonly count: number;
  },
): boolean {
  const { record, view, buffer } = ranges;
  let from = record.dataAt;
  const end = record.dataAt + record.dataLength;
  for (let index = 0; index < ranges.count; index++) {
    const range = ranges.at + index * TransferRange.size;
    const length = view.getUint32(range + TransferRange.at.byteCount, true);
    const at = view.getUint32(range + TransferRange.at.byteOffset, true);
    if (length === 0 || from + length > end || !isInside(buffer, at, length)) return false;
    copyIn(relay.memory, buffer, { at, length, source: record.bytes, from });
    const header = TransferPages.size + index * TransferRange.size;
    relay.transferHeader.setUint32(header + TransferRange.at.byteCount, length, true);
    relay.transferHeader.setUint32(header + TransferRange.at.byteOffset, at, true);
    lane.counters.bytesOut += length;
    from += roundUp8(length);
  }
  return true;
}

import { firstInternalChannel, LinkKind, PacketType } from "../../hvdef/index.ts";
import type { ArrivedRecord } from "../link.ts";
import { type Lane, type RelayState, transactionKey } from "./lane.ts";
import { signalWritten, writeOrKeep } from "./outgoing.ts";
import { scatter } from "./page-list.ts";
import { deliverTransfer, takeBufferName } from "./transfer.ts";

/**
 * Does what the parent's records say: data into guest pages, packets into guest rings, one interrupt per
 * channel. @returns whether anything had arrived
 */
export function deliverRecords(relay: RelayState): boolean {
  const batches = relay.link.read((record) => deliverRecord(relay, record));
  if (batches > 0) signalWritten(relay);
  return batches > 0;
}

function deliverRecord(relay: RelayState, record: ArrivedRecord): void {
  if (record.channel >= firstInternalChannel) {
    if (!relay.frames.visit(record)) completeInternal(relay, record);
    return;
  }
  const lane = relay.lanes.get(record.channel);
  if (lane === undefined || lane.generation !== record.dataRoom) {
    relay.stale++;
    return;
  }
  switch (record.kind) {
    case LinkKind.complete:
      complete(relay, lane, record);
      return;
    case LinkKind.send:
      lane.stamp?.(payloadOf(record));
      write(relay, lane, { record, type: PacketType.inBand, answer: false });
      return;
    case LinkKind.transfer:
      deliverTransfer(relay, lane, record);
      return;
    case LinkKind.buffer:
      takeBufferName(relay, lane, record);
      return;
    case LinkKind.tell:
      lane.beside?.told(payloadOf(record));
      return;
    case LinkKind.credit:
      lane.uncredited = Math.max(0, lane.uncredited - record.transactionLow);
      lane.uncreditedBytes = Math.max(0, lane.uncreditedBytes - record.transactionHigh);
      return;
    default:
      relay.stale++;
  }
}

function complete(relay: RelayState, lane: Lane, record: ArrivedRecord): void {
  const key = transactionKey(record.transactionLow, record.transactionHigh);
  const transaction = lane.transactions.get(key);
  if (transaction === undefined) {
    relay.stale++;
    return;
  }
  lane.transactions.delete(key);
  lane.heldBytes -= transaction.bytes;
  if (transaction.list !== null && record.dataLength > 0) {
    const { bytes, dataAt, dataLength } = record;
    const data = bytes.subarray(dataAt, dataAt + dataLength);
    lane.counters.bytesOut += scatter(transaction.list, relay.memory, data);
  }
  write(relay, lane, { record, type: PacketType.completion, answer: true });
}

function write(
  relay: RelayState,
  lane: Lane,
  what: { readonly record: ArrivedRecord; readonly type: number; readonly answer: boolean },
): void {
  const { record, type, answer } = what;
  const { packet } = relay;
  packet.type = type;
  packet.flags = 0;
  packet.header = noHeader;
  packet.transactionLow = record.transactionLow;
  packet.transactionHigh = record.transactionHigh;
  packet.payload = payloadOf(record);
  writeOrKeep(relay, lane, answer);
}

function payloadOf({ bytes, payloadAt, payloadLength }: ArrivedRecord): Uint8Array<ArrayBuffer> {
  return bytes.subarray(payloadAt, payloadAt + payloadLength);
}

const noHeader = new Uint8Array(0);

function completeInternal(relay: RelayState, record: ArrivedRecord): void {
  const lane = relay.internal.get(record.channel);
  if (record.kind === LinkKind.send && lane?.generation === record.dataRoom) {
    lane.arrived?.(payloadOf(record));
    return;
  }
  const done = lane?.waiting.get(record.transactionLow);
  if (lane === undefined || done === undefined || lane.generation !== record.dataRoom) {
    relay.stale++;
    return;
  }
  if (record.kind !== LinkKind.complete) return;
  lane.waiting.delete(record.transactionLow);
  const { bytes, payloadAt, payloadLength, dataAt, dataLength } = record;
  done(bytes.subarray(payloadAt, payloadAt + payloadLength), bytes.subarray(dataAt, dataAt + dataLength));
}

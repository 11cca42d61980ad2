import {
  maxChannel,
  maxPayload,
  PacketType,
  readSavedUnit,
  type SavedFields,
  type SavedValue,
  TransferPages,
  TransferRange,
  transferRanges,
} from "../../hvdef/index.ts";
import type { OutgoingPacket } from "../ring/writer.ts";
import type { Lane, RelayState } from "./lane.ts";
import { closeDeparture } from "./path-out.ts";
import { closeQueue, leavePath } from "./queue.ts";

const format = 1;
const word = 0xffff_ffff;
const headerLimit = TransferPages.size + transferRanges * TransferRange.size;
/** Transfers that a guest may hold: as many as a receive buffer of 16 MiB has parts. */
const transferLimit = 65_536;

/** Stops reading rings and closes what goes past the parent. */
export function holdRelay(relay: RelayState): void {
  relay.held = true;
  for (const path of [...relay.departures.keys()]) closeDeparture(relay, path);
  for (const path of [...relay.arrivals.keys()]) leavePath(relay, path);
  for (const queue of [...relay.queues.keys()]) closeQueue(relay, queue);
  relay.link.flush();
}

/** Whether nothing is under way to the parent or owed by it. */
export function isQuiet(relay: RelayState): boolean {
  if (relay.owed.length > 0) return false;
  for (const lane of relay.lanes.values())
    if (lane.transactions.size > 0 || lane.uncredited > 0) return false;
  for (const lane of relay.internal.values()) if (lane.waiting.size > 0) return false;
  return true;
}

/**
 * What the rings themselves do not say: packets that wait for room in them, and transfers that the guest has not
 * given back. Buffers are named anew by whoever serves the channel.
 */
export function saveLanes(relay: RelayState): SavedValue {
  const lanes = [...relay.lanes.values()].map(({ channel, stopped, waiting, transfers }) => ({
    channel,
    stopped,
    transfers: Uint32Array.from(transfers),
    waiting: waiting.map(savedPacket),
  }));
  return { format, lanes };
}

function savedPacket({ type, flags, transactionLow, transactionHigh, header, payload }: OutgoingPacket) {
  return {
    type,
    flags: flags ?? 0,
    transactionLow,
    transactionHigh,
    header: new Uint8Array(header ?? []),
    payload: new Uint8Array(payload),
  };
}

/** Gives open lanes back what was saved of them. @returns why it cannot be, for a person */
export function resumeLanes(relay: RelayState, saved: unknown): string | null {
  const read = readSavedUnit(saved, { unit: "the channels", format }, (fields) =>
    fields.list("lanes", maxChannel, (one) => resumeLane(relay, one)),
  );
  return read.kind === "usable" ? null : read.text;
}

function resumeLane(relay: RelayState, fields: SavedFields): void {
  const lane = relay.lanes.get(fields.integer("channel", 1, maxChannel));
  const stopped = fields.flag("stopped");
  const transfers = fields.words("transfers", transferLimit);
  const { transactions, waitingSends } = relay.limits;
  const waiting = fields.list("waiting", transactions + waitingSends, readPacket);
  // A ring that made no sense when it was opened again is not served.
  if (lane === undefined) return;
  for (const transfer of transfers) lane.transfers.add(transfer);
  fill(lane, stopped, waiting);
}

function fill(lane: Lane, stopped: boolean, waiting: readonly OutgoingPacket[]): void {
  lane.stopped = stopped;
  lane.waiting = [...waiting];
  lane.waitingSends = waiting.filter(({ type }) => type !== PacketType.completion).length;
}

function readPacket(fields: SavedFields): OutgoingPacket {
  const header = fields.bytes("header", headerLimit);
  if (header.length % 8 !== 0) fields.refuse("header");
  return {
    type: fields.integer("type", 0, 0xffff),
    flags: fields.integer("flags", 0, 0xffff),
    transactionLow: fields.integer("transactionLow", 0, word),
    transactionHigh: fields.integer("transactionHigh", 0, word),
    header,
    payload: fields.bytes("payload", maxPayload),
  };
}

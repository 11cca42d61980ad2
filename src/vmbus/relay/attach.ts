import { type ChannelId, LinkFlag, LinkKind, LinkOpen, pageSize } from "../../hvdef/index.ts";
import type { ChannelOpening } from "../bus/offer.ts";
import { mapRing } from "../ring/pages.ts";
import { openRingReader } from "../ring/reader.ts";
import { openRingWriter } from "../ring/writer.ts";
import {
  activate,
  type InternalCompletion,
  type InternalLane,
  type Lane,
  type LaneRules,
  type RelayState,
  socketRelayLimits,
} from "./lane.ts";
import { sendNote } from "./note.ts";
import { closeDepartures } from "./path-out.ts";
import { closeQueues } from "./queue.ts";

/** Opens a lane over the guest's rings. @returns `false` when the rings make no sense: nothing happened */
export function attachLane(
  relay: RelayState,
  opening: ChannelOpening,
  { gather, stamp = null, beside = null }: LaneRules,
): boolean {
  const { channel, pages, downstreamPage, version, userData, socket = false } = opening;
  const up = mapRing(relay.memory, pages.subarray(0, downstreamPage));
  const down = mapRing(relay.memory, pages.subarray(downstreamPage));
  if (up === null || down === null) return false;
  const reader = openRingReader(up, relay.scratch);
  const writer = openRingWriter(down);
  if (reader === null || writer === null) return false;
  detachLane(relay, channel);
  const lane: Lane = {
    channel,
    generation: relay.link.nextOpening(),
    reader,
    writer,
    ringBytesIn: up.size,
    ringBytesOut: down.size,
    gather,
    stamp,
    limits: socket ? socketRelayLimits : relay.limits,
    socket,
    unsaid: 0,
    unsaidBytes: 0,
    beside,
    transactions: new Map(),
    heldBytes: 0,
    buffers: new Map(),
    transfers: new Set(),
    queued: new Map(),
    paths: null,
    uncredited: 0,
    uncreditedBytes: 0,
    waiting: [],
    waitingSends: 0,
    active: false,
    stopped: false,
    closed: false,
    unsignalled: false,
    counters: {
      packetsIn: 0,
      packetsOut: 0,
      bytesIn: 0,
      bytesOut: 0,
      doorbells: 0,
      interrupts: 0,
      refused: 0,
      badLists: 0,
      dropped: 0,
      straight: 0,
    },
  };
  relay.lanes.set(channel, lane);
  const ringBytes = pages.length * pageSize;
  sayOpened(relay, { channel, generation: lane.generation, version, ringBytes, userData });
  // Whatever the guest wrote before it opened the channel came without a doorbell.
  activate(relay, lane);
  beside?.opened((payload) => sendNote(relay, lane, payload));
  return true;
}

/** Closes a lane; from here on nothing of it is touched. */
export function detachLane(relay: RelayState, channel: ChannelId): void {
  const lane = relay.lanes.get(channel);
  if (lane === undefined) return;
  lane.closed = true;
  relay.lanes.delete(channel);
  closeDepartures(relay, lane);
  closeQueues(relay, lane);
  lane.beside?.closed();
  sayClosed(relay, channel, lane.generation);
}

/** Opens an internal channel. @param arrived  takes the parent's messages */
export function openInternalLane(
  relay: RelayState,
  channel: number,
  arrived: InternalLane["arrived"] = null,
): InternalLane {
  closeInternalLane(relay, channel);
  const generation = relay.link.nextOpening();
  const lane: InternalLane = { generation, waiting: new Map(), arrived, nextTransaction: 0 };
  relay.internal.set(channel, lane);
  const userData = new Uint8Array(0);
  sayOpened(relay, { channel, generation: lane.generation, version: 0, ringBytes: 0, userData });
  return lane;
}

/** Closes an internal channel; answers that are still out are dropped. */
export function closeInternalLane(relay: RelayState, channel: number): void {
  const lane = relay.internal.get(channel);
  if (lane === undefined) return;
  relay.internal.delete(channel);
  lane.waiting.clear();
  sayClosed(relay, channel, lane.generation);
}

/** An emulated device's request, as a record. */
export interface InternalRequest {
  readonly payload: Uint8Array;
  /** Bytes that flow to the host, at most `maxTransfer`. */
  readonly data: Uint8Array;
  /** The most an answer may carry back, at most `maxTransfer`. */
  readonly dataRoom: number;
  readonly done: InternalCompletion;
}

/** Sends a request of an emulated device. @returns `false` when too many are out or the channel is closed */
export function sendInternal(relay: RelayState, channel: number, request: InternalRequest): boolean {
  const lane = relay.internal.get(channel);
  if (lane === undefined || lane.waiting.size >= relay.limits.transactions) return false;
  const { payload, data, dataRoom, done } = request;
  const transaction = nextTransaction(lane);
  const { head, link } = relay;
  head.channel = channel;
  head.kind = LinkKind.request;
  head.flags = LinkFlag.wantsCompletion | LinkFlag.hasPages;
  head.transactionLow = transaction;
  head.transactionHigh = 0;
  head.payloadLength = payload.length;
  head.dataLength = data.length;
  head.dataRoom = dataRoom;
  const place = link.reserve(head);
  place.bytes.set(payload, place.payloadAt);
  place.bytes.set(data, place.dataAt);
  link.commit(data.length);
  lane.waiting.set(transaction, done);
  return true;
}

function nextTransaction(lane: InternalLane): number {
  do {
    lane.nextTransaction = (lane.nextTransaction + 1) >>> 0;
  } while (lane.waiting.has(lane.nextTransaction));
  return lane.nextTransaction;
}

function sayOpened(
  relay: RelayState,
  opened: {
    readonly channel: number;
    readonly generation: number;
    readonly version: number;
    readonly ringBytes: number;
    readonly userData: Uint8Array;
  },
): void {
  const { version, ringBytes, userData } = opened;
  const place = control(relay, LinkKind.opened, {
    ...opened,
    payloadLength: LinkOpen.size + userData.length,
  });
  LinkOpen.write(new DataView(place.bytes.buffer), place.payloadAt, { version, ringBytes });
  place.bytes.set(userData, place.payloadAt + LinkOpen.size);
  relay.link.commit(0);
}

function sayClosed(relay: RelayState, channel: number, generation: number): void {
  control(relay, LinkKind.closed, { channel, generation, payloadLength: 0 });
  relay.link.commit(0);
}

function control(
  relay: RelayState,
  kind: number,
  record: { readonly channel: number; readonly generation: number; readonly payloadLength: number },
) {
  const { head } = relay;
  head.channel = record.channel;
  head.kind = kind;
  head.flags = 0;
  head.transactionLow = 0;
  head.transactionHigh = 0;
  head.payloadLength = record.payloadLength;
  head.dataLength = 0;
  head.dataRoom = record.generation;
  return relay.link.reserve(head);
}

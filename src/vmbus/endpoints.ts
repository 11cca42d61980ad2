import { type ChannelId, LinkFlag, LinkKind, LinkOpen, maxPayload, maxTransfer } from "../hvdef/index.ts";
import type { AnyBytes, InspectNode } from "../support/index.ts";
import type { Channel, ChannelHandlers, ChannelOwner, Completion } from "./channel.ts";
import { type FrameEnds, type FrameOwner, openFrameEnds } from "./frame-ends.ts";
import { type ArrivedRecord, blankHead, type Link, type RecordHead } from "./link.ts";

/** The parent's ends of one partition's channels. */
export interface Endpoints extends Disposable {
  /**
   * Names the owner of a channel, before the guest can open it. The owner is called once for every
   * opening, so what it makes lives from `opened` to `closed`.
   */
  attach(channel: ChannelId | number, owner: ChannelOwner): void;
  /** As `attach`, for a channel that carries frames: an emulated network adapter's. */
  attachFrames(channel: ChannelId | number, owner: FrameOwner): void;
  /** Takes the owner away; an open channel hears `closed`. */
  detach(channel: ChannelId | number): void;
  inspect(): InspectNode;
}

/** One opening of one channel. */
interface Opening {
  readonly id: ChannelId;
  readonly generation: number;
  readonly handlers: ChannelHandlers;
  requests: number;
  completions: number;
  sends: number;
  bytesIn: number;
  bytesOut: number;
  /** Requests without an answer since the last credit, and their bytes. */
  untold: number;
  untoldBytes: number;
}

interface EndpointState {
  readonly link: Link;
  readonly schedule: (flush: () => void) => void;
  readonly owners: Map<number, ChannelOwner>;
  readonly openings: Map<number, Opening>;
  readonly frames: FrameEnds;
  readonly head: RecordHead;
  /** Grows with every use of the outgoing batch: a completion that is not the latest is void. */
  turn: number;
  scheduled: boolean;
  reading: boolean;
  /** Requests for channels nobody owns or opened, and record kinds we do not know. */
  strays: number;
}

/**
 * Opens the parent's ends over a link, which it owns from now on.
 *
 * @param schedule  runs a function at the end of the current turn: batches of what owners send by
 *                  themselves leave then
 */
export function openEndpoints(link: Link, schedule: (flush: () => void) => void): Endpoints {
  const state: EndpointState = {
    link,
    schedule,
    owners: new Map(),
    openings: new Map(),
    frames: openFrameEnds(link, () => {
      state.turn++;
      leaveSoon(state);
    }),
    head: blankHead(),
    turn: 0,
    scheduled: false,
    reading: false,
    strays: 0,
  };
  link.receive(() => takeBatch(state));
  return {
    attach(channel, owner) {
      state.owners.set(channel, owner);
    },
    attachFrames: (channel, owner) => state.frames.attach(channel, owner),
    detach(channel) {
      state.owners.delete(channel);
      state.frames.detach(channel);
      close(state, channel);
    },
    inspect: () => inspect(state),
    [Symbol.dispose]() {
      for (const channel of [...state.openings.keys()]) close(state, channel);
      state.owners.clear();
      state.frames[Symbol.dispose]();
      link[Symbol.dispose]();
    },
  };
}

function takeBatch(state: EndpointState): void {
  state.reading = true;
  try {
    state.link.read((record) => takeRecord(state, record));
    for (const opening of state.openings.values()) giveCredit(state, opening);
    state.frames.tellTaken();
  } finally {
    state.reading = false;
    flush(state);
  }
}

function flush(state: EndpointState): void {
  state.turn++;
  state.link.flush();
}

function takeRecord(state: EndpointState, record: ArrivedRecord): void {
  if (state.frames.visit(record)) return;
  switch (record.kind) {
    case LinkKind.opened:
      open(state, record);
      return;
    case LinkKind.closed:
      close(state, record.channel);
      return;
    case LinkKind.request:
      request(state, record);
      return;
    default:
      state.strays++;
  }
}

function open(state: EndpointState, record: ArrivedRecord): void {
  close(state, record.channel);
  const owner = state.owners.get(record.channel);
  if (owner === undefined || record.payloadLength < LinkOpen.size) {
    state.strays++;
    return;
  }
  const { bytes, payloadAt, payloadLength } = record;
  const { version } = LinkOpen.read(new DataView(bytes.buffer), payloadAt);
  const userData = bytes.subarray(payloadAt + LinkOpen.size, payloadAt + payloadLength);
  const id = record.channel as ChannelId;
  const generation = record.dataRoom;
  let opening: Opening | null = null;
  const channel = openChannel(state, id, () => opening);
  const counters = {
    requests: 0,
    completions: 0,
    sends: 0,
    bytesIn: 0,
    bytesOut: 0,
    untold: 0,
    untoldBytes: 0,
  };
  opening = { id, generation, handlers: owner(channel), ...counters };
  state.openings.set(id, opening);
  opening.handlers.opened(version, userData);
}

function close(state: EndpointState, channel: number): void {
  const opening = state.openings.get(channel);
  if (opening === undefined) return;
  state.openings.delete(channel);
  opening.handlers.closed();
}

function request(state: EndpointState, record: ArrivedRecord): void {
  const opening = state.openings.get(record.channel);
  if (opening === undefined) {
    state.strays++;
    return;
  }
  const { bytes, payloadAt, payloadLength, dataAt, dataLength, dataRoom } = record;
  const wantsCompletion = (record.flags & LinkFlag.wantsCompletion) !== 0;
  opening.requests++;
  opening.bytesIn += payloadLength + dataLength;
  if (!wantsCompletion) {
    opening.untold++;
    opening.untoldBytes += payloadLength + dataRoom;
  }
  opening.handlers.request({
    transactionId: (BigInt(record.transactionHigh) << 32n) | BigInt(record.transactionLow),
    wantsCompletion,
    payload: bytes.subarray(payloadAt, payloadAt + payloadLength),
    data: bytes.subarray(dataAt, dataAt + dataLength),
    dataRoom,
  });
}

function giveCredit(state: EndpointState, opening: Opening): void {
  if (opening.untold === 0) return;
  const { head, link } = state;
  head.channel = opening.id;
  head.kind = LinkKind.credit;
  head.transactionLow = opening.untold;
  head.transactionHigh = opening.untoldBytes;
  head.payloadLength = 0;
  head.dataLength = 0;
  head.dataRoom = opening.generation;
  link.reserve(head);
  link.commit(0);
  opening.untold = 0;
  opening.untoldBytes = 0;
}

/** What an owner holds; `current` is its opening, which counts only while it is the channel's own. */
function openChannel(state: EndpointState, id: ChannelId, current: () => Opening | null): Channel {
  function live(): Opening | null {
    const opening = current();
    return opening !== null && state.openings.get(id) === opening ? opening : null;
  }
  return {
    id,
    begin: (transactionId, payloadBytes, dataBytes) =>
      begin(state, live(), { transactionId, payloadBytes, dataBytes }),
    complete(transactionId, payload) {
      const completion = begin(state, live(), { transactionId, payloadBytes: payload.length, dataBytes: 0 });
      completion.payload.set(payload);
      completion.end(0);
    },
    send: (payload) => send(state, live(), payload),
    inspect: () => inspectOpening(live()),
  };
}

function begin(
  state: EndpointState,
  opening: Opening | null,
  size: { readonly transactionId: bigint; readonly payloadBytes: number; readonly dataBytes: number },
): Completion {
  const { payloadBytes, dataBytes } = size;
  if (opening === null) return deadCompletion(payloadBytes, dataBytes);
  const { head, link } = state;
  head.channel = opening.id;
  head.kind = LinkKind.complete;
  head.transactionLow = Number(size.transactionId & 0xffff_ffffn);
  head.transactionHigh = Number((size.transactionId >> 32n) & 0xffff_ffffn);
  head.payloadLength = payloadBytes;
  head.dataLength = dataBytes;
  head.dataRoom = opening.generation;
  const { bytes, payloadAt, dataAt } = link.reserve(head);
  const turn = ++state.turn;
  return {
    payload: bytes.subarray(payloadAt, payloadAt + payloadBytes),
    data: bytes.subarray(dataAt, dataAt + dataBytes),
    end(dataLength) {
      if (state.turn !== turn) throw new Error("completion ended after another use of the link");
      if (dataLength > dataBytes)
        throw new RangeError("completion ended with more data than it has room for");
      state.turn++;
      link.commit(dataLength);
      opening.completions++;
      opening.bytesOut += payloadBytes + dataLength;
      leaveSoon(state);
    },
  };
}

/** What a closed channel hands out: room that leads nowhere. */
function deadCompletion(payloadBytes: number, dataBytes: number): Completion {
  if (payloadBytes > maxPayload || dataBytes > maxTransfer) throw new RangeError("completion too large");
  return { payload: new Uint8Array(payloadBytes), data: new Uint8Array(dataBytes), end() {} };
}

function send(state: EndpointState, opening: Opening | null, payload: AnyBytes): void {
  if (opening === null) return;
  const { head, link } = state;
  head.channel = opening.id;
  head.kind = LinkKind.send;
  head.transactionLow = 0;
  head.transactionHigh = 0;
  head.payloadLength = payload.length;
  head.dataLength = 0;
  head.dataRoom = opening.generation;
  const { bytes, payloadAt } = link.reserve(head);
  bytes.set(payload, payloadAt);
  state.turn++;
  link.commit(0);
  opening.sends++;
  opening.bytesOut += payload.length;
  leaveSoon(state);
}

/** Within an arriving batch the flush comes at its end anyway. */
function leaveSoon(state: EndpointState): void {
  if (state.reading || state.scheduled) return;
  state.scheduled = true;
  state.schedule(() => {
    state.scheduled = false;
    flush(state);
  });
}

function inspectOpening(opening: Opening | null): InspectNode {
  if (opening === null) return { state: "closed" };
  const { requests, completions, sends, bytesIn, bytesOut } = opening;
  return { state: "open", requests, completions, sends, bytesIn, bytesOut };
}

function inspect(state: EndpointState): InspectNode {
  const channels: Record<string, InspectNode> = {};
  for (const id of state.owners.keys()) channels[String(id)] = inspectOpening(state.openings.get(id) ?? null);
  return {
    link: { ...state.link.counts() },
    strays: state.strays,
    channels: { ...channels, ...state.frames.inspect() },
  };
}

import { type ChannelId, LinkFlag, LinkKind, LinkOpen } from "../hvdef/index.ts";
import type { InspectNode } from "../support/index.ts";
import type { Channel, ChannelOwner } from "./channel.ts";
import { type FrameOwner, openFrameEnds } from "./frame-ends.ts";
import {
  begin,
  beginTransfer,
  credit,
  type EndpointState,
  flush,
  giveCredit,
  leaveSoon,
  nameBuffer,
  type Opening,
  send,
  tell,
} from "./leaving.ts";
import { type ArrivedRecord, blankHead, type Link } from "./link.ts";

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
    case LinkKind.taken:
      taken(state, record);
      return;
    case LinkKind.note:
      noted(state, record);
      return;
    case LinkKind.sent:
      sent(state, record);
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
    transfers: 0,
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
  if (!wantsCompletion && opening.handlers.ownCredit !== true) {
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

function taken(state: EndpointState, record: ArrivedRecord): void {
  const opening = state.openings.get(record.channel);
  if (opening?.handlers.taken === undefined) {
    state.strays++;
    return;
  }
  const { bytes, payloadAt, payloadLength } = record;
  const payload = bytes.subarray(payloadAt, payloadAt + payloadLength);
  opening.handlers.taken(record.transactionLow, payload, (record.flags & LinkFlag.lost) !== 0);
}

function noted(state: EndpointState, record: ArrivedRecord): void {
  const opening = state.openings.get(record.channel);
  if (opening?.handlers.noted === undefined || opening.generation !== record.dataRoom) {
    state.strays++;
    return;
  }
  const { bytes, payloadAt, payloadLength } = record;
  opening.handlers.noted(bytes.subarray(payloadAt, payloadAt + payloadLength));
}

function sent(state: EndpointState, record: ArrivedRecord): void {
  const opening = state.openings.get(record.channel);
  if (opening?.handlers.sent === undefined || opening.generation !== record.dataRoom) {
    state.strays++;
    return;
  }
  opening.handlers.sent(record.transactionLow, record.transactionHigh);
}

/** What an owner holds; `current` is its opening, which counts only while it is the channel's own. */
function openChannel(state: EndpointState, id: ChannelId, current: () => Opening | null): Channel {
  function live(): Opening | null {
    const opening = current();
    return opening !== null && state.openings.get(id) === opening ? opening : null;
  }
  return {
    id,
    get opening() {
      return current()?.generation ?? 0;
    },
    begin: (transactionId, payloadBytes, dataBytes) =>
      begin(state, live(), { transactionId, payloadBytes, dataBytes }),
    complete(transactionId, payload) {
      const completion = begin(state, live(), { transactionId, payloadBytes: payload.length, dataBytes: 0 });
      completion.payload.set(payload);
      completion.end(0);
    },
    send: (payload) => send(state, live(), payload),
    credit: (packets, bytes) => credit(state, live(), { packets, bytes }),
    tell: (payload) => tell(state, live(), payload),
    nameBuffer: (buffer, gpadl, sectionBytes) => nameBuffer(state, live(), { buffer, gpadl, sectionBytes }),
    forgetBuffer: (buffer) => nameBuffer(state, live(), { buffer, gpadl: 0, sectionBytes: 0 }),
    beginTransfer: (buffer, transactionId, payload) =>
      beginTransfer(state, live(), { buffer, transactionId, payload }),
    inspect: () => inspectOpening(live()),
  };
}

function inspectOpening(opening: Opening | null): InspectNode {
  if (opening === null) return { state: "closed" };
  const { requests, completions, sends, transfers, bytesIn, bytesOut } = opening;
  return { state: "open", requests, completions, sends, transfers, bytesIn, bytesOut };
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

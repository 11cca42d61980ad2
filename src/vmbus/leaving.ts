import {
  type ChannelId,
  LinkBuffer,
  LinkKind,
  maxPayload,
  maxTransfer,
  transferBytes,
} from "../hvdef/index.ts";
import type { AnyBytes } from "../support/index.ts";
import type { ChannelHandlers, ChannelOwner, Completion, Transfer } from "./channel.ts";
import type { FrameEnds } from "./frame-ends.ts";
import type { Link, RecordHead } from "./link.ts";
import { openTransfer } from "./transfer.ts";

/** One opening of one channel. */
export interface Opening {
  readonly id: ChannelId;
  readonly generation: number;
  readonly handlers: ChannelHandlers;
  requests: number;
  completions: number;
  sends: number;
  transfers: number;
  bytesIn: number;
  bytesOut: number;
  /** Requests without an answer since the last credit, and their bytes. */
  untold: number;
  untoldBytes: number;
}

/** Everything the parent's ends know. Belongs to `openEndpoints`; the functions of `leaving.ts` write with it. */
export interface EndpointState {
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

/** Sends what was written. */
export function flush(state: EndpointState): void {
  state.turn++;
  state.link.flush();
}

/** Tells the relay what was taken without an answer. */
export function giveCredit(state: EndpointState, opening: Opening): void {
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

/** Tells it of what an owner has taken, when the owner says so. */
export function credit(
  state: EndpointState,
  opening: Opening | null,
  taken: { readonly packets: number; readonly bytes: number },
): void {
  if (opening === null) return;
  opening.untold += taken.packets;
  opening.untoldBytes += taken.bytes;
  giveCredit(state, opening);
  state.turn++;
  leaveSoon(state);
}

/** Room for a completion. */
export function begin(
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

/** A packet of the host's own accord. */
export function send(state: EndpointState, opening: Opening | null, payload: AnyBytes): void {
  if (opening === null) return;
  put(state, opening, { kind: LinkKind.send, payload });
  opening.sends++;
  opening.bytesOut += payload.length;
  leaveSoon(state);
}

/** Word to the device beside the guest. */
export function tell(state: EndpointState, opening: Opening | null, payload: AnyBytes): void {
  if (opening === null) return;
  put(state, opening, { kind: LinkKind.tell, payload });
  leaveSoon(state);
}

/** A record without data and transaction. */
function put(
  state: EndpointState,
  opening: Opening,
  record: { readonly kind: number; readonly payload: AnyBytes },
): void {
  const { payload } = record;
  const { head, link } = state;
  head.channel = opening.id;
  head.kind = record.kind;
  head.transactionLow = 0;
  head.transactionHigh = 0;
  head.payloadLength = payload.length;
  head.dataLength = 0;
  head.dataRoom = opening.generation;
  const { bytes, payloadAt } = link.reserve(head);
  bytes.set(payload, payloadAt);
  state.turn++;
  link.commit(0);
}

/** Names a buffer, or forgets it with `sectionBytes` 0. */
export function nameBuffer(
  state: EndpointState,
  opening: Opening | null,
  named: { readonly buffer: number; readonly gpadl: number; readonly sectionBytes: number },
): void {
  if (opening === null) return;
  put(state, opening, { kind: LinkKind.buffer, payload: LinkBuffer.bytes({ ...named, reserved: 0 }) });
  leaveSoon(state);
}

/** Begins a transfer, which grows until anything else uses the link. */
export function beginTransfer(
  state: EndpointState,
  opening: Opening | null,
  start: { readonly buffer: number; readonly transactionId: number; readonly payload: AnyBytes },
): Transfer {
  if (opening === null) return deadTransfer();
  const { id, generation } = opening;
  const settled = (dataLength: number) => {
    opening.transfers++;
    opening.bytesOut += dataLength;
  };
  const transfer = openTransfer(state.link, state.head, { ...start, channel: id, generation, settled });
  state.turn++;
  leaveSoon(state);
  return transfer;
}

/** What a closed channel hands out: room for one range after the other that leads nowhere. */
function deadTransfer(): Transfer {
  return {
    bytes: new Uint8Array(transferBytes),
    add: (_offset, length) => (length > transferBytes ? -1 : 0),
  };
}

/** Within an arriving batch the flush comes at its end anyway. */
export function leaveSoon(state: EndpointState): void {
  if (state.reading || state.scheduled) return;
  state.scheduled = true;
  state.schedule(() => {
    state.scheduled = false;
    flush(state);
  });
}

import {
  batchBytes,
  type Carrier,
  LinkRecord,
  linkWord,
  maxPayload,
  maxTransfer,
  noTrace,
  roundUp8,
  spareBuffers,
  type TraceKind,
  type TraceSink,
} from "../hvdef/index.ts";

/** What the writer of a record says about it. One mutable object per writer: nothing is allocated per record. */
export interface RecordHead {
  channel: number;
  /** LinkKind. */
  kind: number;
  /** LinkFlag bits. */
  flags: number;
  /** Unsigned halves of the transaction id. */
  transactionLow: number;
  transactionHigh: number;
  /** At most `maxPayload`. */
  payloadLength: number;
  /** At most `maxTransfer`. */
  dataLength: number;
  /** See `LinkRecord`. */
  dataRoom: number;
}

/** Where the bytes of a record lie in a batch. Valid until the next call on the link. */
export interface RecordPlace {
  /** The whole batch. */
  bytes: Uint8Array<ArrayBuffer>;
  payloadAt: number;
  dataAt: number;
}

/** A record that arrived. One object for all: copy what must outlive the visit. */
export interface ArrivedRecord extends RecordHead, RecordPlace {}

/** One end of the data plane: builds outgoing batches and takes arriving ones apart. */
export interface Link extends Disposable {
  /**
   * Makes room for one record in the outgoing batch; a full batch leaves first. The record counts once
   * `commit` is called; another `reserve` or a `flush` before that forgets it.
   *
   * @throws when the lengths exceed their limits, which is the caller's bug
   */
  reserve(head: RecordHead): RecordPlace;
  /**
   * As `reserve`, for a record that may grow until anything else uses the link. Then `settle` is called once,
   * and commits it or not.
   */
  reserveGrowing(head: RecordHead, settle: () => void): RecordPlace;
  /** Completes the reserved record with the first `dataLength` bytes of its data area. */
  commit(dataLength: number): void;
  /** Sends what was committed. One wake-up for the other side. Nothing happens when there is nothing. */
  flush(): void;
  /**
   * Takes the handler that is called once per batch that arrives by itself; then `read`, at once or later.
   * Called once. `read` also finds batches that nobody was told of.
   */
  receive(arrived: () => void): void;
  /** Hands over every record that waits, in order. @returns how many batches were taken */
  read(visit: (record: ArrivedRecord) => void): number;
  /**
   * Number of a new opening of a channel. It outlives any one machine on this link, so that a late answer
   * to the machine before a reset never meets a transaction of the one after it.
   */
  nextOpening(): number;
  /** Counters: batches and records each way, and batches whose end made no sense. */
  counts(): LinkCounts;
}

/** Counters of a link since it was opened. */
export interface LinkCounts {
  readonly batchesOut: number;
  readonly batchesIn: number;
  readonly recordsOut: number;
  readonly recordsIn: number;
  readonly corrupt: number;
}

/** Batch being written; the buffers that wait; batches that arrived. */
interface LinkState {
  readonly carrier: Carrier;
  readonly trace: TraceSink;
  bytes: Uint8Array<ArrayBuffer> | null;
  view: DataView<ArrayBuffer> | null;
  used: number;
  reserved: number;
  /** Ends the reserved record before anything else is done, if it may still grow. */
  settle: (() => void) | null;
  readonly place: RecordPlace;
  readonly pool: ArrayBuffer[];
  arrived: { readonly buffer: ArrayBuffer; readonly used: number }[];
  /** What arrives now is read by the call that looked for it. */
  looking: boolean;
  counts: { batchesOut: number; batchesIn: number; recordsOut: number; recordsIn: number; corrupt: number };
}

/** Opens a link over a carrier, which it owns from now on. @param trace  hears of every record */
export function openLink(carrier: Carrier, trace: TraceSink = noTrace): Link {
  const state: LinkState = {
    carrier,
    trace,
    bytes: null,
    view: null,
    used: 0,
    reserved: 0,
    settle: null,
    place: { bytes: new Uint8Array(0), payloadAt: 0, dataAt: 0 },
    pool: carrier.spare ?? [],
    arrived: [],
    looking: false,
    counts: { batchesOut: 0, batchesIn: 0, recordsOut: 0, recordsIn: 0, corrupt: 0 },
  };
  let openings = 0;
  return {
    reserve: (head) => reserve(state, head),
    reserveGrowing(head, settle) {
      const place = reserve(state, head);
      state.settle = settle;
      return place;
    },
    commit: (dataLength) => commit(state, dataLength),
    flush: () => flush(state),
    receive(arrived) {
      carrier.receive((buffer, used) => {
        state.counts.batchesIn++;
        state.arrived.push({ buffer, used });
        if (!state.looking) arrived();
      });
    },
    read: (visit) => read(state, visit),
    nextOpening() {
      openings = (openings + 1) >>> 0;
      return openings;
    },
    counts: () => ({ ...state.counts }),
    [Symbol.dispose]() {
      state.pool.length = 0;
      state.arrived = [];
      carrier[Symbol.dispose]();
    },
  };
}

function reserve(state: LinkState, head: RecordHead): RecordPlace {
  settleGrowing(state);
  const { payloadLength, dataLength } = head;
  if (payloadLength > maxPayload || dataLength > maxTransfer) throw new RangeError("link record too large");
  const dataAt = LinkRecord.size + roundUp8(payloadLength);
  if (state.used + dataAt + roundUp8(dataLength) > batchBytes) flush(state);
  const { bytes, view } = current(state);
  const at = state.used;
  view.setUint32(at + LinkRecord.at.channel, head.channel, true);
  view.setUint16(at + LinkRecord.at.kind, head.kind, true);
  view.setUint16(at + LinkRecord.at.flags, head.flags, true);
  view.setUint32(at + LinkRecord.at.payloadLength, payloadLength, true);
  view.setUint32(at + LinkRecord.at.transactionId, head.transactionLow, true);
  view.setUint32(at + LinkRecord.at.transactionId + 4, head.transactionHigh, true);
  view.setUint32(at + LinkRecord.at.dataRoom, head.dataRoom, true);
  state.reserved = dataAt;
  state.place.bytes = bytes;
  state.place.payloadAt = at + LinkRecord.size;
  state.place.dataAt = at + dataAt;
  return state.place;
}

function current(state: LinkState): { bytes: Uint8Array<ArrayBuffer>; view: DataView<ArrayBuffer> } {
  if (state.bytes === null || state.view === null) {
    const buffer = state.pool.pop() ?? new ArrayBuffer(batchBytes);
    state.bytes = new Uint8Array(buffer);
    state.view = new DataView(buffer);
  }
  return { bytes: state.bytes, view: state.view };
}

function commit(state: LinkState, dataLength: number): void {
  const { view, used, reserved } = state;
  if (view === null || reserved === 0) throw new Error("commit without reserve");
  const length = reserved + roundUp8(dataLength);
  view.setUint32(used + LinkRecord.at.length, length, true);
  view.setUint32(used + LinkRecord.at.dataLength, dataLength, true);
  state.used = used + length;
  state.reserved = 0;
  state.counts.recordsOut++;
  if (state.trace.on) noteRecord(state.trace, "linkSent", view, used);
}

function noteRecord(trace: TraceSink, kind: TraceKind, view: DataView<ArrayBuffer>, at: number): void {
  trace.note({
    kind,
    subject: view.getUint32(at + LinkRecord.at.channel, true),
    bytes:
      view.getUint32(at + LinkRecord.at.payloadLength, true) +
      view.getUint32(at + LinkRecord.at.dataLength, true),
    tag: view.getUint32(at + LinkRecord.at.transactionId, true),
    text: linkWord(view.getUint16(at + LinkRecord.at.kind, true)),
  });
}

function settleGrowing(state: LinkState): void {
  const { settle } = state;
  state.settle = null;
  settle?.();
}

function flush(state: LinkState): void {
  settleGrowing(state);
  state.reserved = 0;
  if (state.bytes === null || state.used === 0) return;
  const { buffer } = state.bytes;
  const { used } = state;
  state.bytes = null;
  state.view = null;
  state.used = 0;
  state.counts.batchesOut++;
  state.carrier.send(buffer, used);
}

function read(state: LinkState, visit: (record: ArrivedRecord) => void): number {
  state.looking = true;
  state.carrier.poll?.();
  state.looking = false;
  const { arrived } = state;
  if (arrived.length === 0) return 0;
  state.arrived = [];
  for (const batch of arrived) {
    takeApart(state, batch.buffer, { used: batch.used, visit });
    if (batch.buffer.byteLength === batchBytes && state.pool.length < spareBuffers)
      state.pool.push(batch.buffer);
  }
  return arrived.length;
}

/** The other end is a thread of ours, but a record that lies ends its batch instead of our thread. */
function takeApart(
  state: LinkState,
  buffer: ArrayBuffer,
  batch: { readonly used: number; readonly visit: (record: ArrivedRecord) => void },
): void {
  const view = new DataView(buffer);
  const end = Number.isInteger(batch.used) ? Math.min(batch.used, buffer.byteLength) : 0;
  const record: ArrivedRecord = { ...blankHead(), payloadAt: 0, dataAt: 0, bytes: new Uint8Array(buffer) };
  let at = 0;
  while (at < end) {
    const length = readRecord(view, { at, end }, record);
    if (length === 0) {
      state.counts.corrupt++;
      return;
    }
    state.counts.recordsIn++;
    if (state.trace.on) noteRecord(state.trace, "linkArrived", view, at);
    batch.visit(record);
    at += length;
  }
}

/** A head for a writer or a reader to fill, again and again. */
export function blankHead(): RecordHead {
  return {
    channel: 0,
    kind: 0,
    flags: 0,
    transactionLow: 0,
    transactionHigh: 0,
    payloadLength: 0,
    dataLength: 0,
    dataRoom: 0,
  };
}

/** @returns the record's length, or 0 when it makes no sense */
function readRecord(
  view: DataView,
  place: { readonly at: number; readonly end: number },
  record: ArrivedRecord,
): number {
  const { at, end } = place;
  if (at + LinkRecord.size > end) return 0;
  const length = view.getUint32(at + LinkRecord.at.length, true);
  const payloadLength = view.getUint32(at + LinkRecord.at.payloadLength, true);
  const dataLength = view.getUint32(at + LinkRecord.at.dataLength, true);
  if (payloadLength > maxPayload || dataLength > maxTransfer) return 0;
  const dataOffset = LinkRecord.size + roundUp8(payloadLength);
  if (length % 8 !== 0 || at + length > end || dataOffset + roundUp8(dataLength) > length) return 0;
  record.channel = view.getUint32(at + LinkRecord.at.channel, true);
  record.kind = view.getUint16(at + LinkRecord.at.kind, true);
  record.flags = view.getUint16(at + LinkRecord.at.flags, true);
  record.transactionLow = view.getUint32(at + LinkRecord.at.transactionId, true);
  record.transactionHigh = view.getUint32(at + LinkRecord.at.transactionId + 4, true);
  record.payloadLength = payloadLength;
  record.dataLength = dataLength;
  record.dataRoom = view.getUint32(at + LinkRecord.at.dataRoom, true);
  record.payloadAt = at + LinkRecord.size;
  record.dataAt = at + dataOffset;
  return length;
}

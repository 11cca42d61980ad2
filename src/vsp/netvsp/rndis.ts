import {
  netLimits,
  RndisComplete,
  RndisHeader,
  RndisIndicate,
  type RndisIndication,
  RndisInitialize,
  RndisInitializeComplete,
  RndisMessage,
  RndisQueryComplete,
  RndisRequest,
  RndisStatus,
  rndisBodyAt,
} from "../../hvdef/index.ts";
import { type AdapterFacts, queryObject, setObject } from "./objects.ts";
import type { AdapterState } from "./state.ts";

/** Messages in a transfer start on multiples of 1 << 3 bytes. */
const alignment = 3;

/** What a control message led to. */
export interface RndisStep {
  readonly adapter: AdapterState;
  /** The answer, a message of its own; `null`: there is none to this message. */
  readonly reply: Uint8Array<ArrayBuffer> | null;
  /** It made no sense, or is none of ours. */
  readonly refused: boolean;
}

/** What a control message meets. */
export interface RndisSurroundings {
  readonly facts: AdapterFacts;
  /** The link is up. */
  readonly isUp: boolean;
  /** The guest can take large frames in fragments. */
  readonly coalesces: boolean;
}

/**
 * Answers one control message, of any length and contents. Invariants: a request whose number could be read has
 * exactly one answer, but a halt, which has none; a refused one leaves the adapter alone.
 */
export function stepRndis(
  adapter: AdapterState,
  message: Uint8Array<ArrayBuffer>,
  around: RndisSurroundings,
): RndisStep {
  const refused = { adapter, reply: null, refused: true };
  if (message.length < RndisHeader.size + 4) return refused;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const { type, length } = RndisHeader.read(view);
  if (length < RndisHeader.size + 4 || length > message.length) return refused;
  const request = view.getUint32(rndisBodyAt, true);
  switch (type) {
    case RndisMessage.initialize:
      if (length < RndisInitialize.size) return refused;
      return { adapter: { ...adapter, running: true }, reply: initializeReply(request), refused: false };
    case RndisMessage.halt:
      return { adapter: halted(adapter), reply: null, refused: false };
    case RndisMessage.query:
      return query(adapter, { view, length, request }, around);
    case RndisMessage.set:
      return set(adapter, { message, view, length, request }, around);
    case RndisMessage.keepAlive:
      return { adapter, reply: complete(RndisMessage.keepAliveComplete, request, 0), refused: false };
    case RndisMessage.reset:
      // Filter and addresses stay as they are: nothing must be set again.
      return { adapter, reply: complete(RndisMessage.resetComplete, 0, 0), refused: false };
    default:
      return refused;
  }
}

function halted(adapter: AdapterState): AdapterState {
  return { ...adapter, running: false, filter: 0, wholeIpv4: false, wholeIpv6: false };
}

function query(
  adapter: AdapterState,
  asked: { readonly view: DataView; readonly length: number; readonly request: number },
  around: RndisSurroundings,
): RndisStep {
  const { view, length, request } = asked;
  if (length < RndisRequest.size) {
    return { adapter, reply: queryReply(request, RndisStatus.invalidLength, none), refused: true };
  }
  const { oid } = RndisRequest.read(view);
  const { facts, isUp, coalesces } = around;
  const value = queryObject(oid, facts, { adapter, isUp, coalesces });
  const reply =
    value.kind === "value"
      ? queryReply(request, RndisStatus.success, value.bytes)
      : queryReply(request, value.status, none);
  return { adapter, reply, refused: false };
}

function set(
  adapter: AdapterState,
  asked: {
    readonly message: Uint8Array<ArrayBuffer>;
    readonly view: DataView;
    readonly length: number;
    readonly request: number;
  },
  around: RndisSurroundings,
): RndisStep {
  const { message, view, length, request } = asked;
  const answer = (status: RndisStatus) => complete(RndisMessage.setComplete, request, status);
  if (length < RndisRequest.size) return { adapter, reply: answer(RndisStatus.invalidLength), refused: true };
  const { oid, valueOffset, valueLength } = RndisRequest.read(view);
  const at = rndisBodyAt + valueOffset;
  if (at + valueLength > length) return { adapter, reply: answer(RndisStatus.invalidLength), refused: true };
  const outcome = setObject(oid, message.subarray(at, at + valueLength), { adapter, facts: around.facts });
  return { adapter: outcome.adapter, reply: answer(outcome.status), refused: false };
}

const none = new Uint8Array(0);

function initializeReply(request: number): Uint8Array<ArrayBuffer> {
  return RndisInitializeComplete.bytes({
    type: RndisMessage.initializeComplete,
    length: RndisInitializeComplete.size,
    request,
    status: RndisStatus.success,
    major: 1,
    minor: 0,
    deviceFlags: 1,
    medium: 0,
    maxPackets: netLimits.packetsPerTransfer,
    maxTransfer: netLimits.transferBytes,
    alignment,
    addressListOffset: 0,
    addressListLength: 0,
  });
}

function queryReply(
  request: number,
  status: RndisStatus,
  value: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(RndisQueryComplete.size + value.length);
  RndisQueryComplete.write(new DataView(out.buffer), 0, {
    type: RndisMessage.queryComplete,
    length: out.length,
    request,
    status,
    valueLength: value.length,
    valueOffset: value.length === 0 ? 0 : RndisQueryComplete.size - rndisBodyAt,
  });
  out.set(value, RndisQueryComplete.size);
  return out;
}

function complete(type: number, request: number, status: number): Uint8Array<ArrayBuffer> {
  return RndisComplete.bytes({ type, length: RndisComplete.size, request, status });
}

/** News for the guest. */
export function indication(status: RndisIndication): Uint8Array<ArrayBuffer> {
  return RndisIndicate.bytes({
    type: RndisMessage.indicate,
    length: RndisIndicate.size,
    status,
    valueLength: 0,
    valueOffset: 0,
  });
}

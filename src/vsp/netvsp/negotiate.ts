import {
  canCoalesce,
  NvspBuffer,
  NvspInit,
  NvspInitComplete,
  NvspMessage,
  NvspNdisConfig,
  NvspReceiveBufferComplete,
  NvspRevoke,
  NvspSendBufferComplete,
  NvspStatus,
  NvspStatusOnly,
  netLimits,
  nvspVersion61,
  packetInfoBytes,
  RndisPacket,
} from "../../hvdef/index.ts";
import { shortestFrame, tagBytes } from "../../network/index.ts";
import { unreachable } from "../../support/index.ts";
import type { NetState } from "./state.ts";

/** A message of the guest that carries no RNDIS. */
export type NetEvent =
  | { readonly kind: "init"; readonly lowest: number; readonly highest: number }
  | { readonly kind: "config"; readonly frameBytes: number; readonly coalesces: boolean }
  /** `bytes`: of the page list; 0 when there is none. */
  | { readonly kind: "receiveBuffer"; readonly gpadl: number; readonly id: number; readonly bytes: number }
  | { readonly kind: "sendBuffer"; readonly gpadl: number; readonly id: number; readonly bytes: number }
  | { readonly kind: "revokeReceive"; readonly id: number }
  | { readonly kind: "revokeSend"; readonly id: number }
  /** Nothing follows from it. */
  | { readonly kind: "noted"; readonly type: number }
  | { readonly kind: "unknown"; readonly type: number };

/** The state afterwards, and the answer for a guest that waits. */
export interface NetStep {
  readonly state: NetState;
  readonly answer: Uint8Array<ArrayBuffer>;
  /** The event was out of place, or asked for what cannot be. */
  readonly refused: boolean;
}

/** Reads a message of `nvspBytes`. `listBytes`: size of the page list it names. */
export function netEvent(type: number, message: Uint8Array<ArrayBuffer>, listBytes: number): NetEvent {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  switch (type) {
    case NvspMessage.init: {
      const { lowest, highest } = NvspInit.read(view);
      return { kind: "init", lowest, highest };
    }
    case NvspMessage.ndisConfig: {
      const { frameBytes, capabilities } = NvspNdisConfig.read(view);
      return { kind: "config", frameBytes, coalesces: (capabilities & canCoalesce) !== 0n };
    }
    case NvspMessage.receiveBuffer:
    case NvspMessage.sendBuffer: {
      const { gpadl, id } = NvspBuffer.read(view);
      const kind = type === NvspMessage.sendBuffer ? "sendBuffer" : "receiveBuffer";
      return { kind, gpadl, id, bytes: listBytes };
    }
    case NvspMessage.revokeReceiveBuffer:
      return { kind: "revokeReceive", id: NvspRevoke.read(view).id };
    case NvspMessage.revokeSendBuffer:
      return { kind: "revokeSend", id: NvspRevoke.read(view).id };
    case NvspMessage.ndisVersion:
      return { kind: "noted", type };
    default:
      return { kind: "unknown", type };
  }
}

/**
 * The negotiation as a step machine. Invariants: every event has an answer of `nvspBytes`; a refused event leaves
 * the state alone; buffers are there only in an agreed version, one of each kind at most.
 */
export function stepNegotiation(state: NetState, event: NetEvent): NetStep {
  switch (event.kind) {
    case "init":
      return init(state, event.lowest, event.highest);
    case "config": {
      if (state.kind !== "agreed") return refused(state, NvspMessage.ndisConfig);
      const frameBytes = Math.min(Math.max(event.frameBytes, shortestFrame), longestExpected);
      const { coalesces } = event;
      return taken(
        { ...state, frameBytes, coalesces },
        statusAnswer(NvspMessage.ndisConfig, NvspStatus.success),
      );
    }
    case "receiveBuffer":
      return receiveBuffer(state, event);
    case "sendBuffer":
      return sendBuffer(state, event);
    case "revokeReceive": {
      const type = NvspMessage.revokeReceiveBuffer;
      if (state.kind !== "agreed" || state.receive?.id !== event.id) return refused(state, type);
      return taken({ ...state, receive: null }, statusAnswer(type, NvspStatus.success));
    }
    case "revokeSend": {
      const type = NvspMessage.revokeSendBuffer;
      if (state.kind !== "agreed" || state.send?.id !== event.id) return refused(state, type);
      return taken({ ...state, send: null }, statusAnswer(type, NvspStatus.success));
    }
    case "noted":
      return taken(state, statusAnswer(event.type, NvspStatus.success));
    case "unknown":
      return refused(state, event.type, NvspStatus.unsupported);
    default:
      return unreachable(event);
  }
}

/** Longest frame we divide a buffer for; what is longer is not delivered. Reason: no adapter has larger ones. */
const longestExpected = 9216 + shortestFrame;

/** Memory descriptors of one packet, as Hyper-V says. Linux does not look. */
const maxListLength = 34;

function init(state: NetState, lowest: number, highest: number): NetStep {
  const answer = (version: number, status: NvspStatus) =>
    NvspInitComplete.bytes({
      type: NvspMessage.initComplete,
      version,
      maxListLength,
      status,
      reserved: new Uint8Array(24),
    });
  if (state.kind !== "opened")
    return { state, answer: answer(nvspVersion61, NvspStatus.fail), refused: true };
  if (lowest > nvspVersion61 || highest < nvspVersion61) {
    const status = lowest > nvspVersion61 ? NvspStatus.tooNew : NvspStatus.tooOld;
    return { state, answer: answer(nvspVersion61, status), refused: true };
  }
  const agreed: NetState = {
    kind: "agreed",
    version: nvspVersion61,
    frameBytes: 1500 + shortestFrame,
    coalesces: false,
    receive: null,
    send: null,
  };
  return taken(agreed, answer(nvspVersion61, NvspStatus.success));
}

/** Bytes of a part that holds a frame of this length, its tag, its header and what we say of it. */
function partBytesFor(frameBytes: number): number {
  const needed = RndisPacket.size + 2 * packetInfoBytes + frameBytes + tagBytes;
  return Math.max(netLimits.partBytes, Math.ceil(needed / 64) * 64);
}

function receiveBuffer(state: NetState, event: Extract<NetEvent, { kind: "receiveBuffer" }>): NetStep {
  const { gpadl, id, bytes } = event;
  const answer = (status: NvspStatus, partBytes: number, parts: number) =>
    NvspReceiveBufferComplete.bytes({
      type: NvspMessage.receiveBufferComplete,
      status,
      sectionCount: parts === 0 ? 0 : 1,
      offset: 0,
      partBytes,
      parts,
      end: partBytes * parts,
      reserved: new Uint8Array(12),
    });
  const partBytes = state.kind === "agreed" ? partBytesFor(state.frameBytes) : 0;
  const parts = partBytes === 0 ? 0 : Math.min(Math.floor(bytes / partBytes), netLimits.parts);
  if (state.kind !== "agreed" || state.receive !== null || parts < netLimits.fewestParts) {
    return { state, answer: answer(NvspStatus.fail, 0, 0), refused: true };
  }
  const receive = { gpadl, id, partBytes, parts };
  return taken({ ...state, receive }, answer(NvspStatus.success, partBytes, parts));
}

function sendBuffer(state: NetState, event: Extract<NetEvent, { kind: "sendBuffer" }>): NetStep {
  const { gpadl, id, bytes } = event;
  const answer = (status: NvspStatus, sectionBytes: number) =>
    NvspSendBufferComplete.bytes({
      type: NvspMessage.sendBufferComplete,
      status,
      sectionBytes,
      reserved: new Uint8Array(28),
    });
  if (state.kind !== "agreed" || state.send !== null || bytes < netLimits.sendSectionBytes) {
    return { state, answer: answer(NvspStatus.fail, 0), refused: true };
  }
  return taken({ ...state, send: { gpadl, id } }, answer(NvspStatus.success, netLimits.sendSectionBytes));
}

/** An answer that is a status and nothing else. */
export function statusAnswer(type: number, status: NvspStatus): Uint8Array<ArrayBuffer> {
  return NvspStatusOnly.bytes({ type, status, reserved: new Uint8Array(32) });
}

function taken(state: NetState, answer: Uint8Array<ArrayBuffer>): NetStep {
  return { state, answer, refused: false };
}

function refused(state: NetState, type: number, status: NvspStatus = NvspStatus.fail): NetStep {
  return { state, answer: statusAnswer(type, status), refused: true };
}

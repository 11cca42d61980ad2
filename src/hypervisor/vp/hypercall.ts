import {
  connectionIdLimit,
  type GuestCalls,
  type GuestMemory,
  HvStatus,
  HypercallCode,
  type HypercallControl,
  hypercallControl,
  inRam,
  messagePayloadLimit,
  PostMessageInput,
  pageSize,
  postMessageInputSize,
  SignalEventInput,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { VpRegisters } from "../../vid/index.ts";

/** Answers hypercalls while the guest's instruction waits. */
export interface Hypercalls {
  /** Who answers the two calls from now on. */
  bind(calls: GuestCalls): void;
  /** Carries out the call in the registers; the status goes to EDX:EAX, nothing else changes. */
  call(registers: VpRegisters): void;
  inspect(): InspectNode;
}

/** Until the bus is there, no connection is. */
const nobody: GuestCalls = {
  postMessage: () => HvStatus.invalidConnectionId,
  signalEvent: () => HvStatus.invalidConnectionId,
};

/** Where input lies when the call is not fast: the guest's word, up to 64 bits wide. */
const inputAddress = (registers: VpRegisters) => registers.get("ebx") * 0x1_0000_0000 + registers.get("ecx");

/** Copies the input of a call out of RAM, or says what is wrong with its address. @tlfs 3.7 */
function readInput(memory: GuestMemory, at: number, length: number): Uint8Array<ArrayBuffer> | HvStatus {
  const within = at % pageSize;
  if (at % 8 !== 0 || within + length > pageSize) return HvStatus.invalidAlignment;
  if (!inRam(memory, at, length)) return HvStatus.invalidParameter;
  return memory.bytes().slice(at, at + length);
}

/** @tlfs HvCallPostMessage */
function postMessage(input: Uint8Array<ArrayBuffer>, calls: GuestCalls): HvStatus {
  const head = PostMessageInput.read(new DataView(input.buffer));
  if (head.messageType === 0 || head.messageType >= 0x80000000) return HvStatus.invalidParameter;
  if (head.reserved !== 0 || head.payloadSize > messagePayloadLimit) return HvStatus.invalidParameter;
  if (head.connectionId > connectionIdLimit) return HvStatus.invalidConnectionId;
  const payload = input.slice(PostMessageInput.size, PostMessageInput.size + head.payloadSize);
  return calls.postMessage(head.connectionId, head.messageType, payload);
}

/** @tlfs HvCallSignalEvent */
function signalEvent(input: Uint8Array<ArrayBuffer>, calls: GuestCalls): HvStatus {
  const { connectionId, flagNumber, reserved } = SignalEventInput.read(new DataView(input.buffer));
  if (reserved !== 0) return HvStatus.invalidParameter;
  if (connectionId > connectionIdLimit) return HvStatus.invalidConnectionId;
  return calls.signalEvent(connectionId, flagNumber);
}

/** The first 8 bytes of a fast call's input. */
function fastInput(registers: VpRegisters): Uint8Array<ArrayBuffer> {
  const input = new Uint8Array(8);
  const view = new DataView(input.buffer);
  view.setUint32(0, registers.get("ecx"), true);
  view.setUint32(4, registers.get("ebx"), true);
  return input;
}

/** @tlfs 3 partial: two calls; others answer "invalid hypercall code" */
export function openHypercalls(memory: GuestMemory): Hypercalls {
  let calls = nobody;
  const counters = { postMessage: 0, signalEvent: 0, unknown: 0, denied: 0, failed: 0 };
  let lastUnknown = 0;
  let lastFailure = 0;

  function perform(control: HypercallControl, registers: VpRegisters): HvStatus {
    switch (control.code) {
      case HypercallCode.postMessage: {
        counters.postMessage++;
        if (control.extra !== 0 || control.fast) return HvStatus.invalidHypercallInput;
        const input = readInput(memory, inputAddress(registers), postMessageInputSize);
        return typeof input === "number" ? input : postMessage(input, calls);
      }
      case HypercallCode.signalEvent: {
        counters.signalEvent++;
        if (control.extra !== 0) return HvStatus.invalidHypercallInput;
        if (control.fast) return signalEvent(fastInput(registers), calls);
        const input = readInput(memory, inputAddress(registers), SignalEventInput.size);
        return typeof input === "number" ? input : signalEvent(input, calls);
      }
      default:
        counters.unknown++;
        lastUnknown = control.code;
        return HvStatus.invalidHypercallCode;
    }
  }

  function judge(registers: VpRegisters): HvStatus {
    if (registers.privilege() === 0) {
      return perform(hypercallControl(registers.get("eax"), registers.get("edx")), registers);
    }
    counters.denied++;
    return HvStatus.accessDenied;
  }

  return {
    bind(bound) {
      calls = bound;
    },
    call(registers) {
      const status = judge(registers);
      if (status !== HvStatus.success) {
        counters.failed++;
        lastFailure = status;
      }
      registers.set("eax", status);
      registers.set("edx", 0);
    },
    inspect: () => ({ ...counters, lastUnknown, lastFailure }),
  };
}

import { type Infer, layout, u8, u16, u32, u64 } from "../support/index.ts";

/** Status of a hypercall. Open: the wire may carry others. @tlfs hypercall status codes */
export const HvStatus = {
  success: 0,
  invalidHypercallCode: 2,
  invalidHypercallInput: 3,
  invalidAlignment: 4,
  invalidParameter: 5,
  accessDenied: 6,
  operationDenied: 8,
  insufficientMemory: 11,
  invalidPortId: 17,
  invalidConnectionId: 18,
  insufficientBuffers: 19,
  invalidSynicState: 24,
} as const;
export type HvStatus = (typeof HvStatus)[keyof typeof HvStatus];

/** Synthetic interrupt source that VMBus uses. */
export const vmbusSint = 2;

/** Largest payload of a SynIC message in bytes. @tlfs 11.8 */
export const messagePayloadLimit = 240;

/** Synthetic interrupt sources of one processor. */
export const sintCount = 16;

/** Bytes of one SINT's slot in the message page, and of its flags in the event flag page. */
export const sintAreaSize = 256;

/** Head of a slot in the message page; the payload follows. @tlfs 11.8.5 */
export const SynicMessageHead = layout("SynicMessageHead", "le", 16, {
  type: u32, // 0: the slot is empty
  payloadSize: u8, // at most messagePayloadLimit
  flags: u8, // SynicMessageFlag
  reserved: u16,
  origin: u64, // sender or port; not told
});
export type SynicMessageHead = Infer<typeof SynicMessageHead>;

/** Bits of a message's flags. */
export const SynicMessageFlag = { pending: 1 } as const;

/** Message types of the hypervisor itself; VMBus uses 1. */
export const HvMessageType = { none: 0, channel: 1, timerExpired: 0x80000010 } as const;

/** Payload of a timer message. Times are in 100 ns of reference time. @tlfs 12.4.2 */
export const TimerMessage = layout("TimerMessage", "le", 24, {
  timerIndex: u32, // 0 to 3
  reserved: u32,
  expirationTime: u64, // when it was due
  deliveryTime: u64, // when it reached the slot
});
export type TimerMessage = Infer<typeof TimerMessage>;

/** Event flags of one SINT. Flag 0 is reserved by VMBus. */
export const eventFlagCount = 2048;

/**
 * What the synthetic interrupt controller offers to the owner of a port, such as the bus.
 * Both calls return at once and may be used from inside a hypercall; the interrupt follows when the
 * guest's instruction has ended.
 */
export interface SynicPort {
  /** Queues a message behind the SINT's slot, first in first out. The payload is copied. */
  postMessage(sint: number, type: number, payload: Uint8Array): void;
  /** Sets an event flag; raises the SINT unless the flag was set already. */
  signalEvent(sint: number, flag: number): void;
  /** Forgets messages that wait behind the slot: a guest that starts over must not see its predecessor's. */
  discardMessages(sint: number): void;
}

/** What answers the guest's two VMBus hypercalls. Synchronous: the guest's instruction waits. */
export interface GuestCalls {
  /** The payload is a copy the callee may keep. */
  postMessage(connection: number, type: number, payload: Uint8Array<ArrayBuffer>): HvStatus;
  signalEvent(connection: number, flag: number): HvStatus;
}

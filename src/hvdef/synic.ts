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
}

/** What answers the guest's two VMBus hypercalls. Synchronous: the guest's instruction waits. */
export interface GuestCalls {
  /** The payload is a copy the callee may keep. */
  postMessage(connection: number, type: number, payload: Uint8Array<ArrayBuffer>): HvStatus;
  signalEvent(connection: number, flag: number): HvStatus;
}

import { type Infer, layout, u16, u32 } from "../support/index.ts";

/** Call codes we answer. Open: a guest may ask any other. @tlfs appendix, hypercall codes */
export const HypercallCode = { postMessage: 0x5c, signalEvent: 0x5d } as const;

/** The control word of a hypercall, taken apart. @tlfs 3.7 */
export interface HypercallControl {
  /** 16 bits. */
  readonly code: number;
  /** Parameters are in registers. */
  readonly fast: boolean;
  /** All that must be zero for a simple call: variable header, nesting, repeats, reserved bits. */
  readonly extra: number;
}

/** Takes the control word apart. Both halves are unsigned 32-bit. */
export function hypercallControl(low: number, high: number): HypercallControl {
  return { code: low & 0xffff, fast: (low & 0x10000) !== 0, extra: ((low & 0xfffe0000) | high) >>> 0 };
}

/** Head of HvPostMessage's input; 240 bytes of payload room follow. @tlfs HvCallPostMessage */
export const PostMessageInput = layout("PostMessageInput", "le", 16, {
  connectionId: u32, // bits 23:0
  reserved: u32, // must be zero
  messageType: u32, // not zero, top bit clear
  payloadSize: u32, // at most messagePayloadLimit
});
export type PostMessageInput = Infer<typeof PostMessageInput>;

/** Bytes of HvPostMessage's whole input in memory: head and payload room. */
export const postMessageInputSize = 256;

/** Input of HvSignalEvent, in memory or in one register pair. @tlfs HvCallSignalEvent */
export const SignalEventInput = layout("SignalEventInput", "le", 8, {
  connectionId: u32, // bits 23:0
  flagNumber: u16, // relative to the connection's first flag
  reserved: u16, // must be zero
});
export type SignalEventInput = Infer<typeof SignalEventInput>;

/** Largest connection id: 24 bits. */
export const connectionIdLimit = 0xffffff;

import {
  type GuestMemory,
  messagePayloadLimit,
  SynicMessageFlag,
  SynicMessageHead,
  sintAreaSize,
} from "../../hvdef/index.ts";

/** A message on its way to a slot. */
export interface QueuedMessage {
  readonly type: number;
  /** At most 240 bytes; belongs to the queue. */
  readonly payload: Uint8Array;
  /** Called once, just before the payload is copied to the slot. May still change the payload. */
  readonly leaves?: () => void;
}

/** Messages of one SINT, first in first out. */
export interface MessageQueue {
  /** `false` when the queue is full: the message is dropped. */
  push(message: QueuedMessage): boolean;
  /**
   * Moves the first message into the slot of the message page, if the slot is empty; otherwise asks the
   * guest to tell when it is.
   *
   * @returns whether a message was delivered
   */
  deliver(page: number): boolean;
  length(): number;
  clear(): void;
  /** What waits, first to last. */
  messages(): readonly QueuedMessage[];
}

/**
 * Most messages that wait for one SINT. Reason: 2047 channels, each offered once and answered once,
 * fit; a guest that provokes more without reading loses them.
 */
export const messageQueueLimit = 4096;

/** @tlfs 11.9 */
export function openMessageQueue(memory: GuestMemory, sint: number): MessageQueue {
  let waiting: QueuedMessage[] = [];

  function deliver(page: number): boolean {
    const message = waiting[0];
    if (message === undefined) return false;
    const slot = page + sint * sintAreaSize;
    const view = memory.view();
    if (view.getUint32(slot + SynicMessageHead.at.type, true) !== 0) {
      const flags = slot + SynicMessageHead.at.flags;
      view.setUint8(flags, view.getUint8(flags) | SynicMessageFlag.pending);
      memory.wrote(flags, 1);
      return false;
    }
    waiting.shift();
    message.leaves?.();
    memory.bytes().set(message.payload, slot + SynicMessageHead.size);
    SynicMessageHead.write(view, slot, {
      type: 0,
      payloadSize: message.payload.length,
      flags: waiting.length > 0 ? SynicMessageFlag.pending : 0,
      reserved: 0,
      origin: 0n,
    });
    view.setUint32(slot + SynicMessageHead.at.type, message.type, true);
    memory.wrote(slot, SynicMessageHead.size + messagePayloadLimit);
    return true;
  }

  return {
    push(message) {
      if (waiting.length >= messageQueueLimit) return false;
      waiting.push(message);
      return true;
    },
    deliver,
    length: () => waiting.length,
    clear() {
      waiting = [];
    },
    messages: () => waiting,
  };
}

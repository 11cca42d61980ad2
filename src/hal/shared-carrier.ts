import { batchBytes, type Carrier, type SharedEnd, spareBuffers } from "../hvdef/index.ts";
import { openRingReader, openRingWriter } from "./shared-ring.ts";

/** Largest batch that is copied, bytes. Reason: measured; beyond it a message with the buffer itself is as fast. */
const largestCopied = 128 << 10;

interface NumberedBatch {
  readonly number: number;
  readonly buffer: ArrayBuffer;
  readonly used: number;
}

function isNumberedBatch(value: unknown): value is NumberedBatch {
  if (typeof value !== "object" || value === null) return false;
  const { number, buffer, used } = value as { number?: unknown; buffer?: unknown; used?: unknown };
  return (
    Number.isInteger(number) &&
    buffer instanceof ArrayBuffer &&
    Number.isInteger(used) &&
    (used as number) >= 0 &&
    (used as number) <= buffer.byteLength
  );
}

/**
 * Carries small batches through shared memory, and those that are large or find no room there as messages with
 * transferred buffers: nobody waits for room. Owns the end. A sender whose batches make no sense is not heard
 * any more.
 */
export function sharedCarrier({ memory, side, port }: SharedEnd): Carrier {
  const writer = openRingWriter(memory, side);
  const reader = openRingReader(memory, side);
  const spare: ArrayBuffer[] = [];
  let handler: ((buffer: ArrayBuffer, used: number) => void) | null = null;
  let handing = false;
  let open = true;
  /** Numbers of the next batch each way. */
  let next = 0;
  let expected = 0;
  /** Buffers that came by message and did not go back yet, as many as the other side would keep. */
  let foreign = 0;

  function close(): void {
    open = false;
    spare.length = 0;
    port.close();
    reader.wake();
  }
  function bufferOf(room: number): ArrayBuffer {
    return (room === batchBytes ? spare.pop() : undefined) ?? new ArrayBuffer(room);
  }
  function hand(buffer: ArrayBuffer, used: number): void {
    expected = (expected + 1) | 0;
    handing = true;
    try {
      handler?.(buffer, used);
    } finally {
      handing = false;
    }
  }
  /** Takes only what is there now: a sender that never rests must not hold this thread. */
  function drain(): void {
    if (handing || handler === null) return;
    const end = reader.end();
    while (open) {
      const batch = reader.take(expected, end, bufferOf);
      if (batch === null) return;
      if (batch === "corrupt") close();
      else hand(batch.buffer, batch.used);
    }
  }
  function sleep(): void {
    if (!open) return;
    const woken = reader.sleep();
    if (woken === null) {
      close();
      return;
    }
    // Out of the promise: a bug in the handler ends the thread as it would in any other event.
    woken.then(() => queueMicrotask(wakeUp)).catch(() => {});
    // By way of a task, so that others have their turn while batches keep coming.
    if (reader.ready(expected)) reader.wake();
  }
  function wakeUp(): void {
    try {
      drain();
    } finally {
      sleep();
    }
  }
  function takeMessage(message: unknown): void {
    if (!open || !isNumberedBatch(message)) return;
    // All batches with smaller numbers were in the ring before the message was sent.
    drain();
    if (message.number !== expected) {
      close();
      return;
    }
    if (message.buffer.byteLength === batchBytes) foreign = Math.min(foreign + 1, spareBuffers);
    hand(message.buffer, message.used);
    drain();
  }
  /** As a message also when a buffer is owed: the other side would have to make new ones. */
  function sendMessage(batch: NumberedBatch): void {
    foreign = Math.max(0, foreign - 1);
    port.postMessage(batch, [batch.buffer]);
  }
  return {
    spare,
    send(buffer, used) {
      if (!open) return;
      const number = next;
      next = (next + 1) | 0;
      const copied =
        foreign === 0 &&
        used <= largestCopied &&
        buffer.byteLength <= batchBytes &&
        writer.put(number, buffer, used);
      if (!copied) sendMessage({ number, buffer, used });
      else if (buffer.byteLength === batchBytes && spare.length < spareBuffers) spare.push(buffer);
    },
    receive(taker) {
      handler = taker;
      port.onmessage = (event: MessageEvent<unknown>) => takeMessage(event.data);
      sleep();
    },
    poll: drain,
    [Symbol.dispose]: close,
  };
}

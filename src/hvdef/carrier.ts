/**
 * Moves whole batches of link records between two threads, in order, at most once each.
 * Three implementations obey one contract test: MessagePort, shared memory, loopback.
 */
export interface Carrier extends Disposable {
  /**
   * Sends the first `used` bytes. The buffer's ownership moves to the other side.
   * A carrier whose other side is gone drops the batch silently: the control plane tells of the end.
   */
  send(buffer: ArrayBuffer, used: number): void;
  /** Takes the handler of arriving batches; the buffer then belongs to the handler. Called once. */
  receive(handler: (buffer: ArrayBuffer, used: number) => void): void;
  /**
   * Hands over at once what has arrived, if the carrier can tell without a turn of the event loop: a thread
   * that is busy looks here. Within the handler it does nothing.
   */
  poll?(): void;
  /**
   * Empty buffers of `batchBytes`, at most `spareBuffers`. A carrier that copies gets and needs as many as its
   * user does: both take them here and put them back here.
   */
  readonly spare?: ArrayBuffer[];
}

/** One end of a carrier before it is opened: what crosses to the thread that opens it, once. */
export type CarrierEnd = MessagePort | SharedEnd;

/**
 * An end with shared memory: small batches lie in its rings, all others go through the port. Every batch has
 * a number, which puts the two ways in order.
 *
 * ```
 * +--------------------+--------------------+-------------------+-------------------+
 * | cells, side 0 to 1 | cells, side 1 to 0 | ring, side 0 to 1 | ring, side 1 to 0 |
 * +--------------------+--------------------+-------------------+-------------------+
 *   256 B                256 B                a power of two      as large
 * ```
 *
 * A ring holds batches back to back: {@link SharedBatch}, bytes, padding to 16. Positions count bytes since
 * the start, modulo 2^32; a batch's bytes go on at the start of the ring when they reach its end.
 */
export interface SharedEnd {
  readonly memory: SharedArrayBuffer;
  readonly side: 0 | 1;
  readonly port: MessagePort;
}

/** Places of a direction's cells, in 32-bit units. What two threads write lies 64 bytes apart or more. */
export const SharedCell = {
  /** Position behind the last batch. Written by the sender. */
  written: 0,
  /** Position of the first batch. Written by the reader. */
  read: 32,
  /** 1 when the reader wants to be woken: set by the reader, taken by the sender. */
  asleep: 48,
  /** Always 0: the reader waits here. */
  bell: 49,
} as const;

/** Cells of one direction, in 32-bit units. */
export const sharedCells = 64;

/** Head of a batch in a ring, places in 32-bit units; 16 bytes. */
export const SharedBatch = {
  /** Number of the batch in its direction, from 0, modulo 2^32. */
  number: 0,
  /** Bytes that follow. */
  used: 1,
  /** Bytes of the buffer that was sent, at least `used`. */
  room: 2,
  units: 4,
} as const;

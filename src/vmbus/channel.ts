import type { ChannelId } from "../hvdef/index.ts";
import type { AnyBytes, InspectNode } from "../support/index.ts";

/** One packet of the guest. Views are valid during the handler only: copy what must outlive it. */
export interface ChannelRequest {
  readonly transactionId: bigint;
  /** The guest waits: exactly one `complete` or `begin`…`end` must follow, at any later time. */
  readonly wantsCompletion: boolean;
  /** The packet's payload as in the ring. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Guest bytes that flow to the host; empty when none do. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Bytes the guest's page list describes: the most a completion may carry back, or what a gather rule looked up. */
  readonly dataRoom: number;
}

/**
 * Room for one completion in the outgoing batch. Fill it and call `end` in the same turn, before any other
 * use of any channel: `end` throws when it comes too late. Without `end` it is forgotten.
 */
export interface Completion {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly data: Uint8Array<ArrayBuffer>;
  /** Queues the completion with the first `dataLength` bytes of `data`. */
  end(dataLength: number): void;
}

/**
 * A packet of the host whose data goes to a buffer in guest memory. It may grow until the batch leaves or
 * anything else uses the link, and leaves by itself. The guest answers it with `taken`.
 */
export interface Transfer {
  /** Where the range that was added last is to be written: the outgoing batch, or the guest's memory itself. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /**
   * Adds one range: `length` bytes, 1 to `transferBytes`, that go to `offset` of the buffer.
   *
   * @returns where they are to be written in `bytes` as it is then, at once, whole and before any other use of a channel; -1:
   *          the packet is full or has left, begin another
   */
  add(offset: number, length: number): number;
}

/** What a channel's owner wants to hear. */
export interface ChannelHandlers {
  /** The guest opened the channel; `userData` is 120 bytes (empty for internal channels), valid during the call. */
  opened(version: number, userData: AnyBytes): void;
  request(request: ChannelRequest): void;
  /**
   * The guest is done with a transfer, or never got it (`lost`: no room, or its buffer is gone). Once for each,
   * unless the channel closes first. `payload` is the guest's word, valid during the call.
   */
  taken?(transactionId: number, payload: Uint8Array<ArrayBuffer>, lost: boolean): void;
  /** Packets of `send` that are in the guest's ring since this was last said, and their bytes. Of sockets only. */
  sent?(packets: number, bytes: number): void;
  /** Packets without an answer count as taken when the owner says so with `credit`, not when they were handed over. */
  readonly ownCredit?: true;
  /** The program of a queue, or the device, beside the guest says something. `payload` is valid during the call. */
  noted?(payload: Uint8Array<ArrayBuffer>): void;
  /** The guest closed it, unloaded or was reset. Drop everything in flight; completions from before are ignored. */
  closed(): void;
}

/**
 * The parent's end of one channel: what a VSP holds. It cannot tell which carrier is underneath.
 * Calls after `closed` do nothing. Batches leave by themselves at the end of the current turn.
 */
export interface Channel {
  readonly id: ChannelId;
  /** Number of this opening, as the worker process of the machine knows it; 0 before `opened`. */
  readonly opening: number;
  /**
   * Reserves a completion in the outgoing batch, so that a disk can read straight into it.
   * `dataBytes` at most `maxTransfer`, `payloadBytes` at most `maxPayload`.
   */
  begin(transactionId: bigint, payloadBytes: number, dataBytes: number): Completion;
  /** A completion without data. */
  complete(transactionId: bigint, payload: AnyBytes): void;
  /** A packet of the host's own accord. */
  send(payload: AnyBytes): void;
  /** So many packets without an answer were taken, with so many bytes of payload: their like may follow. */
  credit(packets: number, bytes: number): void;
  /** Word to the device beside the guest, which is told between two slices. Copied. */
  tell(payload: AnyBytes): void;
  /**
   * Gives guest memory a name, in place of any other of that name.
   *
   * @param buffer        up to 0xFFFF for transfers, beyond that for the gather rule only
   * @param gpadl         the guest's handle of its page list; nothing tells when there is no such list
   * @param sectionBytes  the unit in which the gather rule counts, at least 1
   */
  nameBuffer(buffer: number, gpadl: number, sectionBytes: number): void;
  /** From here on the memory of that name is not touched. */
  forgetBuffer(buffer: number): void;
  /**
   * Begins a transfer to a named buffer. `payload` at most `transferPayload` bytes, copied. A transfer without a
   * range never leaves.
   *
   * @param transactionId  any 31 bits that no transfer under way has
   */
  beginTransfer(buffer: number, transactionId: number, payload: AnyBytes): Transfer;
  inspect(): InspectNode;
}

/**
 * Takes a channel and answers what it wants to hear. A VSP is such a function applied to its disk, port or
 * screen. Called once for every opening, with a channel of its own: after `closed` both are done with, so
 * that an answer to an earlier opening can never reach a later one.
 */
export type ChannelOwner = (channel: Channel) => ChannelHandlers;

import type { Carrier, PathTraffic } from "../hvdef/index.ts";
import type { Channel } from "./channel.ts";

/** How a guest's bytes are divided: piece `n` are `lengths[n]` bytes at `ats[n]`. One object for all packets. */
export interface Division {
  count: number;
  /** Number of the path that a piece takes; {@link toParent}: it goes to the channel's owner. */
  readonly owners: Int32Array<ArrayBuffer>;
  readonly ats: Int32Array<ArrayBuffer>;
  readonly lengths: Int32Array<ArrayBuffer>;
}

/** Pieces of a division at most. */
export const mostPieces = 16;

/** The owner of a piece that takes no path. */
export const toParent = -1;

/** Decides beside a guest which of its bytes may go past the channel's owner. Everything it sees is the guest's word. */
export interface PathRule {
  /** From now on what is for that address may take that path. */
  add(path: number, to: string): void;
  remove(path: number): void;
  /** Sees the payload of every packet, in order. @returns whether its bytes may be divided */
  concerns(payload: Uint8Array<ArrayBuffer>): boolean;
  /** Sees the bytes of a packet that does not concern it: what they tell the owner may be the end of all paths. */
  notice(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void;
  /**
   * Divides bytes `at` to `at + length`, which no guest can change any more, into pieces in order. What no piece
   * holds means nothing to the owner either.
   */
  divide(bytes: Uint8Array<ArrayBuffer>, at: number, length: number, division: Division): void;
  /** Payload of the completion of a packet of which nothing is left for the owner. */
  readonly answer: Uint8Array<ArrayBuffer>;
}

/** What a queue's program holds of the channel beside it. */
export interface QueueChannel extends Pick<Channel, "beginTransfer"> {
  /** Tells the channel's owner something, at most `maxPayload` bytes. */
  note(payload: Uint8Array<ArrayBuffer>): void;
}

/** Serves a queue beside the guest. Everything that comes out of a path is somebody else's word. */
export interface QueueProgram {
  join(path: number, from: string, to: string): void;
  /** @returns what came since the last report */
  leave(path: number): PathTraffic;
  /** Takes what came out of a path. The bytes are used up. `lost`: how many messages were lost before it. */
  arrived(path: number, bytes: Uint8Array<ArrayBuffer>, lost: number): void;
  /** The guest is done with a transfer, or never got it. Also after `closed`. */
  taken(transactionId: number, lost: boolean): void;
  /** Tells the owner what came out of the paths since the last report. */
  report(): void;
  /** No transfers from here on: what the queue was lent goes back. */
  closed(): void;
}

/** Ways past the switch, in and out of one machine. Of what belongs to a channel nothing outlives its opening. */
export interface StraightWays {
  /** @returns `false` when there is no such opening */
  openQueue(place: QueuePlace, program: (channel: QueueChannel) => QueueProgram): boolean;
  closeQueue(queue: number): void;
  /** Owns the carrier from now on. @returns `false` when there is no such queue */
  joinPath(end: QueueEntrance, carrier: Carrier): boolean;
  leavePath(path: number): PathTraffic;
  /** Owns the carrier from now on. @returns `false` when there is no such opening */
  openPath(start: PathEntrance, carrier: Carrier, rule: () => PathRule): boolean;
  closePath(path: number): void;
  /** Lets every queue report; a few times a second. */
  report(): void;
}

/** Which queue of which opening. */
export interface QueuePlace {
  readonly queue: number;
  readonly channel: number;
  readonly opening: number;
}

/** Where a path leads into a queue. Addresses as text. */
export interface QueueEntrance {
  readonly path: number;
  readonly queue: number;
  readonly from: string;
  readonly to: string;
}

/** Where a path begins. */
export interface PathEntrance {
  readonly path: number;
  readonly channel: number;
  readonly opening: number;
  readonly to: string;
}

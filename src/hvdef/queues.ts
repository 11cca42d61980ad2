import type { CarrierEnd } from "./carrier.ts";

/**
 * Frames past the switch. A **queue** takes what is for one adapter's own address into the receive buffer of its
 * guest, beside that guest. A **path** brings them there from one other adapter's own address, from worker to worker.
 * The parent opens both, gives parts of the receive buffer to the queue, and takes everything away when policy changes.
 *
 * Numbers of queues and paths are the parent's and never used again.
 */
export interface QueueSetup {
  readonly queue: number;
  /** Channel of the adapter and the number of its opening; a later one has nothing to do with this queue. */
  readonly channel: number;
  readonly opening: number;
  /** The guest's name of its receive buffer. */
  readonly buffer: number;
  readonly partBytes: number;
  /** Parts of the buffer that are the queue's until it gives them back, each by a note. */
  readonly parts: Uint32Array<ArrayBuffer>;
  /** Addresses as text. The first is the one that the guest listens to. */
  readonly mac: string;
  readonly multicast: readonly string[];
  /** PacketFilter bits. */
  readonly filter: number;
  /** The guest is told which checksums are good. */
  readonly offloads: boolean;
  /** It takes large frames whole, by the version of IP. */
  readonly wholeIpv4: boolean;
  readonly wholeIpv6: boolean;
}

/** The end of a path that leads into a queue. */
export interface PathEnd {
  readonly path: number;
  readonly queue: number;
  /** The only address that frames come from, and the only one they are for. */
  readonly from: string;
  readonly to: string;
  /** Its end of the line between the two workers. */
  readonly line: CarrierEnd;
}

/** The end of a path where a guest's frames go in. */
export interface PathStart {
  readonly path: number;
  readonly channel: number;
  readonly opening: number;
  readonly from: string;
  readonly to: string;
  /** Its end of the line between the two workers. */
  readonly line: CarrierEnd;
}

/** What came out of a path since this was last said. */
export interface PathTraffic {
  /** Frames and bytes that the guest was given. */
  readonly frames: number;
  readonly bytes: number;
  /** Frames for which there was no room, on the way or with the guest. */
  readonly lost: number;
}

/**
 * Parent → child: frames past the switch. Calls come in order and are answered at once, also by a paused machine; a
 * machine that was reset, or whose guest has opened its channel anew, answers `false`.
 */
export interface QueueCalls {
  openQueue(setup: QueueSetup): Promise<boolean>;
  /** Nothing reaches the guest by it any more. Its parts come back by notes, those with the guest when it is done. */
  closeQueue(queue: number): Promise<void>;
  joinPath(end: PathEnd): Promise<boolean>;
  /** What is still under way is lost. Answers what came since the last note. */
  leavePath(path: number): Promise<PathTraffic>;
  openPath(start: PathStart): Promise<boolean>;
  /** Once this is answered no frame of the guest takes the path. */
  closePath(path: number): Promise<void>;
}

import type { EngineAdapter, FrameOutcome } from "../../../vid/index.ts";
import { type FrameLine, frameWindow } from "../../../vmbus/index.ts";
import { openFrameQueue } from "./queue.ts";

/** Bytes of the shortest and the longest frame of such an adapter: a header alone; 1500 bytes and a VLAN tag. */
const shortestFrame = 14;
const longestFrame = 1518;

/** What an emulated network adapter did so far; `sent` and `received` are the guest's words. */
export interface AdapterCounters {
  framesSent: number;
  bytesSent: number;
  /** Of no length that a frame has. */
  badFrames: number;
  /** Lost because the parent was behind. */
  framesLost: number;
  framesReceived: number;
  bytesReceived: number;
  /** The guest does not listen, or not to these. */
  framesIgnored: number;
  /** Found no room, neither in the adapter nor before it. */
  framesDropped: number;
}

/** One emulated network adapter between the machine and the parent. */
export interface Nic {
  readonly forEngine: EngineAdapter;
  readonly counters: AdapterCounters;
  /** Frames that wait for room in the adapter. */
  waiting(): number;
  /** A frame of the parent. */
  arrived(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void;
  /** Puts frames that wait into the adapter, as many as go. @returns whether any left the queue */
  feed(): boolean;
  /** From now on frames go to the parent and into the machine. */
  connect(ends: NicEnds): void;
  /** Frames that wait are lost, and so is what the guest still sends. */
  close(): void;
}

/** What an adapter stands between. */
export interface NicEnds {
  readonly line: FrameLine;
  receive(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): FrameOutcome;
}

/** Opens an adapter that leads nowhere yet. @param mac  six bytes */
export function openNic(place: number, mac: Uint8Array): Nic {
  const counters = freshCounters();
  // The parent sends no more than its window allows, so the queue is never the narrow place.
  const queue = openFrameQueue(frameWindow);
  let ends: NicEnds | null = null;

  function sent(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void {
    if (length < shortestFrame || length > longestFrame) {
      counters.badFrames++;
    } else if (ends?.line.send(bytes, at, length) !== true) {
      counters.framesLost++;
    } else {
      counters.framesSent++;
      counters.bytesSent += length;
    }
  }

  /** Offers a frame to the machine. @returns `false` when it must wait */
  function receive(to: NicEnds, bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean {
    const outcome = to.receive(bytes, at, length);
    if (outcome === "full") return false;
    if (outcome === "received") {
      counters.framesReceived++;
      counters.bytesReceived += length;
    } else {
      counters.framesIgnored++;
    }
    to.line.taken(length);
    return true;
  }

  function feed(): boolean {
    let moved = false;
    while (ends !== null && queue.count() > 0 && receive(ends, queue.bytes, queue.at(), queue.length())) {
      queue.drop();
      moved = true;
    }
    return moved;
  }

  return {
    forEngine: { place, mac, sent, roomMade: () => void feed() },
    counters,
    waiting: queue.count,
    arrived(bytes, at, length) {
      if (ends === null) return;
      const fits = length >= shortestFrame && length <= longestFrame;
      if (fits && queue.count() === 0 && receive(ends, bytes, at, length)) return;
      if (fits && queue.put(bytes, at, length)) return;
      counters.framesDropped++;
      ends.line.taken(length);
    },
    feed,
    connect(connected) {
      ends = connected;
    },
    close() {
      ends?.line.close();
      ends = null;
      queue.clear();
    },
  };
}

function freshCounters(): AdapterCounters {
  return {
    framesSent: 0,
    bytesSent: 0,
    badFrames: 0,
    framesLost: 0,
    framesReceived: 0,
    bytesReceived: 0,
    framesIgnored: 0,
    framesDropped: 0,
  };
}

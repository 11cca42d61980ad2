import type { Clock, InspectNode } from "../../support/index.ts";
import { longestFrame } from "../port.ts";
import {
  type Direction,
  type FrameMark,
  type FrameRing,
  lastPort,
  openFrameRing,
  placeOf,
  portOfPlace,
} from "./frame-ring.ts";
import { openPortCounts, type PortCount, type PortCounts } from "./port-counts.ts";

/** A frame as it was kept. Plain and cloneable; the bytes are the reader's own. */
export interface CapturedFrame extends FrameMark {
  /** Counts up from 1 and is never used again while the capture lives. */
  readonly number: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * What a switch calls for each frame at each port: bytes `at` to `at + length` of a buffer of the caller's,
 * copied during the call. Five arguments, since an object per frame is not allowed on this path.
 */
export type FrameTap = (
  bytes: Uint8Array,
  at: number,
  length: number,
  direction: Direction,
  port: number,
) => void;

/** What of the traffic is kept. */
export interface CaptureChoice {
  /** Most bytes kept of a frame. Default: all. */
  readonly snapLength?: number;
  /** Numbers of the ports listened to. Default: all. */
  readonly ports?: readonly number[];
}

/** Frames a reader asked for. */
export interface CapturePage {
  readonly frames: readonly CapturedFrame[];
  /** What to ask for next time. */
  readonly next: number;
  /** Frames from the wanted number on that were given up before they could be read. */
  readonly lost: number;
}

/**
 * Listens to the ports of a switch and keeps the newest frames in a fixed amount of memory. Any number of readers
 * may follow, each by number.
 */
export interface Capture extends Disposable {
  readonly tap: FrameTap;
  readonly running: boolean;
  /** Most bytes kept of any frame held. */
  readonly snapLength: number;
  /** When it was first started and last stopped, microseconds since 1970; `null`: not yet. */
  readonly started: number | null;
  readonly stopped: number | null;
  /** Starts, or goes on: frames kept before stay. While it runs, only changes what is kept. */
  start(choice?: CaptureChoice): void;
  /** Keeps what there is and takes no more. */
  stop(): void;
  /** Forgets all frames and counts. It goes on if it was running. */
  clear(): void;
  /** Number of the oldest frame held. */
  first(): number;
  /** Number the next frame will get. */
  next(): number;
  /**
   * Frames from number `from` on, at most `limit` of them and never more than {@link largestPage}. Any numbers
   * may be given.
   */
  since(from: number, limit: number): CapturePage;
  /** What went past a port. Zeros for one never heard. */
  count(port: number): PortCount;
  /** Numbers of the ports heard, in order. */
  heard(): number[];
  /** Time as frames are stamped, microseconds since 1970. */
  now(): number;
  inspect(): InspectNode;
}

/** What a capture is opened with. */
export interface CaptureSurroundings {
  /** Stamps the frames, so that they are in order even when the wall clock is set. */
  readonly clock: Clock;
  /** Milliseconds since 1970. Asked at each start, and once before. */
  wallClock(): number;
  /** Bytes of memory for frames, taken at the first start. Kept within {@link smallestCapture} and {@link largestCapture}. */
  readonly limitBytes: number;
}

/** Bytes of the smallest capture: several of the longest frames. */
export const smallestCapture = 64 << 10;
/** Bytes of the largest capture: a quarter of what a page gets from a browser on a small machine. */
export const largestCapture = 256 << 20;
/** Most frames in one page of a reader: 9 MiB if all were jumbo frames. */
export const largestPage = 1024;
/** Bytes of addresses and type, below which nothing can be told of a frame. */
const smallestSnap = 14;

function whole(wanted: number, least: number, most: number): number {
  return Number.isFinite(wanted) ? Math.min(most, Math.max(least, Math.floor(wanted))) : least;
}

/** Time as frames are stamped. */
interface Stamps {
  /** Microseconds since 1970, whole. */
  now(): number;
  /** Takes the wall clock's word anew. */
  set(): void;
}

function openStamps({ clock, wallClock }: CaptureSurroundings): Stamps {
  let offset = wallClock() * 1000 - clock.now();
  let newest = 0;
  return {
    now() {
      // Never backwards: the wall clock may have been set back between two starts.
      newest = Math.max(newest, Math.floor(offset + clock.now()));
      return newest;
    },
    set() {
      offset = wallClock() * 1000 - clock.now();
    },
  };
}

/** Frames from number `from` on, as many as one page has room for. */
function framesOf(ring: FrameRing, from: number, limit: number): CapturedFrame[] {
  const end = Math.min(ring.next(), from + whole(limit, 1, largestPage));
  return Array.from({ length: end - from }, (_, place) => {
    const number = from + place;
    return { number, ...ring.markOf(number), bytes: ring.bytesOf(number) };
  });
}

/** What a capture changes while it goes on. */
interface CaptureState {
  running: boolean;
  /** Taken at the first start. */
  ring: FrameRing | undefined;
  ports: ReadonlySet<number> | null;
  snapLength: number;
  /** The longest snap length of any frame held. */
  longestSnap: number;
  started: number | null;
  stopped: number | null;
  /** Frames with lower numbers were forgotten on purpose. */
  clearedTo: number;
  /** Frames that were none. */
  refused: number;
}

/** Opens a capture that keeps nothing yet. */
export function openCapture(around: CaptureSurroundings): Capture {
  const limitBytes = whole(around.limitBytes, smallestCapture, largestCapture);
  const counts = openPortCounts();
  const stamps = openStamps(around);
  const state: CaptureState = {
    running: false,
    ring: undefined,
    ports: null,
    snapLength: longestFrame,
    longestSnap: smallestSnap,
    started: null,
    stopped: null,
    clearedTo: 1,
    refused: 0,
  };
  const first = () => state.ring?.first() ?? 1;
  const next = () => state.ring?.next() ?? 1;

  return {
    ...controls(state, { stamps, counts, limitBytes }),
    tap: tapOf(state, stamps, counts),
    first,
    next,
    get running() {
      return state.running;
    },
    get snapLength() {
      return state.longestSnap;
    },
    get started() {
      return state.started;
    },
    get stopped() {
      return state.running ? null : state.stopped;
    },
    since(from, limit) {
      const asked = whole(from, 1, next());
      const begin = Math.max(asked, first());
      const frames = state.ring === undefined ? [] : framesOf(state.ring, begin, limit);
      const lost = Math.max(0, first() - Math.max(asked, state.clearedTo));
      return { frames, next: begin + frames.length, lost };
    },
    count: counts.of,
    heard: counts.heard,
    now: stamps.now,
    inspect: () => inspectOf(state, limitBytes),
    [Symbol.dispose]() {
      state.running = false;
      state.ring = undefined;
    },
  };
}

function inspectOf({ running, ring, snapLength, refused }: CaptureState, limitBytes: number): InspectNode {
  const held = ring === undefined ? 0 : ring.next() - ring.first();
  return { running, held, heldBytes: ring?.used() ?? 0, limitBytes, snapLength, refused };
}

/** The path: two branches when nobody listens, and nothing allocated when somebody does. */
function tapOf(state: CaptureState, stamps: Stamps, counts: PortCounts): FrameTap {
  return (bytes, at, length, direction, port) => {
    const { ring } = state;
    if (!state.running || ring === undefined) return;
    if (state.ports !== null && !state.ports.has(port)) return;
    const sound = port >= 0 && port <= lastPort && at >= 0 && length >= 0 && at + length <= bytes.length;
    if (!sound || !counts.add(port, direction)) {
      state.refused++;
      return;
    }
    ring.push(bytes, at, Math.min(length, state.snapLength));
    ring.mark(stamps.now(), length, placeOf(port, direction));
  };
}

function controls(
  state: CaptureState,
  of: { readonly stamps: Stamps; readonly counts: PortCounts; readonly limitBytes: number },
): Pick<Capture, "start" | "stop" | "clear"> {
  const { stamps, counts, limitBytes } = of;
  return {
    start(choice = {}) {
      state.snapLength = whole(choice.snapLength ?? longestFrame, smallestSnap, longestFrame);
      state.longestSnap = Math.max(state.longestSnap, state.snapLength);
      state.ports = choice.ports === undefined ? null : new Set(choice.ports);
      if (state.running) return;
      state.ring ??= openFrameRing(limitBytes, (place) => counts.drop(portOfPlace(place)));
      stamps.set();
      state.running = true;
      state.started ??= stamps.now();
    },
    stop() {
      if (!state.running) return;
      state.stopped = stamps.now();
      state.running = false;
    },
    clear() {
      const { running } = state;
      state.ring?.clear();
      counts.clear();
      state.clearedTo = state.ring?.next() ?? 1;
      state.longestSnap = running ? state.snapLength : smallestSnap;
      state.started = running ? stamps.now() : null;
      state.stopped = null;
    },
  };
}

import { copyBytes } from "../../support/index.ts";

/** Which way a frame went: `in` came from the port's holder into the switch, `out` went to the holder. */
export type Direction = "in" | "out";

/** What a ring keeps of a frame besides its bytes. */
export interface FrameMark {
  /** Microseconds since 1970. */
  readonly at: number;
  /** Bytes the frame had on the wire; more than are held when it was cut. */
  readonly length: number;
  /** Number of the port. */
  readonly port: number;
  readonly direction: Direction;
}

/**
 * Frames in a fixed amount of memory, the oldest given up for the newest. Numbers count up from 1 and are never
 * used again. Nothing is allocated per frame.
 */
export interface FrameRing {
  /** Number of the oldest frame held; equal to `next` when there is none. */
  first(): number;
  /** Number the next frame will get. */
  next(): number;
  /** Bytes of frames held. */
  used(): number;
  /**
   * Keeps the first `kept` bytes of a frame. The caller has checked that they lie within `bytes` and that
   * `kept` is at most `longest`.
   */
  push(bytes: Uint8Array, from: number, kept: number): void;
  /** Describes the frame pushed last. Apart from `push`, so that neither takes an object. */
  mark(at: number, length: number, place: number): void;
  /** What was kept of a frame that is held. */
  markOf(number: number): FrameMark;
  /** A copy of its bytes, the caller's own. */
  bytesOf(number: number): Uint8Array<ArrayBuffer>;
  /** Gives up every frame. */
  clear(): void;
}

/** Largest number of a port: with the direction it fills 32 bits. */
export const lastPort = 0x7fffffff;

/** Where a frame was seen, in one number: port and direction. */
export function placeOf(port: number, direction: Direction): number {
  return port * 2 + (direction === "out" ? 1 : 0);
}

/** The port of a place. */
export function portOfPlace(place: number): number {
  return Math.floor(place / 2);
}

/** Bytes the tables need for each frame: a time, a position, two lengths and a place. */
const markBytes = 8 + 8 + 4 + 4 + 4;
/** Bytes of an ordinary short frame. With shorter ones the tables are full before the bytes are. */
const shortFrame = 64;

/** Everything a ring holds. Slots are used in turn, by number. */
function openTables(limitBytes: number) {
  const slots = Math.max(1, Math.floor(limitBytes / (markBytes + shortFrame)));
  return {
    slots,
    arena: new Uint8Array(limitBytes - slots * markBytes),
    times: new Float64Array(slots),
    /** Positions count on over the whole stream of bytes; their remainder is the place in the arena. */
    starts: new Float64Array(slots),
    kepts: new Uint32Array(slots),
    lengths: new Uint32Array(slots),
    places: new Uint32Array(slots),
  };
}

function markIn(tables: ReturnType<typeof openTables>, slot: number): FrameMark {
  const place = tables.places[slot] ?? 0;
  return {
    at: tables.times[slot] ?? 0,
    length: tables.lengths[slot] ?? 0,
    port: portOfPlace(place),
    direction: place % 2 === 1 ? "out" : "in",
  };
}

/**
 * Opens an empty ring.
 *
 * @param limitBytes  bytes for frames and tables together
 * @param onLost  told the place of each frame given up for a newer one
 */
export function openFrameRing(limitBytes: number, onLost: (place: number) => void): FrameRing {
  const tables = openTables(limitBytes);
  const { slots, arena, times, starts, kepts, lengths, places } = tables;
  let first = 1;
  let next = 1;
  let end = 0;

  function startOf(number: number): number {
    return starts[number % slots] ?? 0;
  }
  function used(): number {
    return first === next ? 0 : end - startOf(first);
  }
  function makeRoom(bytes: number): void {
    while (first < next && (next - first >= slots || used() + bytes > arena.length)) {
      onLost(places[first % slots] ?? 0);
      first++;
    }
  }

  return {
    first: () => first,
    next: () => next,
    used,
    push(bytes, from, kept) {
      makeRoom(kept);
      const at = end % arena.length;
      const straight = Math.min(kept, arena.length - at);
      copyBytes(arena, at, bytes, from, straight);
      copyBytes(arena, 0, bytes, from + straight, kept - straight);
      const slot = next % slots;
      starts[slot] = end;
      kepts[slot] = kept;
      end += kept;
      next++;
    },
    mark(at, length, place) {
      const slot = (next - 1) % slots;
      times[slot] = at;
      lengths[slot] = length;
      places[slot] = place;
    },
    markOf: (number) => markIn(tables, number % slots),
    bytesOf(number) {
      const kept = kepts[number % slots] ?? 0;
      const out = new Uint8Array(kept);
      const at = startOf(number) % arena.length;
      const straight = Math.min(kept, arena.length - at);
      out.set(arena.subarray(at, at + straight));
      out.set(arena.subarray(0, kept - straight), straight);
      return out;
    },
    clear() {
      first = next;
    },
  };
}

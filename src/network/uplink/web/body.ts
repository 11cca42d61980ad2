/** What became of a body. */
export type BodyProgress = "more" | "whole" | "tooLarge" | "broken";

/** Takes the body of a request in as it comes. */
export interface BodyReader {
  take(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): BodyProgress;
  /** The whole body; `null` when there is none. */
  bytes(): Uint8Array<ArrayBuffer> | null;
}

/** Longest line that gives a chunk's length, extensions included. */
const longestLine = 256;
/** Room that is made at first; it doubles as it fills, so that a length alone takes no memory. */
const firstRoom = 4096;

/** Opens a reader. @param expected  bytes, or chunks until the empty one  @param limit  bytes */
export function openBody(expected: number | "chunked", limit: number): BodyReader {
  const gathered = openGathering();
  const chunks = openChunks();

  function takeLength(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): BodyProgress {
    if (typeof expected !== "number" || expected > limit) return "tooLarge";
    gathered.add(bytes, at, Math.min(length, expected - gathered.length()));
    return gathered.length() === expected ? "whole" : "more";
  }
  function takeChunks(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): BodyProgress {
    const end = at + length;
    for (let next = at; next < end; ) {
      const step = chunks.step(bytes, next, end);
      if (step.kind !== "go") return step.kind;
      if (gathered.length() + step.payload > limit) return "tooLarge";
      gathered.add(bytes, next, step.payload);
      next += step.payload + step.skipped;
    }
    return "more";
  }
  return {
    take: expected === "chunked" ? takeChunks : takeLength,
    bytes: () => (gathered.length() === 0 ? null : gathered.take()),
  };
}

function openGathering() {
  let room = new Uint8Array(0);
  let used = 0;
  return {
    length: () => used,
    add(bytes: Uint8Array<ArrayBuffer>, at: number, length: number) {
      if (used + length > room.length) {
        const larger = new Uint8Array(Math.max(firstRoom, room.length * 2, used + length));
        larger.set(room.subarray(0, used));
        room = larger;
      }
      room.set(bytes.subarray(at, at + length), used);
      used += length;
    },
    take: () => room.slice(0, used),
  };
}

/** A step through chunks: bytes of payload at hand, then bytes that are none. */
type ChunkStep =
  | { readonly kind: "go"; readonly payload: number; readonly skipped: number }
  | { readonly kind: "whole" | "broken" };

/** Reads chunked coding without its trailers: the body is whole at the empty chunk's line. @rfc 9112 7.1 */
function openChunks() {
  let line = "";
  /** Bytes of payload left in this chunk, and of the line end behind it. */
  let left = 0;
  let lineEnd = 0;

  function step(bytes: Uint8Array<ArrayBuffer>, at: number, end: number): ChunkStep {
    if (left > 0) {
      const payload = Math.min(left, end - at);
      left -= payload;
      return { kind: "go", payload, skipped: 0 };
    }
    const byte = bytes[at] ?? 0;
    if (lineEnd > 0) {
      if (byte !== (lineEnd === 2 ? 13 : 10)) return { kind: "broken" };
      lineEnd--;
      return { kind: "go", payload: 0, skipped: 1 };
    }
    line += String.fromCharCode(byte);
    if (line.length > longestLine) return { kind: "broken" };
    return line.endsWith("\r\n") ? readLine() : { kind: "go", payload: 0, skipped: 1 };
  }
  function readLine(): ChunkStep {
    const length = /^([0-9a-f]{1,8})(?:[ \t]*;.*)?\r\n$/i.exec(line)?.[1];
    line = "";
    if (length === undefined) return { kind: "broken" };
    left = Number.parseInt(length, 16);
    if (left === 0) return { kind: "whole" };
    lineEnd = 2;
    return { kind: "go", payload: 0, skipped: 1 };
  }
  return { step };
}

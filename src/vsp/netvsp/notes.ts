import { maxPayload, type PathTraffic } from "../../hvdef/index.ts";
import { readU32, writeU32 } from "./words.ts";

/** What a queue beside the guest tells the provider. */
export type QueueNote =
  /** Parts of the receive buffer that it gives back. */
  | { readonly kind: "parts"; readonly queue: number; readonly parts: readonly number[] }
  /** What came out of a path. */
  | { readonly kind: "traffic"; readonly path: number; readonly traffic: PathTraffic };

/** First word of a note. */
const noteKind = { parts: 1, traffic: 2 } as const;

/** Parts that one note has room for. */
const partsPerNote = maxPayload / 4 - 2;

/** Parts given back, in as many notes as they need. */
export function partsNotes(queue: number, parts: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const notes: Uint8Array<ArrayBuffer>[] = [];
  for (let from = 0; from < parts.length; from += partsPerNote) {
    notes.push(words([noteKind.parts, queue, ...parts.slice(from, from + partsPerNote)]));
  }
  return notes;
}

/** Traffic of one path. What a queue reports a few times a second fits 32 bits. */
export function trafficNote(path: number, { frames, bytes, lost }: PathTraffic): Uint8Array<ArrayBuffer> {
  return words([noteKind.traffic, path, frames, bytes, lost]);
}

/** Reads a note; `null`: it makes no sense. */
export function readNote(payload: Uint8Array): QueueNote | null {
  const count = payload.length / 4;
  if (!Number.isInteger(count)) return null;
  const at = (place: number) => readU32(payload, place * 4);
  if (at(0) === noteKind.parts && count >= 2) {
    const parts = Array.from({ length: count - 2 }, (_, place) => at(place + 2));
    return { kind: "parts", queue: at(1), parts };
  }
  if (at(0) !== noteKind.traffic || count !== 5) return null;
  return { kind: "traffic", path: at(1), traffic: { frames: at(2), bytes: at(3), lost: at(4) } };
}

function words(list: readonly number[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(list.length * 4);
  for (const [place, word] of list.entries()) writeU32(out, place * 4, word);
  return out;
}

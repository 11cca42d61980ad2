import { type ChannelId, GpaRange, pageSize } from "../../hvdef/index.ts";

/** One range of a page list. @vmbus 5 */
export interface GpadlRange {
  readonly byteCount: number;
  readonly byteOffset: number;
  /** Page numbers, each inside RAM. */
  readonly pages: Uint32Array<ArrayBuffer>;
}

/** A page list the guest has described completely. @vmbus 5 */
export interface Gpadl {
  readonly channel: ChannelId;
  /** At least one. */
  readonly ranges: readonly GpadlRange[];
  /** Pages of all ranges. */
  readonly pageCount: number;
}

/** A page list of which parts are still to come. `bytes` belongs to it and is filled in place. */
export interface CollectingGpadl {
  readonly channel: ChannelId;
  readonly rangeCount: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly filled: number;
}

/** What a fragment led to. */
export type GpadlStep =
  | { readonly kind: "collecting"; readonly next: CollectingGpadl }
  | { readonly kind: "complete"; readonly gpadl: Gpadl }
  | { readonly kind: "bad"; readonly reason: string };

/** What a header announces; the guest's words. */
export interface GpadlStart {
  readonly channel: ChannelId;
  /** At most 65535 by its type on the wire, which is what bounds the memory of one collection. */
  readonly rangeBytes: number;
  readonly rangeCount: number;
}

/**
 * Starts a collection with the header's announcement and its first fragment.
 *
 * @param ramPages  pages of RAM; a page number from there on makes the list bad
 */
export function startGpadl(start: GpadlStart, fragment: Uint8Array, ramPages: number): GpadlStep {
  const { channel, rangeBytes, rangeCount } = start;
  if (rangeCount === 0 || rangeBytes < rangeCount * (GpaRange.size + 8)) {
    return { kind: "bad", reason: "ranges that cannot be" };
  }
  const bytes = new Uint8Array(rangeBytes);
  return addFragment({ channel, rangeCount, bytes, filled: 0 }, fragment, ramPages);
}

/** Adds the next fragment; bytes beyond what the header announced mean nothing. */
export function addFragment(state: CollectingGpadl, fragment: Uint8Array, ramPages: number): GpadlStep {
  const room = state.bytes.length - state.filled;
  const part = fragment.subarray(0, room);
  state.bytes.set(part, state.filled);
  if (part.length < room) {
    return { kind: "collecting", next: { ...state, filled: state.filled + part.length } };
  }
  return parseRanges(state, ramPages);
}

function parseRanges(state: CollectingGpadl, ramPages: number): GpadlStep {
  const view = new DataView(state.bytes.buffer);
  const ranges: GpadlRange[] = [];
  let at = 0;
  let pageCount = 0;
  for (let index = 0; index < state.rangeCount; index++) {
    if (at + GpaRange.size > view.byteLength) return { kind: "bad", reason: "range list is cut off" };
    const { byteCount, byteOffset } = GpaRange.read(view, at);
    at += GpaRange.size;
    const count = Math.ceil((byteOffset + byteCount) / pageSize);
    if (byteCount === 0 || at + count * 8 > view.byteLength) {
      return { kind: "bad", reason: "range without its pages" };
    }
    const pages = readPages(view, at, { count, ramPages });
    if (pages === null) return { kind: "bad", reason: "page beyond memory" };
    ranges.push({ byteCount, byteOffset, pages });
    at += count * 8;
    pageCount += count;
  }
  return { kind: "complete", gpadl: { channel: state.channel, ranges, pageCount } };
}

function readPages(
  view: DataView,
  at: number,
  limits: { readonly count: number; readonly ramPages: number },
): Uint32Array<ArrayBuffer> | null {
  const pages = new Uint32Array(limits.count);
  for (let index = 0; index < limits.count; index++) {
    const pfn = view.getUint32(at + index * 8, true);
    if (pfn >= limits.ramPages || view.getUint32(at + index * 8 + 4, true) !== 0) return null;
    pages[index] = pfn;
  }
  return pages;
}

import { type GuestMemory, pageSize, ringControlBytes } from "../../hvdef/index.ts";

/**
 * One ring in guest memory: a control page and data pages that need not be neighbours. All positions are
 * byte offsets into the data area. Every page was checked to lie inside RAM; their content is the guest's.
 */
export interface RingPages extends PageSpans {
  readonly memory: GuestMemory;
  /** Address of the control page. */
  readonly control: number;
  /** Bytes of the data area, a multiple of 4096. */
  readonly size: number;
}

/**
 * Maps a ring.
 *
 * @param pages  page numbers from the GPADL, control page first
 * @returns `null` when there is no data page or a page is outside RAM: the guest is at fault
 */
export function mapRing(memory: GuestMemory, pages: Uint32Array): RingPages | null {
  const count = pages.length - ringControlBytes / pageSize;
  if (count < 1) return null;
  const [control = 0] = pages;
  const spans = mapSpans(memory, pages.subarray(1));
  if (spans === null || (control + 1) * pageSize > memory.size) return null;
  return { memory, control: control * pageSize, size: count * pageSize, ...spans };
}

/** Where pages lie that need not be neighbours. */
export interface PageSpans {
  /** Address of each page. */
  readonly addresses: Float64Array<ArrayBuffer>;
  /** For each page, how many bytes from its start on are neighbours in RAM and in the list. */
  readonly runs: Float64Array<ArrayBuffer>;
}

/** Maps pages by their numbers. @returns `null` when one is outside RAM */
export function mapSpans(memory: GuestMemory, pages: Uint32Array): PageSpans | null {
  const count = pages.length;
  const addresses = new Float64Array(count);
  const runs = new Float64Array(count);
  for (let page = count - 1; page >= 0; page--) {
    const address = (pages[page] ?? 0) * pageSize;
    if (address + pageSize > memory.size) return null;
    addresses[page] = address;
    const next = page + 1 < count && addresses[page + 1] === address + pageSize;
    runs[page] = pageSize + (next ? (runs[page + 1] ?? 0) : 0);
  }
  return { addresses, runs };
}

/** Address of a data byte. `at` must be below `size`. */
export function addressAt(ring: RingPages, at: number): number {
  return (ring.addresses[at >>> 12] ?? 0) + (at & 4095);
}

/** Copies `length` bytes from the data area, wrapping at its end, to the start of `target`. */
export function copyFromRing(ring: RingPages, at: number, target: Uint8Array, length: number): void {
  const ram = ring.memory.bytes();
  let done = 0;
  while (done < length) {
    const page = at >>> 12;
    const run = (ring.runs[page] ?? 0) - (at & 4095);
    const part = Math.min(run, length - done);
    const from = addressAt(ring, at);
    target.set(ram.subarray(from, from + part), done);
    done += part;
    at += part;
    if (at === ring.size) at = 0;
  }
}

/** Copies all of `source` into the data area, wrapping at its end. @returns the offset behind it */
export function copyToRing(ring: RingPages, at: number, source: Uint8Array): number {
  const ram = ring.memory.bytes();
  const { length } = source;
  let done = 0;
  while (done < length) {
    const page = at >>> 12;
    const run = (ring.runs[page] ?? 0) - (at & 4095);
    const part = Math.min(run, length - done);
    const whole = done === 0 && part === length;
    ram.set(whole ? source : source.subarray(done, done + part), addressAt(ring, at));
    done += part;
    at += part;
    if (at === ring.size) at = 0;
  }
  return at;
}

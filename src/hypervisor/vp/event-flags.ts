import {
  eventFlagCount,
  type GuestMemory,
  type SavedFields,
  type SavedValue,
  sintAreaSize,
  sintCount,
} from "../../hvdef/index.ts";

/** Event flags of all SINTs, in the guest's page or, while there is none, held here. */
export interface EventFlags {
  /** Sets a flag. `page` is the event flag page or `null`. @returns whether an interrupt is due */
  set(page: number | null, sint: number, flag: number): boolean;
  /** Moves flags held back into the page. @returns the SINTs that got new flags */
  release(page: number): readonly number[];
  reset(): void;
  save(): SavedValue;
  /** @param fields  from `save`, by whatever way it came */
  resume(fields: SavedFields): void;
}

/** @tlfs 11.8.2 */
export function openEventFlags(memory: GuestMemory): EventFlags {
  const held = new Uint8Array(sintCount * sintAreaSize);
  const holding = new Set<number>();

  function set(page: number | null, sint: number, flag: number): boolean {
    const within = sint * sintAreaSize + (flag >> 3);
    const bit = 1 << (flag & 7);
    if (page === null) {
      held[within] = (held[within] ?? 0) | bit;
      holding.add(sint);
      return false;
    }
    const bytes = memory.bytes();
    const before = bytes[page + within] ?? 0;
    if ((before & bit) !== 0) return false;
    bytes[page + within] = before | bit;
    memory.wrote(page + within, 1);
    return true;
  }

  function release(page: number): readonly number[] {
    if (holding.size === 0) return [];
    const bytes = memory.bytes();
    const sints = [...holding];
    for (const sint of sints) {
      const from = sint * sintAreaSize;
      for (let at = from; at < from + eventFlagCount / 8; at++) {
        bytes[page + at] = (bytes[page + at] ?? 0) | (held[at] ?? 0);
      }
      held.fill(0, from, from + sintAreaSize);
      memory.wrote(page + from, sintAreaSize);
    }
    holding.clear();
    return sints;
  }

  return {
    set,
    release,
    reset() {
      held.fill(0);
      holding.clear();
    },
    save: () => ({ held: held.slice(), holding: Uint8Array.from(holding) }),
    resume(fields) {
      held.set(fields.bytes("held", held.length));
      for (const sint of fields.bytes("holding", sintCount)) holding.add(sint % sintCount);
    },
  };
}

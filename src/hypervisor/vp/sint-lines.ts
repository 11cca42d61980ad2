import {
  Msr,
  type SavedFields,
  type SavedValue,
  Sint,
  sintAtReset,
  sintCount,
  vmbusSint,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { MsrEntry } from "./msr.ts";

/** The synthetic interrupt sources: which vector each raises, and whether it may. */
export interface SintLines {
  readonly entries: readonly MsrEntry[];
  /** Raises a source's vector, or remembers that it should while the source is masked. */
  raise(sint: number): void;
  /** Raises what was remembered and may go now. */
  settle(): void;
  reset(): void;
  save(): SavedValue;
  /** @param fields  from `save`, by whatever way it came */
  resume(fields: SavedFields): void;
  inspect(): InspectNode;
}

/**
 * @param onWrite  called after the guest changed a source
 * @tlfs 11.8.4 partial: automatic end of interrupt is not modelled
 */
export function openSintLines(raiseVector: (vector: number) => void, onWrite: () => void): SintLines {
  const registers: bigint[] = new Array(sintCount).fill(sintAtReset);
  const owed = new Set<number>();
  let interrupts = 0;
  let suppressed = 0;

  const registerOf = (sint: number) => registers[sint] ?? sintAtReset;
  const vectorOf = (sint: number) => Number(registerOf(sint) & Sint.vector);
  const isMasked = (sint: number) => (registerOf(sint) & Sint.masked) !== 0n || vectorOf(sint) < 16;

  function raise(sint: number): void {
    if (isMasked(sint)) {
      owed.add(sint);
      suppressed++;
      return;
    }
    owed.delete(sint);
    if ((registerOf(sint) & Sint.polling) !== 0n) {
      suppressed++;
      return;
    }
    interrupts++;
    raiseVector(vectorOf(sint));
  }

  function entryOf(sint: number): MsrEntry {
    return {
      index: Msr.sint0 + sint,
      read: () => registerOf(sint),
      write(value) {
        registers[sint] = value;
        onWrite();
      },
    };
  }

  return {
    entries: Array.from({ length: sintCount }, (_, sint) => entryOf(sint)),
    raise,
    settle() {
      for (const sint of [...owed]) if (!isMasked(sint)) raise(sint);
    },
    reset() {
      registers.fill(sintAtReset);
      owed.clear();
    },
    save: () => ({ sints: registers.map((value) => ({ value })), owed: Uint8Array.from(owed) }),
    resume(fields) {
      const saved = fields.list("sints", sintCount, (one) => one.big("value"));
      for (const [sint, value] of saved.entries()) registers[sint] = value;
      for (const sint of fields.bytes("owed", sintCount)) owed.add(sint % sintCount);
    },
    inspect: () => ({
      interrupts,
      suppressed,
      vmbusVector: vectorOf(vmbusSint),
      vmbusMasked: isMasked(vmbusSint),
    }),
  };
}

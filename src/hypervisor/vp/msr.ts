import { firstSyntheticMsr, lastSyntheticMsr, type SavedFields, type SavedValue } from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";

/** One register as the processor offers it. Values are unsigned 64-bit. */
export interface MsrEntry {
  readonly index: number;
  read(): bigint;
  write(value: bigint): void;
}

/** Answers register accesses of the guest from a table. */
export interface MsrDispatch {
  /** `null` when the register is none of ours. */
  read(index: number): bigint | null;
  /** `false` when the register is none of ours. */
  write(index: number, value: bigint): boolean;
  inspect(): InspectNode;
}

const all64 = (1n << 64n) - 1n;

/** A register that may be read only. */
export function readOnly(index: number, read: () => bigint): MsrEntry {
  return { index, read, write() {} };
}

/** A register that always reads as zero and forgets what is written. */
export function inert(index: number): MsrEntry {
  return { index, read: () => 0n, write() {} };
}

/** Registers that keep what is written and do nothing. `reset` zeroes them all. */
export interface PlainMsrs {
  readonly entries: readonly MsrEntry[];
  /** Value of one of them, 0 for any other. */
  value(index: number): bigint;
  reset(): void;
  save(): SavedValue;
  /** @param fields  from `save`, by whatever way it came */
  resume(fields: SavedFields): void;
}

/** Makes registers that keep what is written. */
export function plainMsrs(indexes: readonly number[]): PlainMsrs {
  const values = new Map<number, bigint>();
  const value = (index: number) => values.get(index) ?? 0n;
  return {
    entries: indexes.map((index) => ({
      index,
      read: () => value(index),
      write: (written) => void values.set(index, written),
    })),
    value,
    reset: () => values.clear(),
    save: () => ({ values: indexes.map((index) => ({ value: value(index) })) }),
    resume(fields) {
      const saved = fields.list("values", indexes.length, (one) => one.big("value"));
      for (const [place, index] of indexes.entries()) values.set(index, saved[place] ?? 0n);
    },
  };
}

/**
 * Joins the tables of all parts. A register of our range that no table names reads as zero and is
 * written in vain: a real hypervisor would fault, which helps nobody here. Both are counted.
 */
export function openMsrDispatch(entries: readonly MsrEntry[]): MsrDispatch {
  const table = new Map(entries.map((entry) => [entry.index, entry]));
  if (table.size !== entries.length) throw new Error("two parts claim one MSR");
  let reads = 0;
  let writes = 0;
  let unknown = 0;
  let lastUnknown = 0;

  function find(index: number): MsrEntry | null {
    const entry = table.get(index);
    if (entry !== undefined) return entry;
    unknown++;
    lastUnknown = index;
    return null;
  }
  const isOurs = (index: number) => index >= firstSyntheticMsr && index <= lastSyntheticMsr;

  return {
    read(index) {
      if (!isOurs(index)) return null;
      reads++;
      return find(index)?.read() ?? 0n;
    },
    write(index, value) {
      if (!isOurs(index)) return false;
      writes++;
      find(index)?.write(value & all64);
      return true;
    },
    inspect: () => ({
      reads,
      writes,
      unknown,
      lastUnknown: unknown === 0 ? null : `0x${lastUnknown.toString(16)}`,
    }),
  };
}

import { type Sense, Senses } from "./sense.ts";
import type { ScsiUnit } from "./unit.ts";

/**
 * What a guest has to be told about units that changed behind its back, each thing once. One guest's view:
 * made anew when another guest takes over. @sam5 5.14
 */
export interface Attentions {
  /**
   * What the guest must hear before the next command of this unit runs, oldest first; empty almost always.
   * The caller takes from its front what it reports. The first look at a unit raises nothing.
   */
  of(lun: number, unit: ScsiUnit): Sense[];
  /** The guest has been told that nothing is there: what comes next is new to it. */
  forget(lun: number): void;
}

interface Seen {
  unit: ScsiUnit;
  byteLength: number;
  readonly due: Sense[];
}

/** Nothing seen yet. */
export function openAttentions(): Attentions {
  const units = new Map<number, Seen>();

  function of(lun: number, unit: ScsiUnit): Sense[] {
    const seen = units.get(lun);
    if (seen === undefined) {
      const due: Sense[] = [];
      units.set(lun, { unit, byteLength: unit.disk.byteLength, due });
      return due;
    }
    if (seen.unit !== unit || seen.byteLength !== unit.disk.byteLength) compare(seen, unit);
    return seen.due;
  }
  return { of, forget: (lun) => units.delete(lun) };
}

function compare(seen: Seen, unit: ScsiUnit): void {
  if (!isSameUnit(seen.unit, unit)) raise(seen, Senses.identifierChanged);
  if (seen.byteLength !== unit.disk.byteLength) raise(seen, Senses.capacityChanged);
  seen.unit = unit;
  seen.byteLength = unit.disk.byteLength;
}

/** Twice the same news is one: so the queue stays as short as the list of what can happen. */
function raise(seen: Seen, sense: Sense): void {
  if (!seen.due.includes(sense)) seen.due.push(sense);
}

/** Whether two units are one to the guest: the same object, or another one around the same disk. */
export function isSameUnit(one: ScsiUnit, other: ScsiUnit): boolean {
  return one === other || one.disk === other.disk;
}

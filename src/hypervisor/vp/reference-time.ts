import {
  type GuestMemory,
  Msr,
  ReferenceTscPage,
  type SavedFields,
  type SavedValue,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import { type MsrEntry, readOnly } from "./msr.ts";
import { openPlacedPage, type PlacedPage } from "./placed-page.ts";

/** Time of the partition in units of 100 ns. Stands still when the engine's time stamp counter does. */
export interface ReferenceTime {
  /** Now, from partition creation on. Never goes backwards. */
  now(): bigint;
  /** Microseconds from now to `moment`, rounded up, at least 0: waiting that long is never too short. */
  microsUntil(moment: bigint): number;
  /** Goes on from `time` (100 ns) at the current count, whatever the counter did since. After a restore. */
  rebase(time?: bigint): void;
  readonly entries: readonly MsrEntry[];
  /** Takes the reference TSC page off. */
  unmapPage(): void;
  /** As after power-on, except that time goes on. */
  reset(): void;
  save(): SavedValue;
  /** Time goes on where it was saved, whatever the counter shows now. @param fields  from `save` */
  resume(fields: SavedFields): void;
  inspect(): InspectNode;
}

const ticksPerSecond = 10_000_000n;
/** Neither this nor zero may be a valid page's sequence: old guests take both for "not valid". */
const sequenceLimit = 0xffffffff;

/** What a guest computes time with. */
interface Formula {
  readonly sequence: number;
  readonly scale: bigint;
  readonly offset: bigint;
}

/** Writes the formula into the page, if there is one. @tlfs 12.7 */
function publish(memory: GuestMemory, page: PlacedPage, formula: Formula): void {
  const at = page.at();
  if (at === null) return;
  const view = memory.view();
  const offset = BigInt.asUintN(64, formula.offset);
  // Not valid first, valid last: a reader in between falls back to the register.
  view.setUint32(at + ReferenceTscPage.at.sequence, 0, true);
  ReferenceTscPage.write(view, at, { sequence: 0, reserved: 0, scale: formula.scale, offset });
  view.setUint32(at + ReferenceTscPage.at.sequence, formula.sequence, true);
  memory.wrote(at, ReferenceTscPage.size);
}

/** What the scale of the page is at a frequency. @throws RangeError at 10 MHz or less, a bug of ours */
function scaleOf(frequency: bigint): bigint {
  if (frequency <= ticksPerSecond) throw new RangeError(`a TSC of ${frequency} Hz has no scale`);
  return (ticksPerSecond << 64n) / frequency;
}

/**
 * Derives reference time from the time stamp counter in the very arithmetic the guest uses with the
 * reference TSC page, so that both sources agree to the last unit.
 *
 * @param source.tscFrequency  Hertz, above 10 MHz: the scale must fit into 64 bits
 * @tlfs 12.7
 */
export function openReferenceTime(source: {
  readonly memory: GuestMemory;
  readonly tscFrequency: number;
  readTsc(): bigint;
}): ReferenceTime {
  const frequency = BigInt(Math.round(source.tscFrequency));
  const scale = scaleOf(frequency);
  const scaled = (tsc: bigint) => (tsc * scale) >> 64n;
  const page = openPlacedPage(source.memory, Msr.referenceTsc, () => tell());
  let last = { tsc: source.readTsc(), time: 0n };
  let formula: Formula = { sequence: 1, scale, offset: -scaled(last.tsc) };
  let rebases = 0;

  const tell = () => publish(source.memory, page, formula);

  function rebase(time = last.time): void {
    last = { tsc: source.readTsc(), time };
    const sequence = formula.sequence + 1 < sequenceLimit ? formula.sequence + 1 : 1;
    formula = { sequence, scale, offset: time - scaled(last.tsc) };
    rebases++;
    tell();
  }

  function now(): bigint {
    const tsc = source.readTsc();
    // A counter that jumped back (reset of the engine, write by the guest) must not take time with it.
    if (tsc < last.tsc) rebase();
    else last = { tsc, time: scaled(tsc) + formula.offset };
    return last.time;
  }

  return {
    now,
    microsUntil(moment) {
      const left = moment - now();
      return left <= 0n ? 0 : Number((left + 9n) / 10n);
    },
    rebase,
    entries: [readOnly(Msr.timeRefCount, now), readOnly(Msr.tscFrequency, () => frequency), page.entry],
    unmapPage: page.remove,
    reset: page.reset,
    save: () => ({ time: now(), sequence: formula.sequence, page: page.save() }),
    resume(fields) {
      page.resume(fields.fields("page"));
      formula = { ...formula, sequence: fields.integer("sequence", 1, sequenceLimit - 1) };
      rebase(fields.big("time"));
    },
    inspect: () => ({
      micros: Number(now() / 10n),
      rebases,
      sequence: formula.sequence,
      page: page.inspect(),
    }),
  };
}

import { type GuestMemory, Msr, pageEnabled, pageOf, ReferenceTscPage } from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import { type MsrEntry, readOnly } from "./msr.ts";
import { openOverlay } from "./overlay.ts";

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
  inspect(): InspectNode;
}

const all64 = (1n << 64n) - 1n;
const ticksPerSecond = 10_000_000n;
const lastSequence = 0xfffffffe;

/**
 * Derives reference time from the time stamp counter in the very arithmetic the guest uses with the
 * reference TSC page, so that both sources agree to the last unit.
 *
 * @param source.tscFrequency  Hertz, above 10 MHz: the scale must fit into 64 bits
 * @throws RangeError at a lower frequency, which is a bug of ours
 * @tlfs 12.7
 */
export function openReferenceTime(source: {
  readonly memory: GuestMemory;
  readonly tscFrequency: number;
  readTsc(): bigint;
}): ReferenceTime {
  const frequency = BigInt(Math.round(source.tscFrequency));
  if (frequency <= ticksPerSecond) throw new RangeError(`a TSC of ${frequency} Hz has no scale`);
  const scale = (ticksPerSecond << 64n) / frequency;
  const overlay = openOverlay(source.memory);
  let offset = 0n;
  let lastTsc = source.readTsc();
  let lastTime = 0n;
  let register = 0n;
  let sequence = 1;
  let rebases = 0;
  offset = -scaled(lastTsc);

  function scaled(tsc: bigint): bigint {
    return (tsc * scale) >> 64n;
  }

  function rebase(time = lastTime): void {
    lastTsc = source.readTsc();
    lastTime = time;
    offset = time - scaled(lastTsc);
    sequence = sequence >= lastSequence ? 1 : sequence + 1;
    rebases++;
    publish();
  }

  function now(): bigint {
    const tsc = source.readTsc();
    // A counter that jumped back (reset of the engine, write by the guest) must not take time with it.
    if (tsc < lastTsc) rebase();
    else {
      lastTsc = tsc;
      lastTime = scaled(tsc) + offset;
    }
    return lastTime;
  }

  function publish(): void {
    const at = overlay.at();
    if (at === null) return;
    const view = source.memory.view();
    // Invalid first, valid last: a reader in between falls back to the register.
    view.setUint32(at + ReferenceTscPage.at.sequence, 0, true);
    ReferenceTscPage.write(view, at, { sequence: 0, reserved: 0, scale, offset: offset & all64 });
    view.setUint32(at + ReferenceTscPage.at.sequence, sequence, true);
    source.memory.wrote(at, ReferenceTscPage.size);
  }

  function placePage(value: bigint): void {
    register = value;
    if ((value & pageEnabled) === 0n) overlay.unmap();
    else overlay.map(pageOf(value), new Uint8Array(0));
    publish();
  }

  return {
    now,
    microsUntil(moment) {
      const left = moment - now();
      return left <= 0n ? 0 : Number((left + 9n) / 10n);
    },
    rebase,
    entries: [
      readOnly(Msr.timeRefCount, now),
      readOnly(Msr.tscFrequency, () => frequency),
      { index: Msr.referenceTsc, read: () => register, write: placePage },
    ],
    unmapPage: () => placePage(register & ~pageEnabled),
    reset() {
      placePage(0n);
      now();
    },
    inspect: () => ({ micros: Number(now() / 10n), rebases, sequence, page: overlay.inspect() }),
  };
}

import { describe, expect, test } from "vitest";
import { decodeSaved, encodeSaved, Msr, StimerConfig } from "../../../../src/hvdef/index.ts";
import { restoreVirtualProcessor } from "../../../../src/hypervisor/vp/index.ts";
import { micros } from "../../../../src/support/index.ts";
import {
  bytesOf,
  callPage,
  enlighten,
  freeSlot,
  messagePage,
  openRig,
  pageAt,
  type Rig,
  slotOf,
  vmbusVector,
} from "./rig.ts";

/** The processor of another rig, restored from this one's, with its RAM. */
function moved(from: Rig): Rig {
  const to = openRig();
  to.memory.bytes().set(from.memory.bytes());
  const saved = decodeSaved(encodeSaved(from.vp.save()));
  const restored = restoreVirtualProcessor(saved, {
    memory: to.memory,
    registers: to.engine.registers,
    raiseVector: to.engine.raiseVector,
    readTsc: to.engine.readTsc,
    tscFrequency: to.engine.tscFrequency,
    runtime: () => micros(0),
    onCrash: (crash) => to.crashes.push(crash),
  });
  if (restored.kind === "refused") throw new Error(restored.text);
  to.engine.connect(restored.vp.intercepts);
  to.engine.attachPort(restored.vp.hypercallPort, restored.vp.onHypercall);
  return { ...to, vp: restored.vp };
}

describe("a restored processor", () => {
  test("has the registers it had, and its pages where they were", () => {
    const rig = openRig();
    rig.memory.bytes().fill(0x77, callPage, callPage + 4096);
    enlighten(rig);
    rig.guest.writeMsr(Msr.crashP0, 5n);
    const other = moved(rig);
    for (const index of [
      Msr.guestOsId,
      Msr.hypercall,
      Msr.simp,
      Msr.siefp,
      Msr.scontrol,
      Msr.sint0 + 2,
      Msr.crashP0,
    ])
      expect(other.guest.readMsr(index)).toBe(rig.guest.readMsr(index));
    // What lay below the hypercall page comes back when the guest lets go of it.
    other.guest.writeMsr(Msr.guestOsId, 0n);
    expect(pageAt(other, callPage).every((byte) => byte === 0x77)).toBe(true);
  });

  test("goes on with reference time without a jump, whatever its counter shows", () => {
    const rig = openRig();
    enlighten(rig);
    rig.guest.writeMsr(Msr.referenceTsc, 0x9001n);
    rig.clock.advance(micros(1_234_567));
    const before = rig.vp.referenceTime();
    const sequence = rig.memory.view().getUint32(0x9000, true);
    const other = moved(rig);
    expect(other.vp.referenceTime()).toBe(before);
    expect(other.memory.view().getUint32(0x9000, true)).not.toBe(sequence);
    other.clock.advance(micros(10));
    expect(other.vp.referenceTime() - before).toBeGreaterThanOrEqual(99n);
    expect(other.vp.referenceTime() - before).toBeLessThanOrEqual(101n);
  });

  test("delivers the messages that waited, in order", () => {
    const rig = openRig();
    enlighten(rig);
    for (const value of [1, 2, 3]) rig.vp.synic.postMessage(2, 1, bytesOf(value));
    const other = moved(rig);
    const seen: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      seen.push(slotOf(other).payload[0] ?? 0);
      freeSlot(other);
      other.vp.intercepts.timers();
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(other.memory.view().getUint32(messagePage + 2 * 256, true)).toBe(0);
  });

  test("fires the timer that ran, at its time", () => {
    const rig = openRig();
    enlighten(rig);
    const due = rig.vp.referenceTime() + 50_000n;
    rig.guest.writeMsr(
      Msr.stimer0Config,
      StimerConfig.enabled | StimerConfig.direct | (BigInt(vmbusVector) << 4n),
    );
    rig.guest.writeMsr(Msr.stimer0Config + 1, due);
    rig.clock.advance(micros(4000));
    const other = moved(rig);
    other.vp.intercepts.timers();
    expect(other.guest.takeVectors()).toEqual([]);
    other.clock.advance(micros(1100));
    other.vp.intercepts.timers();
    expect(other.guest.takeVectors()).toEqual([vmbusVector]);
  });

  test("raises what it owed when the guest lets it", () => {
    const rig = openRig();
    enlighten(rig);
    rig.guest.writeMsr(Msr.sint0 + 2, (1n << 16n) | BigInt(vmbusVector));
    rig.vp.synic.signalEvent(2, 9);
    const other = moved(rig);
    other.guest.writeMsr(Msr.sint0 + 2, BigInt(vmbusVector));
    expect(other.guest.takeVectors()).toEqual([vmbusVector]);
  });
});

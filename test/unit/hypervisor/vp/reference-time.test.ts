import fc from "fast-check";
import { expect, test } from "vitest";
import { bufferMemory, Msr, ReferenceTscPage } from "../../../../src/hvdef/index.ts";
import { openReferenceTime } from "../../../../src/hypervisor/vp/reference-time.ts";
import { micros } from "../../../../src/support/index.ts";
import { openRig } from "./rig.ts";

const pageAt = 0x3000;

function open(tscFrequency: number, startTsc = 0n) {
  const machine = { tsc: startTsc };
  const memory = bufferMemory(1 << 16);
  const time = openReferenceTime({ memory, tscFrequency, readTsc: () => machine.tsc });
  const write = (index: number, value: bigint) =>
    time.entries.find((entry) => entry.index === index)?.write(value);
  const page = () => ReferenceTscPage.read(memory.view(), pageAt);
  /** What a guest computes from the page. */
  function fromPage(): bigint {
    const { scale, offset } = page();
    return ((machine.tsc * scale) >> 64n) + BigInt.asIntN(64, offset);
  }
  return { machine, time, write, page, fromPage };
}

test("the scale is that of the reference for 1 GHz", () => {
  const { write, page } = open(1_000_000_000);
  write(Msr.referenceTsc, BigInt(pageAt) | 1n);
  expect(page().scale).toBe(0x028f5c28f5c28f5cn);
  expect(page().sequence).not.toBe(0);
});

test("register and page agree to the last unit, at any frequency and count", () => {
  const frequencies = fc.integer({ min: 10_000_001, max: 4_000_000_000 });
  const counts = fc.bigInt(0n, 1n << 62n);
  fc.assert(
    fc.property(frequencies, counts, fc.array(fc.bigInt(0n, 1n << 40n)), (frequency, start, steps) => {
      const { machine, time, write, fromPage } = open(frequency, start);
      expect(time.now()).toBe(0n);
      write(Msr.referenceTsc, BigInt(pageAt) | 1n);
      let before = 0n;
      for (const step of steps) {
        machine.tsc += step;
        expect(time.now()).toBe(fromPage());
        expect(time.now() >= before).toBe(true);
        before = time.now();
      }
    }),
  );
});

test("time passes at 10 MHz and stands still with the counter", () => {
  const rig = openRig();
  expect(rig.guest.readMsr(Msr.timeRefCount)).toBe(0n);
  rig.clock.advance(micros(1_000_000));
  const second = rig.guest.readMsr(Msr.timeRefCount);
  expect(second).toBeGreaterThanOrEqual(9_999_999n);
  expect(second).toBeLessThanOrEqual(10_000_000n);
  expect(rig.guest.readMsr(Msr.timeRefCount)).toBe(second);
  expect(rig.guest.readMsr(Msr.tscFrequency)).toBe(1_000_000_000n);
  expect(rig.guest.readMsr(Msr.apicFrequency)).toBe(1_000_000_000n);
});

test("after a restore time goes on and the page says so by a new sequence", () => {
  const { machine, time, write, page, fromPage } = open(1_000_000_000, 5_000_000_000n);
  write(Msr.referenceTsc, BigInt(pageAt) | 1n);
  machine.tsc += 1_000_000n;
  const before = time.now();
  const sequence = page().sequence;
  machine.tsc = 17n;
  time.rebase();
  expect(time.now()).toBe(before);
  expect(fromPage()).toBe(before);
  expect(page().sequence).not.toBe(sequence);
  machine.tsc += 1000n;
  expect(time.now() - before).toBeGreaterThanOrEqual(9n);
});

test("a counter that jumps back does not take time with it", () => {
  const { machine, time } = open(1_000_000_000, 1_000_000n);
  machine.tsc += 1_000_000n;
  const before = time.now();
  machine.tsc = 0n;
  expect(time.now()).toBe(before);
  machine.tsc += 100_000n;
  expect(time.now()).toBeGreaterThanOrEqual(before + 999n);
});

test("the sequence is never zero and never all ones", () => {
  const { time, write, page } = open(1_000_000_000);
  write(Msr.referenceTsc, BigInt(pageAt) | 1n);
  for (let turn = 0; turn < 10; turn++) {
    time.rebase();
    expect(page().sequence).toBeGreaterThan(0);
    expect(page().sequence).toBeLessThan(0xffffffff);
  }
});

test("a counter too slow for the page is a bug of ours", () => {
  expect(() => open(10_000_000)).toThrow(RangeError);
});

test("a page beyond RAM is ignored", () => {
  const { time, write } = open(1_000_000_000);
  write(Msr.referenceTsc, (1n << 63n) | 1n);
  expect(time.inspect()).toMatchObject({ page: { address: null, beyondRam: 1 } });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { Msr, pageSize } from "../../src/hvdef/index.ts";
import { openVirtualProcessor } from "../../src/hypervisor/vp/index.ts";
import { manualClock, micros } from "../../src/support/index.ts";
import { openFakeEngine } from "../../src/vid/index.ts";

const pages = 16;
const memoryBytes = pages * pageSize;
const garbage = 0xc7;

/** Registers that lay a page over the guest's memory. */
const placing = [Msr.hypercall, Msr.referenceTsc, Msr.simp, Msr.siefp];

type Step =
  | { kind: "writeMsr"; index: number; value: bigint }
  | { kind: "readMsr"; index: number }
  | { kind: "post"; sint: number; type: number; length: number }
  | { kind: "signal"; sint: number; flag: number }
  | { kind: "scribble"; at: number; byte: number }
  | { kind: "time"; by: number }
  | { kind: "reset" };

const all64 = fc.bigInt(0n, (1n << 64n) - 1n);
const pageValue = fc
  .tuple(fc.oneof(fc.nat(pages + 1), fc.nat(2 ** 30)), fc.nat(3))
  .map(([page, low]) => (BigInt(page) << 12n) | BigInt(low));
const values = fc.oneof(
  all64,
  pageValue,
  fc.constantFrom(0n, 1n, 0xf3n, 0x100f3n, 0x1ed9n, 0x20009n, 0x2000bn),
);
const indexes = fc.oneof(
  fc.constantFrom(...Object.values(Msr), ...placing, Msr.sint0 + 2),
  fc.integer({ min: 0x40000000, max: 0x40000120 }),
  fc.integer({ min: 0, max: 0xffffffff }),
);
/** Most sources and flags are sound, so that something happens at all. */
const sints = fc.oneof(fc.constant(2), fc.integer({ min: -1, max: 17 }));
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("writeMsr" as const), index: indexes, value: values }),
  fc.record({ kind: fc.constant("readMsr" as const), index: indexes }),
  fc.record({
    kind: fc.constant("post" as const),
    sint: sints,
    type: fc.constantFrom(0, 1, 0x80000010, 0xffffffff),
    length: fc.nat(300),
  }),
  fc.record({
    kind: fc.constant("signal" as const),
    sint: sints,
    flag: fc.integer({ min: -1, max: 2100 }),
  }),
  fc.record({ kind: fc.constant("scribble" as const), at: fc.nat(memoryBytes - 1), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant("time" as const), by: fc.nat(5_000_000) }),
  fc.constant({ kind: "reset" as const }),
);

/** A guest that set everything up before the fuzzing starts, on pages 5 and 6. */
const prologue: readonly Step[] = [
  { kind: "writeMsr", index: Msr.guestOsId, value: 1n },
  { kind: "writeMsr", index: Msr.simp, value: 0x5001n },
  { kind: "writeMsr", index: Msr.siefp, value: 0x6001n },
  { kind: "writeMsr", index: Msr.sint0 + 2, value: 0xf3n },
  { kind: "writeMsr", index: Msr.scontrol, value: 1n },
];
const sequences = fc
  .tuple(fc.boolean(), fc.array(steps, { maxLength: 80, size: "max" }))
  .map(([isSetUp, rest]) => (isSetUp ? [...prologue, ...rest] : rest));

function open() {
  const clock = manualClock();
  const engine = openFakeEngine({ memoryBytes, clock });
  const touched = new Set<number>();
  const bytes = engine.memory.bytes();
  bytes.fill(garbage);
  engine.memory.wrote = (at, length) => {
    expect(at >= 0 && at + length <= memoryBytes).toBe(true);
    for (let page = Math.floor(at / pageSize); page * pageSize < at + length; page++) touched.add(page);
  };
  const vectors: number[] = [];
  const vp = openVirtualProcessor({
    memory: engine.memory,
    registers: engine.registers,
    raiseVector: (vector) => vectors.push(vector),
    readTsc: engine.readTsc,
    tscFrequency: engine.tscFrequency,
    runtime: () => micros(0),
    onCrash: (crash) => expect(crash.text.length).toBeLessThanOrEqual(pageSize),
  });
  return { clock, engine, bytes, touched, vectors, vp };
}

function perform(rig: ReturnType<typeof open>, step: Step): void {
  const { intercepts, synic } = rig.vp;
  switch (step.kind) {
    case "writeMsr":
      intercepts.writeMsr(step.index, step.value);
      break;
    case "readMsr": {
      const value = intercepts.readMsr(step.index);
      expect(value === null || (value >= 0n && value < 1n << 64n)).toBe(true);
      break;
    }
    case "post":
      synic.postMessage(step.sint, step.type, new Uint8Array(step.length).fill(step.sint));
      break;
    case "signal":
      synic.signalEvent(step.sint, step.flag);
      break;
    case "scribble":
      rig.bytes[step.at] = step.byte;
      break;
    case "time":
      rig.clock.advance(micros(step.by));
      expect(intercepts.timers()).toBeGreaterThanOrEqual(0);
      break;
    case "reset":
      rig.vp.reset();
      break;
  }
}

test("no sequence of registers, messages, flags and garbage breaks the processor", () => {
  fc.assert(
    fc.property(sequences, (sequence) => {
      const rig = open();
      for (const step of sequence) perform(rig, step);
      for (const vector of rig.vectors) expect(vector >= 16 && vector <= 255).toBe(true);
      expect(() => structuredClone(rig.vp.inspect())).not.toThrow();
    }),
    { numRuns: 250 },
  );
});

test("only pages the guest placed are ever written", () => {
  fc.assert(
    fc.property(sequences, (sequence) => {
      const rig = open();
      const placed = new Set<number>();
      for (const step of sequence) {
        if (step.kind === "scribble") continue;
        if (step.kind === "writeMsr" && placing.some((index) => index === step.index)) {
          placed.add(Number(step.value >> 12n));
        }
        perform(rig, step);
      }
      for (const page of rig.touched) expect(placed.has(page)).toBe(true);
      for (let page = 0; page < pages; page++) {
        if (placed.has(page)) continue;
        const bytes = rig.bytes.subarray(page * pageSize, (page + 1) * pageSize);
        expect(bytes.every((byte) => byte === garbage)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

test("every write is announced to the engine", () => {
  fc.assert(
    fc.property(sequences, (sequence) => {
      const rig = open();
      for (const step of sequence) {
        if (step.kind === "scribble") continue;
        const before = rig.bytes.slice();
        rig.touched.clear();
        perform(rig, step);
        for (let page = 0; page < pages; page++) {
          if (rig.touched.has(page)) continue;
          const [from, to] = [page * pageSize, (page + 1) * pageSize];
          expect(Buffer.compare(rig.bytes.subarray(from, to), before.subarray(from, to))).toBe(0);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("messages arrive whole, once and in order, whatever the guest does with its registers", () => {
  const toggles = fc.constantFrom("mask", "unmask", "disable", "enable", "free", "slice", "post");
  fc.assert(
    fc.property(fc.array(toggles, { maxLength: 120, size: "max" }), (sequence) => {
      const rig = open();
      const { intercepts, synic } = rig.vp;
      rig.bytes.fill(0);
      intercepts.writeMsr(Msr.simp, 0x5001n);
      const view = rig.engine.memory.view();
      const slot = 0x5000 + 512;
      const got: number[] = [];
      let sent = 0;
      function free(): void {
        if (view.getUint32(slot, true) === 0) return;
        got.push(view.getUint32(slot + 16, true));
        view.setUint32(slot, 0, true);
        if ((view.getUint8(slot + 5) & 1) !== 0) intercepts.writeMsr(Msr.eom, 0n);
      }
      const actions = {
        mask: () => intercepts.writeMsr(Msr.sint0 + 2, 0x100f3n),
        unmask: () => intercepts.writeMsr(Msr.sint0 + 2, 0xf3n),
        disable: () => intercepts.writeMsr(Msr.scontrol, 0n),
        enable: () => intercepts.writeMsr(Msr.scontrol, 1n),
        free,
        slice: () => intercepts.timers(),
        post: () => synic.postMessage(2, 1, new Uint8Array(Uint32Array.of(sent++).buffer)),
      };
      for (const step of sequence) actions[step]();
      intercepts.writeMsr(Msr.scontrol, 1n);
      for (let turn = 0; turn < sequence.length; turn++) free();
      expect(got).toEqual(Array.from({ length: sent }, (_, value) => value));
    }),
    { numRuns: 200 },
  );
});

import { expect, test } from "vitest";
import { manualClock, micros } from "../../../src/support/index.ts";
import { openFakeEngine } from "../../../src/vid/index.ts";

const memoryBytes = 4096;

test("each run takes the next step, then the guest is idle until its next timer", () => {
  const seen: string[] = [];
  const engine = openFakeEngine({
    memoryBytes,
    clock: manualClock(),
    script: [
      (guest) => {
        guest.print("hi");
        return { kind: "budget" };
      },
      () => ({ kind: "fault", detail: "triple fault" }),
    ],
  });
  engine.onSerial((byte) => seen.push(String.fromCharCode(byte)));
  expect(engine.run()).toEqual({ kind: "budget" });
  expect(engine.run()).toEqual({ kind: "fault", detail: "triple fault" });
  engine.connect({
    cpuid: () => null,
    readMsr: () => null,
    writeMsr: () => false,
    timers: () => micros(77),
  });
  expect(engine.run()).toEqual({ kind: "halt", wakeIn: 77 });
  expect(seen.join("")).toBe("hi");
  expect(engine.slices()).toBe(3);
});

test("timers run before guest code, once a slice", () => {
  const order: string[] = [];
  const step = () => {
    order.push("code");
    return { kind: "budget" } as const;
  };
  const engine = openFakeEngine({ memoryBytes, clock: manualClock(), script: [step, step] });
  const timers = () => {
    order.push("timers");
    return micros(0);
  };
  engine.connect({ cpuid: () => null, readMsr: () => null, writeMsr: () => false, timers });
  engine.run();
  engine.run();
  expect(order).toEqual(["timers", "code", "timers", "code"]);
});

test("the time stamp counter follows the partition's clock at 1 GHz", () => {
  const clock = manualClock(micros(3));
  const engine = openFakeEngine({ memoryBytes, clock });
  expect(engine.readTsc()).toBe(3000n);
  clock.advance(micros(0.5));
  expect(engine.readTsc()).toBe(3500n);
});

test("the guest reaches intercepts and ports, and sees requested interrupts in order", () => {
  const engine = openFakeEngine({ memoryBytes, clock: manualClock() });
  const written: number[] = [];
  engine.attachPort(0xf5, (value) => {
    written.push(value);
    engine.registers.set("eax", -1);
  });
  expect(engine.guest.cpuid(1)).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 0 });
  expect(engine.guest.readMsr(0x40000000)).toBe(0n);
  expect(engine.guest.writeMsr(0x40000000, 1n)).toBe(false);
  expect(engine.guest.hypercall({ port: 0xf5, eax: 0xffffffff, ecx: 4 })).toBe(0xffffffff);
  engine.guest.out(0x80, 1);
  expect(written).toEqual([0xffffffff]);
  expect(engine.registers.get("ecx")).toBe(4);
  engine.raiseVector(0xf3);
  engine.raiseVector(0xed);
  expect(engine.guest.takeVectors()).toEqual([0xf3, 0xed]);
  expect(engine.guest.takeVectors()).toEqual([]);
  engine.guest.setPrivilege(3);
  expect(engine.registers.privilege()).toBe(3);
  engine.serialInput(Uint8Array.of(1, 2));
  expect(engine.guest.takeSerial()).toEqual([1, 2]);
  engine[Symbol.dispose]();
  expect(engine.isDisposed()).toBe(true);
});

test("the guest sees what is in its drives, and which of them changed", () => {
  const contents = { byteLength: 2048, readOnly: true, read() {}, write() {}, flush() {} };
  const engine = openFakeEngine({
    memoryBytes,
    clock: manualClock(),
    drives: [
      { kind: "dvd", place: 2, contents },
      { kind: "floppy", place: 4, contents: null },
    ],
  });
  expect([engine.guest.medium(2), engine.guest.medium(4), engine.guest.medium(0)]).toEqual([
    contents,
    null,
    null,
  ]);
  engine.setMedium(4, contents);
  engine.setMedium(2, null);
  expect([engine.guest.medium(2), engine.guest.medium(4)]).toEqual([null, contents]);
  expect(engine.guest.takeMediumChanges()).toEqual([4, 2]);
  expect(engine.guest.takeMediumChanges()).toEqual([]);
});

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { openEngine } from "../../src/hal/v86/engine.ts";
import { decodeSaved, usualBootOrder } from "../../src/hvdef/index.ts";
import { micros, type OwnBytes } from "../../src/support/index.ts";
import {
  type Engine,
  type EngineAdapter,
  type EngineDrive,
  type FakeStep,
  type Intercepts,
  openFakeEngine,
  type PartitionClock,
} from "../../src/vid/index.ts";
import { engineCore } from "../lab/worker.ts";
import { assemble, mov, origin, type Piece, port32 } from "./tiny/assembler.ts";

/** A machine on a clock of its own, which goes on whenever it is looked at: so slices end. */
interface Machine {
  readonly engine: Engine;
  readonly clock: PartitionClock;
  slices(count: number): Promise<void>;
  readonly said: number[];
}
interface Parts {
  readonly drives?: readonly EngineDrive[];
  readonly adapters?: readonly EngineAdapter[];
}
interface Guest extends Parts {
  readonly script: readonly FakeStep[];
  readonly code: readonly Piece[];
}
type Open = (guest: Guest, at: number) => Promise<Machine>;

const port = 0xf4;
const quiet: Intercepts = {
  cpuid: () => null,
  readMsr: () => null,
  writeMsr: () => false,
  timers: () => micros(5000),
};
const memoryBytes = 4 << 20;

const look = 20;
function steppingClock(start: number): PartitionClock {
  let time = start;
  return {
    now() {
      time += look;
      return micros(time);
    },
  };
}

function machineOver(engine: Engine, clock: PartitionClock): Machine {
  const said: number[] = [];
  engine.attachPort(port, (value) => void said.push(value));
  return {
    engine,
    clock,
    said,
    async slices(count) {
      for (let i = 0; i < count; i++) {
        engine.run();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
const openFake: Open = async ({ script }, at) => {
  const clock = steppingClock(at);
  const engine = openFakeEngine({ memoryBytes, clock, script });
  engine.connect(quiet);
  return machineOver(engine, clock);
};
const openReal: Open = async ({ code, drives = [], adapters = [] }, at) => {
  const clock = steppingClock(at);
  const ready = await openEngine(
    { core: engineCore() },
    { memoryBytes, bios: null, clock, drives, adapters, bootOrder: usualBootOrder, diskFailed() {} },
  );
  ready.connect(quiet);
  ready.engine.memory.bytes().set(assemble(code), origin);
  ready.boot.startProtected({ eip: origin, esi: 0 });
  return machineOver(ready.engine, clock);
};

/** The same machine somewhere else, as it was saved. */
async function moved(open: Open, guest: Guest, from: Machine): Promise<Machine> {
  const devices = from.engine.saveDevices();
  const ram = from.engine.memory.bytes().slice();
  const to = await open({ ...guest, code: [0xf4] }, from.clock.now());
  to.engine.memory.bytes().set(ram);
  expect(to.engine.restoreDevices(devices)).toBeNull();
  return to;
}

/** What a machine would save, apart from the counter that never stands still and the page that code was read from. */
function settledState({ engine }: Machine): unknown {
  const saved = decodeSaved(engine.saveDevices()) as { processor?: { registers: Uint8Array } };
  const registers = saved.processor?.registers
    .slice()
    .fill(0, 620 - 64, 624 - 64)
    .fill(0, 960 - 64, 968 - 64);
  return shortened({ ...saved, processor: registers });
}

/** Large arrays by their sums: a comparison of them, number by number, takes a minute. */
function shortened(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return bytes.length < 4096 ? value : createHash("sha256").update(bytes).digest("hex");
  }
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shortened(one)]));
}

const steps: readonly FakeStep[] = Array.from({ length: 60 }, (_, step) => (guest) => {
  guest.out(port, step);
  return { kind: "budget" };
});
/** Counts in EBX, tells the port, and works for a while with flags that are computed late. */
const counting: readonly Piece[] = [
  ...mov("ebx", 0),
  { label: "next" },
  ...[0x89, 0xd8], // mov eax, ebx
  ...port32(port),
  0x43, // inc ebx
  ...mov("ecx", 200_000),
  { label: "busy" },
  0x49, // dec ecx
  { jumpIfNotZero: "busy" },
  { jump: "next" },
];
const counter: Guest = { script: steps, code: counting };

describe.each([
  { name: "fake", open: openFake },
  { name: "v86", open: openReal },
])("saved state of engine $name", ({ open }) => {
  test("a guest goes on in another machine, at the very instruction", async () => {
    const first = await open(counter, 0);
    await first.slices(20);
    const second = await moved(open, counter, first);
    await second.slices(20);
    const all = [...first.said, ...second.said];
    expect(first.said.length).toBeGreaterThan(3);
    expect(second.said.length).toBeGreaterThan(3);
    expect(all).toEqual(all.map((_, place) => place));
  });

  test("the machine that was saved goes on as well", async () => {
    const first = await open(counter, 0);
    await first.slices(10);
    first.engine.saveDevices();
    await first.slices(10);
    expect(first.said).toEqual(first.said.map((_, place) => place));
  });

  test("a restored machine saves as what it was restored from", async () => {
    const first = await open(counter, 0);
    await first.slices(10);
    const second = await moved(open, counter, first);
    expect(settledState(second)).toEqual(settledState(first));
  });

  test("the time stamp counter goes on where it was", async () => {
    const first = await open(counter, 0);
    await first.slices(20);
    const before = first.engine.readTsc();
    const second = await moved(open, counter, first);
    const after = second.engine.readTsc();
    // It interpolates between two looks at the clock.
    expect(Number(after - before)).toBeLessThan(1_000_000);
    expect(Number(after - before)).toBeGreaterThanOrEqual(0);
    for (let i = 0; i < 100; i++) second.clock.now();
    expect(Number(second.engine.readTsc() - after)).toBeGreaterThan(1_500_000);
  });

  test("a state that is none, is cut or lies is refused in words", async () => {
    const first = await open(counter, 0);
    await first.slices(5);
    const saved = first.engine.saveDevices();
    const damaged: OwnBytes[] = [new Uint8Array(0), new Uint8Array(64), saved.slice(0, saved.length / 2)];
    for (const bytes of damaged) {
      const other = await open(counter, 0);
      expect(other.engine.restoreDevices(bytes)).toMatch(/^The machine cannot go on from its saved state/);
    }
  });
});

describe("saved state of v86", () => {
  test("the time stamp counter does not run ahead of a clock that stands still", async () => {
    const first = await openReal(counter, 20_000_000);
    await first.slices(20);
    const devices = first.engine.saveDevices();
    const saved = first.engine.readTsc();
    const now = first.clock.now();
    const request = { memoryBytes, bios: null, clock: { now: () => micros(now) }, drives: [], adapters: [] };
    const ready = await openEngine(
      { core: engineCore() },
      { ...request, bootOrder: usualBootOrder, diskFailed() {} },
    );
    expect(ready.engine.restoreDevices(devices)).toBeNull();
    for (let reading = 0; reading < 100; reading++) {
      const ahead = Number(ready.engine.readTsc() - saved);
      expect(ahead).toBeGreaterThan(-1_000_000);
      expect(ahead).toBeLessThan(1_000_000);
    }
  });

  test("a requested interrupt is delivered after the restore", async () => {
    const guest: Guest = { script: [], code: interruptGuest };
    const first = await openReal(guest, 0);
    await first.slices(5);
    first.engine.raiseVector(vector);
    const second = await moved(openReal, guest, first);
    await second.slices(3);
    expect(second.said).toEqual([1]);
    expect(first.said).toEqual([]);
  });

  test("what came on the serial port and was not read is still there", async () => {
    const code: readonly Piece[] = [
      { label: "look" },
      ...[0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01], // mov dx, 3fdh; in al, dx; test al, 1
      { jumpIfNotZero: "read" },
      { jump: "look" },
      { label: "read" },
      ...[0x66, 0xba, 0xf8, 0x03, 0x31, 0xc0, 0xec], // mov dx, 3f8h; xor eax, eax; in al, dx
      ...port32(port),
      { jump: "look" },
    ];
    const first = await openReal({ script: [], code }, 0);
    first.engine.serialInput(Uint8Array.of(65, 66, 67));
    const second = await moved(openReal, { script: [], code }, first);
    await second.slices(5);
    expect(second.said).toEqual([65, 66, 67]);
  });

  test("other drives than those it was saved with are refused", async () => {
    const disk = (sectors: number): EngineDrive => ({
      kind: "disk",
      place: 0,
      firstSector: new Uint8Array(512),
      contents: { byteLength: sectors * 512, readOnly: false, read() {}, write() {}, flush() {} },
    });
    const first = await openReal({ ...counter, drives: [disk(2048)] }, 0);
    const devices = first.engine.saveDevices();
    const same = await openReal({ ...counter, drives: [disk(2048)] }, 0);
    expect(same.engine.restoreDevices(devices)).toBeNull();
    const other = await openReal({ ...counter, drives: [disk(4096)] }, 0);
    expect(other.engine.restoreDevices(devices)).toContain("IDE drives");
    const none = await openReal(counter, 0);
    expect(none.engine.restoreDevices(devices)).not.toBeNull();
  });

  test("adapters keep their buffers", async () => {
    const adapter: EngineAdapter = {
      place: 0,
      mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
      sent() {},
      roomMade() {},
    };
    const first = await openReal({ ...counter, adapters: [adapter] }, 0);
    const second = await moved(openReal, { ...counter, adapters: [adapter] }, first);
    expect(settledState(second)).toEqual(settledState(first));
    const without = await openReal(counter, 0);
    expect(without.engine.restoreDevices(first.engine.saveDevices())).toContain("device");
  });
});

const vector = 0x51;
const store = (at: number): Piece[] => [0xa3, ...[0, 8, 16, 24].map((shift) => (at >>> shift) & 0xff)];
/** One gate, the local APIC on, interrupts on; the handler counts and tells the port. */
const interruptGuest: readonly Piece[] = [
  ...mov("esp", 0x9000),
  ...[0xbf, 0, 0, 0, 0], // mov edi, 0
  ...mov("eax", 0x0000_ffff),
  ...store(0x2010),
  ...mov("eax", 0x00cf_9a00),
  ...store(0x2014),
  ...mov("eax", (0x2000 << 16) | 31),
  ...store(0x1000),
  ...mov("eax", 0),
  ...store(0x1004),
  ...[0x0f, 0x01, 0x15, 0x00, 0x10, 0, 0], // lgdt [1000h]
  0xb8,
  { address: "handler" },
  ...[0x89, 0xc3, 0x25, 0xff, 0xff, 0, 0, 0x0d, 0, 0, 0x10, 0],
  ...store(0x3000 + vector * 8),
  ...[0x89, 0xd8, 0x25, 0, 0, 0xff, 0xff, 0x0d, 0, 0x8e, 0, 0],
  ...store(0x3000 + vector * 8 + 4),
  ...mov("eax", (0x3000 << 16) | 0x7ff),
  ...store(0x1008),
  ...mov("eax", 0),
  ...store(0x100c),
  ...[0x0f, 0x01, 0x1d, 0x08, 0x10, 0, 0], // lidt [1008h]
  ...mov("eax", 0x1ff),
  ...store(0xfee0_00f0), // spurious vector register: APIC on
  0xfb, // sti
  { label: "idle" },
  0xf4,
  { jump: "idle" },
  { label: "handler" },
  0x47, // inc edi
  ...[0x89, 0xf8], // mov eax, edi
  ...port32(port),
  ...mov("eax", 0),
  ...store(0xfee0_00b0), // EOI
  0xcf, // iret
];

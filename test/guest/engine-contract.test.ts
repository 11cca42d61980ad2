import { describe, expect, test } from "vitest";
import { micros } from "../../src/support/index.ts";
import {
  type Engine,
  type Exit,
  type FakeStep,
  type Intercepts,
  openFakeEngine,
} from "../../src/vid/index.ts";
import { addressOf, assemble, mov, type Piece, port32 } from "./tiny/assembler.ts";
import { openTinyMachine } from "./tiny/machine.ts";

/**
 * What the rest of the house relies on, of the scripted machine and of the real one alike. Each case gives the
 * same guest twice: as a script and as code.
 */
interface Guest {
  readonly script: readonly FakeStep[];
  readonly code: readonly Piece[];
}
interface Running {
  readonly engine: Engine;
  runUntil(look: (exit: Exit) => boolean): Promise<Exit>;
}
type Open = (guest: Guest, intercepts?: Intercepts) => Promise<Running>;

const quiet: Intercepts = {
  cpuid: () => null,
  readMsr: () => null,
  writeMsr: () => false,
  timers: () => micros(5000),
};

const openFake: Open = async ({ script }, intercepts = quiet) => {
  const clock = { now: () => micros(performance.now() * 1000) };
  const engine = openFakeEngine({ memoryBytes: 4 << 20, clock, script });
  engine.connect(intercepts);
  return {
    engine,
    async runUntil(look) {
      for (let i = 0; i < 1000; i++) {
        const exit = engine.run();
        if (look(exit)) return exit;
        if (exit.kind !== "budget" && exit.kind !== "halt") return exit;
      }
      throw new Error("the script is over");
    },
  };
};
const openReal: Open = ({ code }, intercepts = quiet) => openTinyMachine(assemble(code), intercepts);

const port = 0xf4;
const com1 = 0x3f8;
const rest: readonly Piece[] = [{ label: "rest" }, 0xf4, { jump: "rest" }];
const vector = 0x51;

/** MOV AL, value; OUT DX, AL. */
const out8 = (to: number, value: number): Piece[] => [0x66, 0xba, to & 0xff, to >> 8, 0xb0, value, 0xee];
/** MOV [absolute], EAX. */
const store = (at: number): Piece[] => [0xa3, ...[0, 8, 16, 24].map((shift) => (at >>> shift) & 0xff)];

/**
 * Interrupts: the flat code segment that is in use already, one gate, the local APIC switched on. The handler adds 1 to EDI, tells
 * the port, and says EOI.
 */
const gdt = 0x2000;
const idt = 0x3000;
const interruptGuest: readonly Piece[] = [
  ...mov("esp", 0x9000),
  0xbf,
  0,
  0,
  0,
  0, // mov edi, 0
  // Code segment 10h: base 0, limit 4 GiB, 32 bits.
  ...mov("eax", 0x0000_ffff),
  ...store(gdt + 16),
  ...mov("eax", 0x00cf_9a00),
  ...store(gdt + 20),
  ...mov("eax", (gdt << 16) | 31),
  ...store(0x1000),
  ...mov("eax", gdt >>> 16),
  ...store(0x1004),
  ...[0x0f, 0x01, 0x15, 0x00, 0x10, 0, 0], // lgdt [1000h]
  // The gate: low half of the handler, selector 10h; high half, present interrupt gate.
  0xb8,
  { address: "handler" }, // mov eax, handler
  ...[0x89, 0xc3], // mov ebx, eax
  ...[0x25, 0xff, 0xff, 0, 0], // and eax, ffffh
  ...[0x0d, 0, 0, 0x10, 0], // or eax, 100000h
  ...store(idt + vector * 8),
  ...[0x89, 0xd8], // mov eax, ebx
  ...[0x25, 0, 0, 0xff, 0xff], // and eax, ffff0000h
  ...[0x0d, 0, 0x8e, 0, 0], // or eax, 8e00h
  ...store(idt + vector * 8 + 4),
  ...mov("eax", (idt << 16) | 0x7ff),
  ...store(0x1008),
  ...mov("eax", idt >>> 16),
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

describe.each([
  { name: "fake", open: openFake },
  { name: "v86", open: openReal },
])("engine $name", ({ name, open }) => {
  const halt: FakeStep = () => ({ kind: "halt", wakeIn: micros(5000) });

  test("a guest that works wants more, one that halts tells until when", async () => {
    const machine = await open({
      script: [() => ({ kind: "budget" }), () => ({ kind: "budget" }), halt, halt],
      code: [...mov("ecx", 3_000_000), { label: "busy" }, 0x49, { jumpIfNotZero: "busy" }, ...rest],
    });
    expect(machine.engine.run()).toEqual({ kind: "budget" });
    const exit = await machine.runUntil(({ kind }) => kind === "halt");
    if (exit.kind !== "halt") throw new Error("it did not halt");
    expect(exit.wakeIn).toBeGreaterThanOrEqual(0);
    expect(exit.wakeIn).toBeLessThanOrEqual(100_000);
    // Nothing happens between slices, and a halted guest stays halted.
    expect(machine.engine.run().kind).toBe("halt");
  });

  test("a deadline of ours shortens the sleep", async () => {
    const timers = () => micros(700);
    const machine = await open(
      { script: [() => ({ kind: "halt", wakeIn: timers() })], code: rest },
      { ...quiet, timers },
    );
    const exit = await machine.runUntil(({ kind }) => kind === "halt");
    expect(exit).toMatchObject({ kind: "halt" });
    if (exit.kind === "halt") expect(exit.wakeIn).toBeLessThanOrEqual(700);
  });

  test("a port write sees and changes the registers of the waiting processor", async () => {
    const seen: number[] = [];
    const machine = await open({
      script: [
        (guest) => {
          const { registers } = guest.engine;
          registers.set("ecx", 0xfeed_0001);
          registers.set("edi", 0x8000_0000);
          guest.out(port, 0xffff_fffe);
          guest.out(port, registers.get("edx"));
          return { kind: "budget" };
        },
      ],
      code: [
        ...mov("ecx", 0xfeed_0001),
        ...mov("edi", 0x8000_0000),
        ...mov("eax", 0xffff_fffe),
        ...port32(port),
        ...[0x89, 0xd0], // mov eax, edx
        ...port32(port),
        ...rest,
      ],
    });
    const { registers } = machine.engine;
    machine.engine.attachPort(port, (value) => {
      seen.push(value, registers.get("ecx"), registers.get("edi"), registers.privilege());
      registers.set("edx", 0xcafe_babe);
    });
    await machine.runUntil(() => seen.length >= 8);
    expect(seen).toEqual([
      0xffff_fffe, 0xfeed_0001, 0x8000_0000, 0, 0xcafe_babe, 0xfeed_0001, 0x8000_0000, 0,
    ]);
  });

  test("memory is one: what the guest writes we read, what we write it reads", async () => {
    const values: number[] = [];
    const machine = await open({
      script: [
        (guest) => {
          guest.engine.memory.view().setUint32(0x5000, 0x1234_5678, true);
          return { kind: "budget" };
        },
        (guest) => {
          guest.out(port, guest.engine.memory.view().getUint32(0x6000, true));
          return { kind: "budget" };
        },
      ],
      code: [
        ...mov("eax", 0x1234_5678),
        ...store(0x5000),
        { label: "wait" },
        ...[0xa1, 0x00, 0x60, 0, 0], // mov eax, [6000h]
        ...[0x85, 0xc0], // test eax, eax
        ...[0x74, 0xf7], // jz wait
        ...port32(port),
        ...rest,
      ],
    });
    const { memory } = machine.engine;
    machine.engine.attachPort(port, (value) => void values.push(value));
    await machine.runUntil(() => memory.view().getUint32(0x5000, true) === 0x1234_5678);
    expect(memory.size).toBe(4 << 20);
    expect(memory.bytes().length).toBe(memory.size);
    expect(memory.bytes()[0x5000]).toBe(0x78);
    memory.view().setUint32(0x6000, 0x0bad_cafe, true);
    await machine.runUntil(() => values.length > 0);
    expect(values).toEqual([0x0bad_cafe]);
  });

  test("an interrupt ends a halt, and each request is one interrupt", async () => {
    const hits: number[] = [];
    const deliver: FakeStep = (guest) => {
      for (const _vector of guest.takeVectors()) guest.out(port, hits.length + 1);
      return { kind: "halt", wakeIn: micros(5000) };
    };
    const machine = await open({
      script: Array.from({ length: 40 }, () => deliver),
      code: interruptGuest,
    });
    machine.engine.attachPort(port, (value) => void hits.push(value));
    await machine.runUntil(({ kind }) => kind === "halt");
    for (let i = 0; i < 3; i++) machine.engine.run();
    expect(hits).toEqual([]);
    machine.engine.raiseVector(vector);
    await machine.runUntil(() => hits.length > 0);
    await machine.runUntil(({ kind }) => kind === "halt");
    machine.engine.raiseVector(vector);
    await machine.runUntil(() => hits.length > 1);
    await machine.runUntil(({ kind }) => kind === "halt");
    for (let i = 0; i < 5; i++) machine.engine.run();
    expect(hits).toEqual([1, 2]);
  });

  test("the serial line carries bytes both ways", async () => {
    const printed: number[] = [];
    const echo: FakeStep = (guest) => {
      const bytes = guest.takeSerial();
      if (bytes.length > 0) guest.print(String.fromCharCode(...bytes.map((byte) => byte + 1)));
      return { kind: "budget" };
    };
    const machine = await open({
      script: [
        (guest) => {
          guest.print("ok");
          return { kind: "budget" };
        },
        ...Array.from({ length: 20 }, () => echo),
      ],
      code: [
        ...out8(com1, 0x6f),
        ...out8(com1, 0x6b),
        { label: "poll" },
        ...[0x66, 0xba, 0xfd, 0x03, 0xec], // mov dx, 3fdh; in al, dx
        ...[0xa8, 0x01, 0x74, 0xf7], // test al, 1; jz poll
        ...[0x66, 0xba, 0xf8, 0x03, 0xec], // mov dx, 3f8h; in al, dx
        ...[0xfe, 0xc0, 0xee], // inc al; out dx, al
        { jump: "poll" },
      ],
    });
    machine.engine.onSerial((byte) => void printed.push(byte));
    await machine.runUntil(() => printed.length >= 2);
    machine.engine.serialInput(Uint8Array.of(0x41, 0x42, 0x59));
    await machine.runUntil(() => printed.length >= 5);
    expect(String.fromCharCode(...printed)).toBe("okBCZ");
  });

  test("the time stamp counter runs at its frequency and never backwards", async () => {
    const machine = await open({ script: [], code: rest });
    /** A reading with the times around it: a busy host may stop us anywhere. */
    const read = () => {
      const before = performance.now();
      const value = machine.engine.readTsc();
      return { before, value, after: performance.now() };
    };
    const first = read();
    let last = first;
    let backwards = 0;
    while (last.after - first.after < 50) {
      const next = read();
      if (next.value < last.value) backwards++;
      last = next;
    }
    const measured = (Number(last.value - first.value) / machine.engine.tscFrequency) * 1000;
    expect(backwards).toBe(0);
    expect(measured).toBeGreaterThan(last.before - first.after - 1.5);
    expect(measured).toBeLessThan(last.after - first.before + 1.5);
  });

  test("a reset and a power-off are told apart, and told at once", async () => {
    const reset = await open({
      script: [() => ({ kind: "reset" })],
      code: [0xb0, 0xfe, 0xe6, 0x64, ...rest], // keyboard controller: pulse reset
    });
    expect((await reset.runUntil(({ kind }) => kind === "reset")).kind).toBe("reset");
    const off = await open({
      script: [() => ({ kind: "powerOff" })],
      // PM1a control: sleep type 0, sleep enable
      code: [0x66, 0xba, 0x04, 0xb0, 0x66, 0xb8, 0x00, 0x20, 0x66, 0xef, ...rest],
    });
    expect((await off.runUntil(({ kind }) => kind === "powerOff")).kind).toBe("powerOff");
  });

  test("two machines in one thread do not know each other", async () => {
    const guest: Guest = {
      script: [
        (one) => {
          one.engine.memory.view().setUint32(0x5000, 7, true);
          return { kind: "halt", wakeIn: micros(1000) };
        },
      ],
      code: [...mov("eax", 7), ...store(0x5000), ...rest],
    };
    const first = await open(guest);
    const second = await open(guest);
    await first.runUntil(() => first.engine.memory.bytes()[0x5000] === 7);
    expect(second.engine.memory.bytes()[0x5000]).toBe(0);
    first.engine[Symbol.dispose]();
    await second.runUntil(() => second.engine.memory.bytes()[0x5000] === 7);
  });

  if (name !== "v86") return;

  test("code that the host rewrites is run as it is now, compiled or not", async () => {
    const told: number[] = [];
    const pieces: readonly Piece[] = [
      ...mov("esp", 0x9000),
      { label: "round" },
      ...mov("ecx", 300_000),
      { label: "again" },
      0xe8,
      0,
      0,
      0,
      0, // call routine: filled in below
      0x49, // dec ecx
      { jumpIfNotZero: "again" },
      ...port32(port),
      { jump: "round" },
      { label: "routine" },
      ...mov("eax", 1),
      0xc3, // ret
    ];
    const program = assemble(pieces);
    const call = addressOf(pieces, "again") + 1;
    const routine = addressOf(pieces, "routine");
    new DataView(program.buffer).setUint32(call - 0x100000, routine - (call + 4), true);
    const machine = await openTinyMachine(program);
    const { memory } = machine.engine;
    machine.engine.attachPort(port, (value) => void told.push(value));
    // Long enough for the routine to be compiled.
    await machine.runUntil(() => told.length >= 5);
    expect(new Set(told)).toEqual(new Set([1]));
    memory.bytes()[routine + 1] = 2;
    memory.wrote(routine + 1, 1);
    const before = told.length;
    await machine.runUntil(() => told.length >= before + 3);
    expect(told.at(-1)).toBe(2);
    // The round during which it changed may have ended either way.
    expect(told.slice(before + 1)).toEqual([2, 2]);
  });

  test("a disposed machine is gone: it runs nothing", async () => {
    const machine = await open({ script: [], code: rest });
    machine.engine[Symbol.dispose]();
    expect(machine.engine.run()).toEqual({ kind: "fault", detail: "the machine is gone" });
  });

  test("a triple fault is an end, not a hang", async () => {
    // No interrupt table: the first invalid instruction faults three times.
    const machine = await open({
      script: [],
      code: [
        ...mov("eax", 0),
        ...store(0x1008),
        ...store(0x100c),
        0x0f,
        0x01,
        0x1d,
        0x08,
        0x10,
        0,
        0,
        0x0f,
        0x0b,
        ...rest,
      ],
    });
    const exit = await machine.runUntil(({ kind }) => kind === "reset" || kind === "fault");
    expect(["reset", "fault"]).toContain(exit.kind);
  });
});

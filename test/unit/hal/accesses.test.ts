import { expect, test } from "vitest";
import { countAccesses } from "../../../src/hal/v86/accesses.ts";
import type { V86Cpu } from "../../../src/hal/v86/shape.ts";
import type { TraceNote } from "../../../src/hvdef/index.ts";

/** Imports as the engine makes them: each says with what it was called. */
function rig() {
  const called: string[] = [];
  const names = [
    ...["io_port_read8", "io_port_read16", "io_port_read32", "mmap_read8", "mmap_read32"],
    ...["io_port_write8", "io_port_write16", "io_port_write32"],
    ...["mmap_write8", "mmap_write16", "mmap_write32", "mmap_write64", "mmap_write128", "get_rand_int"],
  ];
  const env = Object.fromEntries(
    names.map((name) => [
      name,
      (...words: number[]) => {
        called.push(`${name} ${words.join(" ")}`);
        return 42;
      },
    ]),
  );
  const notes: TraceNote[] = [];
  const trace = { on: false, note: (note: TraceNote) => void notes.push(note) };
  const counter = countAccesses(env, trace);
  const call = (name: string, ...words: number[]): unknown => {
    const found = counter.imports[name];
    return typeof found === "function" ? found(...words) : "left out";
  };
  return { counter, call, called, notes, trace };
}

test("every access reaches its device with all it says, and is counted for it", () => {
  const { counter, call, called } = rig();
  expect(call("io_port_read8", 0x60)).toBe(42);
  call("io_port_write8", 0x3f8, 65);
  call("io_port_read16", 0x1f0);
  call("io_port_write32", 0xcf8, 7);
  call("mmap_write16", 0xb8000, 0x0741);
  call("mmap_write128", 0xe000_0000 | 0, 1, 2, 3, 4);
  expect(call("mmap_read32", 0xfee0_0020 | 0)).toBe(42);
  expect(called).toEqual([
    "io_port_read8 96",
    "io_port_write8 1016 65",
    "io_port_read16 496",
    "io_port_write32 3320 7",
    "mmap_write16 753664 1857",
    `mmap_write128 ${0xe000_0000 | 0} 1 2 3 4`,
    `mmap_read32 ${0xfee0_0020 | 0}`,
  ]);
  expect(counter.counts()).toMatchObject({
    keyboard: 1,
    serial: 1,
    ide: 1,
    pci: 1,
    display: 2,
    interrupts: 1,
    network: 0,
    other: 0,
  });
  expect(call("get_rand_int")).toBe("left out");
});

test("devices behind movable ports are told apart by who answers there", () => {
  const { counter, call } = rig();
  const card = {};
  const primary = {};
  const ports = { 4096: { device: card }, 49216: { device: primary }, 45060: { device: {} } };
  const cpu = { io: { ports }, devices: { ide: { primary, secondary: {} } } } as unknown as V86Cpu;
  call("io_port_read8", 0x1000);
  counter.know(cpu, [card as never]);
  call("io_port_read8", 0x1000);
  call("io_port_write8", 0xc040, 1);
  call("io_port_read8", 0xb004);
  call("io_port_read8", 0xffff);
  expect(counter.counts()).toMatchObject({ network: 1, ide: 1, other: 3 });
});

test("a hypercall's port is no device; accesses are told only while somebody looks", () => {
  const { counter, call, notes, trace } = rig();
  counter.leaveOut(0xf5);
  call("io_port_write32", 0xf5, 1);
  call("io_port_read8", 0x64);
  expect(notes).toEqual([]);
  trace.on = true;
  call("io_port_write32", 0xf5, 1);
  call("io_port_read8", 0x64);
  expect(notes).toEqual([{ kind: "access", subject: 0x64, bytes: 1, text: "keyboard" }]);
  expect(Object.values(counter.counts()).reduce((sum, count) => sum + count)).toBe(2);
});

import { expect, test, vi } from "vitest";
import type { Intercepts } from "../../src/vid/index.ts";
import { assemble, mov, port32 } from "./tiny/assembler.ts";
import { openTinyMachine } from "./tiny/machine.ts";

/**
 * CPUID, RDMSR and WRMSR reach our hooks from interpreted and from compiled code. The guest executes each once,
 * then in a loop that the engine compiles while it runs.
 */
const handlers = ["instr_0FA2", "instr_0F32", "instr_0F30"] as const;
const rounds = 400_000;
const leaf = 0x4000_0000;
const readIndex = 0x4000_0020;
const writeIndex = 0x4000_0001;

const once = [
  ...mov("eax", leaf),
  ...[0x31, 0xc9], // xor ecx, ecx
  ...[0x0f, 0xa2], // cpuid
  ...mov("ecx", readIndex),
  ...[0x0f, 0x32], // rdmsr
  ...mov("ecx", writeIndex), // eax and edx are what was read
  ...[0x0f, 0x30], // wrmsr
];
const guest = assemble([
  ...once,
  ...mov("eax", 1),
  ...port32(0xf4),
  ...mov("esi", rounds),
  { label: "again" },
  ...once,
  0x4e, // dec esi
  { jumpIfNotZero: "again" },
  ...mov("eax", 2),
  ...port32(0xf4),
  { label: "rest" },
  0xf4, // hlt
  { jump: "rest" },
]);

/** Counts the calls that generated modules make: their imports are replaced by ones that count. */
function watchCompiledCode() {
  const calls: Record<string, number> = {};
  let modules = 0;
  const original = WebAssembly.instantiate;
  const spy = vi.spyOn(WebAssembly, "instantiate").mockImplementation(((
    source: BufferSource,
    imports: WebAssembly.Imports,
  ) => {
    const generated = imports["e"];
    if (generated === undefined || source instanceof WebAssembly.Module) return original(source, imports);
    modules++;
    const counted: Record<string, WebAssembly.ImportValue> = { ...generated };
    for (const handler of handlers) {
      const call = generated[handler];
      if (typeof call !== "function") continue;
      counted[handler] = () => {
        calls[handler] = (calls[handler] ?? 0) + 1;
        call();
      };
    }
    return original(source, { e: counted });
  }) as typeof WebAssembly.instantiate);
  return { calls, modules: () => modules, end: () => spy.mockRestore() };
}

test("every CPUID, RDMSR and WRMSR is asked about, exactly once, interpreted or compiled", async () => {
  const watch = watchCompiledCode();
  const counts = { cpuid: 0, read: 0, write: 0 };
  const wrong: string[] = [];
  const intercepts: Intercepts = {
    cpuid(wanted, subleaf) {
      counts.cpuid++;
      if (wanted !== leaf || subleaf !== 0) wrong.push(`cpuid ${wanted}.${subleaf}`);
      return { eax: 0x4000_0006, ebx: 0xfedc_ba98, ecx: 3, edx: 4 };
    },
    readMsr(index) {
      counts.read++;
      if (index !== readIndex) wrong.push(`read ${index}`);
      return 0x8765_4321_0000_0000n + BigInt(counts.read);
    },
    writeMsr(index, value) {
      counts.write++;
      if (index !== writeIndex || value !== 0x8765_4321_0000_0000n + BigInt(counts.write))
        wrong.push(`write ${index} = ${value}`);
      return true;
    },
    timers: () => 100_000 as ReturnType<Intercepts["timers"]>,
  };
  const seen: { value: number; counts: typeof counts; compiled: number; ebx: number }[] = [];
  try {
    const machine = await openTinyMachine(guest, intercepts);
    machine.engine.attachPort(0xf4, (value) => {
      const ebx = machine.engine.registers.get("ebx");
      seen.push({ value, counts: { ...counts }, compiled: watch.calls["instr_0FA2"] ?? 0, ebx });
    });
    await machine.runUntil(() => seen.length === 2);
    machine.engine[Symbol.dispose]();
  } finally {
    watch.end();
  }
  expect(wrong).toEqual([]);
  // Once each, and nothing was compiled by then.
  expect(seen[0]).toEqual({
    value: 1,
    counts: { cpuid: 1, read: 1, write: 1 },
    compiled: 0,
    ebx: 0xfedc_ba98,
  });
  expect(seen[1]).toMatchObject({
    value: 2,
    counts: { cpuid: rounds + 1, read: rounds + 1, write: rounds + 1 },
  });
  // Generated modules made most of the calls; the interpreter the first ones.
  expect(watch.modules()).toBeGreaterThan(0);
  for (const handler of handlers) {
    expect(watch.calls[handler]).toBeGreaterThan(rounds / 2);
    expect(watch.calls[handler]).toBeLessThan(rounds + 1);
  }
}, 120_000);

test("what nobody answers is the engine's, and other leaves are not even asked about", async () => {
  const asked: number[] = [];
  const values: number[] = [];
  const machine = await openTinyMachine(
    assemble([
      ...mov("eax", 0),
      ...[0x0f, 0xa2],
      ...[0x89, 0xd8], // mov eax, ebx
      ...port32(0xf4),
      ...mov("eax", leaf),
      ...[0x0f, 0xa2],
      ...[0x89, 0xd8],
      ...port32(0xf4),
      { label: "rest" },
      0xf4,
      { jump: "rest" },
    ]),
    {
      cpuid(wanted) {
        asked.push(wanted);
        return null;
      },
      readMsr: () => null,
      writeMsr: () => false,
      timers: () => 100_000 as ReturnType<Intercepts["timers"]>,
    },
  );
  machine.engine.attachPort(0xf4, (value) => void values.push(value));
  await machine.runUntil(() => values.length === 2);
  machine.engine[Symbol.dispose]();
  expect(asked).toEqual([leaf]);
  expect(values[0]).toBe(0x756e_6547); // "Genu"
  expect(values[1]).not.toBe(0);
});

import type { SavedFields, SavedValue } from "../../hvdef/index.ts";
import type { CoreExports, V86Cpu } from "./shape.ts";

/**
 * Where the core keeps its processor: registers, segments, floating point. The engine's own way of restoring forgets
 * some of it, such as the operands of flags that are not computed yet, which shows as a wrong branch now and then.
 */
const from = 64;
const end = 1280;
/** Not the processor's: what part of the screen is dirty; bytes of RAM; a place for passing the time stamp. */
const foreign: readonly (readonly [at: number, bytes: number])[] = [
  [716, 8],
  [812, 4],
  [960, 8],
];
/** The page that code was read from last: looked up anew. */
const lastCodePage = 620;
const noPage = 0xffff_ffff;
/** Bytes that the core uses as places in small tables, and what fits. */
const masked: readonly (readonly [at: number, mask: number])[] = [
  [612, 3],
  [1032, 7],
];

interface Processor {
  readonly cpu: V86Cpu;
  readonly core: CoreExports;
  /** Lets a microsecond of the machine's clock pass. */
  readonly pass: () => void;
}

/** Registers and time stamp counter. */
export function saveProcessor({ core }: Pick<Processor, "core">): SavedValue {
  return {
    registers: new Uint8Array(core.memory.buffer, from, end - from).slice(),
    timeStamp: BigInt.asUintN(64, core.read_tsc()),
  };
}

/** Takes registers and counter over, and forgets all that was derived from memory and the old ones. */
export function restoreProcessor(machine: Processor, saved: SavedFields): void {
  const { cpu, core } = machine;
  const registers = saved.bytes("registers", end - from);
  if (registers.length !== end - from) saved.refuse("registers");
  const timeStamp = saved.big("timeStamp");
  const present = new Uint8Array(core.memory.buffer, from, end - from);
  for (const [at, bytes] of foreign) registers.set(present.subarray(at - from, at - from + bytes), at - from);
  for (const [at, mask] of masked) registers[at - from] = (registers[at - from] ?? 0) & mask;
  new DataView(registers.buffer).setUint32(lastCodePage - from, noPage, true);
  present.set(registers);
  settleCounter(machine);
  core.set_tsc(Number(timeStamp & 0xffff_ffffn), Number(timeStamp >> 32n));
  settleCounter(machine);
  core.update_state_flags();
  cpu.full_clear_tlb();
  cpu.jit_clear_cache();
}

/**
 * The core takes the smallest step of its clock for the clock's resolution, and spreads readings of the same moment
 * over it. The first step of a machine that goes on is all the time it ran before: its counter would run that far ahead
 * and come back, once in the middle of the guest's own arithmetic.
 */
function settleCounter({ core, pass }: Processor): void {
  for (let reading = 0; reading < 2; reading++) {
    core.read_tsc();
    pass();
  }
  core.read_tsc();
}

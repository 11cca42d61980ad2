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
}

/** Registers and time stamp counter. */
export function saveProcessor({ core }: Processor): SavedValue {
  return {
    registers: new Uint8Array(core.memory.buffer, from, end - from).slice(),
    timeStamp: BigInt.asUintN(64, core.read_tsc()),
  };
}

/** Takes registers and counter over, and forgets all that was derived from memory and the old ones. */
export function restoreProcessor({ cpu, core }: Processor, saved: SavedFields): void {
  const registers = saved.bytes("registers", end - from);
  if (registers.length !== end - from) saved.refuse("registers");
  const timeStamp = saved.big("timeStamp");
  const present = new Uint8Array(core.memory.buffer, from, end - from);
  for (const [at, bytes] of foreign) registers.set(present.subarray(at - from, at - from + bytes), at - from);
  for (const [at, mask] of masked) registers[at - from] = (registers[at - from] ?? 0) & mask;
  new DataView(registers.buffer).setUint32(lastCodePage - from, noPage, true);
  present.set(registers);
  core.set_tsc(Number(timeStamp & 0xffff_ffffn), Number(timeStamp >> 32n));
  core.update_state_flags();
  cpu.full_clear_tlb();
  cpu.jit_clear_cache();
}

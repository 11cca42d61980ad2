import type { GuestMemory } from "../../hvdef/index.ts";
import type { CoreExports, V86Cpu } from "./shape.ts";

/** Processor registers and guest RAM seen through the core's memory, which may move when it grows. */
export interface CoreMemory {
  readonly guest: GuestMemory;
  /** General registers, signed, in the order EAX ECX EDX EBX ESP EBP ESI EDI. */
  registers(): Int32Array;
  apic(): Uint32Array;
  /** Whether the processor waits in HLT. */
  halted(): boolean;
  privilege(): number;
}

const registersAt = 64;
const haltAt = 616;
const privilegeAt = 612;

/** Opens the views. `cpu` must have its RAM already. */
export function openCoreMemory(core: CoreExports, cpu: V86Cpu): CoreMemory {
  const ramAt = cpu.mem8.byteOffset;
  const size = cpu.mem8.length;
  const apicAt = core.get_apic_addr();
  let buffer: ArrayBuffer | null = null;
  let ram = new Uint8Array(0);
  let ramView = new DataView(new ArrayBuffer(0));
  let registers = new Int32Array(0);
  let apic = new Uint32Array(0);
  let state = new Uint8Array(0);

  function refresh(): void {
    if (core.memory.buffer === buffer) return;
    buffer = core.memory.buffer;
    ram = new Uint8Array(buffer, ramAt, size);
    ramView = new DataView(buffer, ramAt, size);
    registers = new Int32Array(buffer, registersAt, 8);
    apic = new Uint32Array(buffer, apicAt, 46);
    state = new Uint8Array(buffer, 0, 1024);
  }

  const guest: GuestMemory = {
    size,
    bytes() {
      refresh();
      return ram;
    },
    view() {
      refresh();
      return ramView;
    },
    wrote(at, length) {
      cpu.jit_dirty_cache(at, at + length);
    },
  };
  return {
    guest,
    registers() {
      refresh();
      return registers;
    },
    apic() {
      refresh();
      return apic;
    },
    halted() {
      refresh();
      return state[haltAt] !== 0;
    },
    privilege() {
      refresh();
      return state[privilegeAt] ?? 3;
    },
  };
}

import type { RegisterName, VpRegisters } from "../../vid/index.ts";
import type { CoreMemory } from "./ram.ts";

const order: Readonly<Record<RegisterName, number>> = {
  eax: 0,
  ecx: 1,
  edx: 2,
  ebx: 3,
  esp: 4,
  ebp: 5,
  esi: 6,
  edi: 7,
};

/** The general registers of the halted processor. */
export function vpRegisters(memory: CoreMemory): VpRegisters {
  return {
    get: (name) => (memory.registers()[order[name]] ?? 0) >>> 0,
    set(name, value) {
      memory.registers()[order[name]] = value;
    },
    privilege: () => memory.privilege(),
  };
}

import type { Intercepts } from "../../vid/index.ts";
import type { CoreMemory } from "./ram.ts";

const eax = 0;
const ecx = 1;
const edx = 2;
const ebx = 3;

/** Imports of the hooked core: asked before the engine's own CPUID, RDMSR and WRMSR. */
export interface CoreHooks {
  hv_cpuid(): number;
  hv_rdmsr(): number;
  hv_wrmsr(): number;
}

/** What the hooks need and only get after the core that calls them exists. */
export interface HookTargets {
  memory: CoreMemory | null;
  intercepts: Intercepts | null;
}

const handled = 1;
const pass = 0;

/** Hypervisor leaves and MSRs all start with hexadecimal 4; everything else is the engine's at once. */
function isSynthetic(index: number): boolean {
  return index >>> 28 === 4;
}

/** Builds the three hooks. MSR access outside ring 0 is passed on, so that the engine raises #GP. */
export function coreHooks(targets: HookTargets): CoreHooks {
  return {
    hv_cpuid() {
      const registers = targets.memory?.registers();
      if (!registers || !targets.intercepts) return pass;
      const leaf = (registers[eax] ?? 0) >>> 0;
      if (!isSynthetic(leaf)) return pass;
      const result = targets.intercepts.cpuid(leaf, (registers[ecx] ?? 0) >>> 0);
      if (result === null) return pass;
      registers[eax] = result.eax;
      registers[ebx] = result.ebx;
      registers[ecx] = result.ecx;
      registers[edx] = result.edx;
      return handled;
    },
    hv_rdmsr() {
      const { memory, intercepts } = targets;
      if (!memory || !intercepts) return pass;
      const registers = memory.registers();
      const index = (registers[ecx] ?? 0) >>> 0;
      if (!isSynthetic(index) || memory.privilege() !== 0) return pass;
      const value = intercepts.readMsr(index);
      if (value === null) return pass;
      registers[eax] = Number(BigInt.asIntN(32, value));
      registers[edx] = Number(BigInt.asIntN(32, value >> 32n));
      return handled;
    },
    hv_wrmsr() {
      const { memory, intercepts } = targets;
      if (!memory || !intercepts) return pass;
      const registers = memory.registers();
      const index = (registers[ecx] ?? 0) >>> 0;
      if (!isSynthetic(index) || memory.privilege() !== 0) return pass;
      const low = BigInt((registers[eax] ?? 0) >>> 0);
      const high = BigInt((registers[edx] ?? 0) >>> 0);
      return intercepts.writeMsr(index, (high << 32n) | low) ? handled : pass;
    },
  };
}

import { machineMemory } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";

/** Whether a partition's memory fits into the host. */
export type Admission = { readonly kind: "admitted" } | { readonly kind: "refused"; readonly error: HvError };

/** Memory of a host, bytes. */
export interface MemoryUse {
  /** What guests may have together. */
  readonly total: number;
  /** What running guests have. */
  readonly inUse: number;
}

const mebibytes = (bytes: number) => Math.floor(bytes / 2 ** 20);

/** Judges whether `wanted` bytes may be given to a new partition. Answers with a sentence when not. */
export function admitMemory(memory: MemoryUse, wanted: number): Admission {
  if (!Number.isSafeInteger(wanted) || wanted < machineMemory.least || wanted > machineMemory.most) {
    const limits = `${mebibytes(machineMemory.least)} MB to ${mebibytes(machineMemory.most)} MB`;
    return refuse("memory.amount", `Memory of a virtual machine is ${limits}.`, 0x80070057);
  }
  const available = Math.max(0, memory.total - memory.inUse);
  if (wanted <= available) return { kind: "admitted" };
  const need = `The virtual machine needs ${mebibytes(wanted)} MB, ${mebibytes(available)} MB available.`;
  const way = wanted > memory.total ? "Give it less memory." : "Turn off another one or give it less memory.";
  return refuse("memory.notEnough", `${need} ${way}`, 0x8007000e);
}

function refuse(code: string, text: string, hresult: number): Admission {
  return { kind: "refused", error: new HvError(code, text, { hresult }) };
}

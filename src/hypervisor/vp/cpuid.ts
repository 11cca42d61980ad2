import type { CpuidResult } from "../../vid/index.ts";

const none: CpuidResult = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

/** "Microsoft Hv", four letters a register. */
const vendor = { ebx: 0x7263694d, ecx: 0x666f736f, edx: 0x76482074 };

/**
 * Feature bits: time reference counter (1), SynIC (2), synthetic timers (3), hypercall registers (5),
 * processor index (6), reference TSC page (9), frequency registers (11).
 */
const features = 0x00000a6e;
/** Privilege bits: post messages (4), signal events (5). */
const privileges = 0x00000030;
/** Frequency registers (8), crash registers (10), direct timers (19). */
const miscellaneous = 0x00080500;
/** Hints: relaxed timing (5), do not rely on automatic end of interrupt (9). */
const recommendations = 0x00000220;

/** Windows Server 2008 R2 with Service Pack 1: 6.1.7601.17514. */
const version = { eax: 7601, ebx: (6 << 16) | 1, ecx: 1, edx: 17514 };

/** Every leaf the hypervisor answers with more than zeros. @tlfs 2.4 */
const leaves: ReadonlyMap<number, CpuidResult> = new Map([
  [0x40000000, { eax: 0x40000006, ...vendor }],
  [0x40000001, { ...none, eax: 0x31237648 }],
  [0x40000002, version],
  [0x40000003, { eax: features, ebx: privileges, ecx: 0, edx: miscellaneous }],
  [0x40000004, { ...none, eax: recommendations, ebx: 0xffffffff }],
  [0x40000005, { ...none, eax: 1, ebx: 1 }],
]);

/**
 * Answers a CPUID leaf of the hypervisor's range, `null` for every other. The whole range is ours, so
 * that no signature of another hypervisor can be seen beside this one.
 *
 * @tlfs 2.4
 */
export function answerCpuid(leaf: number): CpuidResult | null {
  if (leaf < 0x40000000 || leaf > 0x4000ffff) return null;
  return leaves.get(leaf) ?? none;
}

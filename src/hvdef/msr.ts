import { type Infer, layout, u32, u64 } from "../support/index.ts";

/** Synthetic model-specific registers. Open: a guest may name any other. @tlfs appendix, MSR numbers */
export const Msr = {
  guestOsId: 0x40000000,
  hypercall: 0x40000001,
  vpIndex: 0x40000002,
  reset: 0x40000003,
  vpRuntime: 0x40000010,
  timeRefCount: 0x40000020,
  referenceTsc: 0x40000021,
  tscFrequency: 0x40000022,
  apicFrequency: 0x40000023,
  eoi: 0x40000070,
  icr: 0x40000071,
  tpr: 0x40000072,
  vpAssistPage: 0x40000073,
  scontrol: 0x40000080,
  sversion: 0x40000081,
  siefp: 0x40000082,
  simp: 0x40000083,
  eom: 0x40000084,
  /** The first of 16, one after the other. */
  sint0: 0x40000090,
  /** The first of four pairs: config, then count. */
  stimer0Config: 0x400000b0,
  guestIdle: 0x400000f0,
  /** The first of five, P0 to P4. */
  crashP0: 0x40000100,
  crashControl: 0x40000105,
  reenlightenmentControl: 0x40000106,
  tscEmulationControl: 0x40000107,
  tscEmulationStatus: 0x40000108,
  tscInvariantControl: 0x40000118,
} as const;

/** Synthetic MSRs lie from here to {@link lastSyntheticMsr}; the engine's own are elsewhere. */
export const firstSyntheticMsr = 0x40000000;
/** See {@link firstSyntheticMsr}. */
export const lastSyntheticMsr = 0x4000ffff;

/** Bit 0 of every register that places a page. */
export const pageEnabled = 1n;

/** Page number in bits 63:12 of a register that places a page. Unchecked: the guest's word. */
export function pageOf(register: bigint): bigint {
  return register >> 12n;
}

/** Bits of the HYPERCALL register beside the page. @tlfs 3.13 */
export const HypercallMsr = { enable: 1n, locked: 2n } as const;

/** Bits of a SINT register. @tlfs 11.8.4 */
export const Sint = { vector: 0xffn, masked: 1n << 16n, autoEoi: 1n << 17n, polling: 1n << 18n } as const;

/** Value of every SINT register after reset. */
export const sintAtReset = Sint.masked;

/** Bits of a synthetic timer's config register. @tlfs 12.4 */
export const StimerConfig = {
  enabled: 1n,
  periodic: 2n,
  lazy: 4n,
  autoEnable: 8n,
  direct: 1n << 12n,
} as const;

/** Bits of CRASH_CTL, as capability when read and as request when written. */
export const CrashControl = { notify: 1n << 63n, hasText: 1n << 62n } as const;

/**
 * Start of the reference TSC page; the rest of the page is reserved.
 * Time in 100 ns = ((TSC × scale) >> 64) + offset. @tlfs 12.7
 */
export const ReferenceTscPage = layout("ReferenceTscPage", "le", 24, {
  sequence: u32, // 0: not valid, use the MSR
  reserved: u32,
  scale: u64,
  offset: u64, // two's complement
});
export type ReferenceTscPage = Infer<typeof ReferenceTscPage>;

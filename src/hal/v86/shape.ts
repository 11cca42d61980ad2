/**
 * The parts of the pinned v86 build that the adapter leans on, as found in version 0.5.462. Its own
 * declarations leave these out. Checked once at start by `checkShape`, so that another version is
 * refused with the name of what is missing.
 */

/** Exports of the hooked core that we call ourselves. */
export interface CoreExports extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  /** One slice; answers milliseconds the machine may sleep, 0 when it wants more. */
  main_loop(): number;
  handle_irqs(): void;
  /** Byte address of the local APIC: 46 words, 16 to 23 requested, 32 to 39 trigger mode. */
  get_apic_addr(): number;
  read_tsc(): bigint;
  update_state_flags(): void;
  /** Index 1: most guest pages that one compiled module spans. */
  set_jit_config(index: number, value: number): void;
}

/** v86's processor object. Views of it go stale when the core's memory grows. */
export interface V86Cpu {
  readonly io: V86Io;
  readonly mem8: Uint8Array;
  readonly memory_size: Uint32Array;
  readonly option_roms: { readonly name: string; readonly data: Uint8Array }[];
  readonly devices: Record<string, unknown>;
  readonly cr: Int32Array;
  readonly protected_mode: Int32Array;
  readonly flags: Int32Array;
  readonly is_32: Int32Array;
  readonly stack_size_32: Int32Array;
  readonly instruction_pointer: Int32Array;
  readonly segment_is_null: Uint8Array;
  readonly segment_offsets: Int32Array;
  readonly segment_limits: Uint32Array;
  readonly segment_access_bytes: Uint8Array;
  readonly sreg: Uint16Array;
  readonly cpl: Uint8Array;
  readonly reg32: Int32Array;
  reboot_internal: () => void;
  jit_dirty_cache(from: number, to: number): void;
}

/** v86's port table. */
export interface V86Io {
  readonly ports: unknown[];
  port_write32(port: number, value: number): void;
  register_write(
    port: number,
    device: object,
    write8?: (value: number) => void,
    write16?: (value: number) => void,
    write32?: (value: number) => void,
  ): void;
}

/** v86's outer object. */
export interface V86Machine {
  readonly v86: { readonly cpu: V86Cpu; unregister_yield?(): void };
  readonly bus: { send(name: string, value: unknown): void };
  add_listener(name: string, handler: (value: number) => void): void;
}

const cpuParts = [
  "io",
  "mem8",
  "option_roms",
  "reboot_internal",
  "jit_dirty_cache",
  "protected_mode",
  "devices",
];

/** @throws naming the part that this version of the engine lacks */
export function checkShape(machine: V86Machine): V86Cpu {
  const cpu = machine.v86?.cpu;
  if (cpu === undefined) throw new Error("this version of the engine hides its processor");
  for (const part of cpuParts) {
    if (!(part in cpu)) throw new Error(`this version of the engine has no ${part}`);
  }
  return cpu;
}

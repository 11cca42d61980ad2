import { V86 } from "v86";
import { micros, reasonOf } from "../../support/index.ts";
import type { Engine, EngineRequest, Exit, PartitionClock, ReadyMachine } from "../../vid/index.ts";
import { type AccessCounter, countAccesses } from "./accesses.ts";
import { type CoreDisplay, openDisplay } from "./display.ts";
import { installIdeDrives } from "./drives.ts";
import { installFloppy, removeFloppy } from "./floppy.ts";
import { coreHooks, type HookTargets } from "./hooks.ts";
import { installAdapters } from "./network.ts";
import { emulatedInput } from "./ps2.ts";
import { type CoreMemory, openCoreMemory } from "./ram.ts";
import { vpRegisters } from "./registers.ts";
import { restoreState, saveState } from "./saved-state.ts";
import { type CoreExports, checkShape, type V86Cpu, type V86Machine, type V86Ne2k } from "./shape.ts";
import { bootPriorities, prepareDevices, startProtected } from "./start.ts";
import { renameAdapter, renameRom } from "./vga-identity.ts";

/** What only this engine needs. */
export interface V86Parts {
  /** The hooked core that `wasm/` builds. */
  readonly core: WebAssembly.Module;
}

/** v86's time stamp counter runs at 10^6 per millisecond. */
const tscFrequency = 1_000_000_000;
const pmControlPort = 0xb004;
/** SeaBIOS moves the power management registers here when it is given tables; v86 leaves them at B000h. */
const biosPmBase = 0x600;
const v86PmBase = 0xb000;
const sleepEnable = 1 << 13;

/** v86 would start its own loop when a halted processor is woken; ours is woken by whoever raised the interrupt. */
function stop_idling(): void {}

const jitPages = 1;
/**
 * Guest pages per compiled module; the engine's own default is three. Smaller modules cost the browser's
 * compiler threads a third less work, which on two processors is time taken from the guest: a boot took 5.3
 * seconds instead of 7.5, and no steady load became slower.
 */
const pagesPerModule = 1;

/** Builds a machine. @throws when the engine is not the pinned one or memory cannot be had */
export async function openEngine(parts: V86Parts, options: EngineRequest): Promise<ReadyMachine> {
  const targets: HookTargets = { memory: null, intercepts: null };
  // Without a BIOS nobody looks for a ROM.
  const named = options.bios === null || renameRom(options.bios.vga);
  const steps = passableClock(options.clock);
  const started = await startMachine(parts, { ...options, clock: steps.clock }, targets);
  const { machine, core, accesses } = started;
  const cpu = checkShape(machine);
  machine.v86.unregister_yield?.();
  core.set_jit_config(jitPages, pagesPerModule);
  const memory = openCoreMemory(core, cpu);
  targets.memory = memory;

  const wish: { reset: boolean; powerOff: boolean } = { reset: false, powerOff: false };
  cpu.reboot_internal = () => {
    wish.reset = true;
  };
  watchPower(cpu, () => {
    wish.powerOff = true;
  });
  const setMedium = installDrives(cpu, options);
  const { receiveFrame, cards } = installAdapters(cpu, options.adapters);
  accesses.know(cpu, cards);
  const screen = openDisplay(cpu, core);
  if (named) renameAdapter(cpu);
  const build = buildOf(parts.core);
  const devices = { setMedium, receiveFrame, cards, screen };
  const engine = engineOver({ machine, core, accesses, cpu, memory, wish, ...devices, ...steps, build });
  return {
    engine,
    boot: {
      addFirmwareFile: (name, data) => cpu.option_roms.push({ name, data }),
      startProtected(start) {
        prepareDevices(cpu);
        startProtected(cpu, core, start);
      },
      startText: screen.startText,
    },
    connect(intercepts) {
      targets.intercepts = intercepts;
    },
  };
}

/** A clock that can be made to go on a microsecond, where it stands still. */
function passableClock(clock: PartitionClock): { readonly clock: PartitionClock; readonly pass: () => void } {
  let ahead = 0;
  return {
    clock: { now: () => micros(clock.now() + ahead) },
    pass() {
      ahead++;
    },
  };
}

interface Started {
  readonly machine: V86Machine;
  readonly core: CoreExports;
  readonly accesses: AccessCounter;
}

/** Creates v86 with our core and our clock; resolves when its devices exist. */
function startMachine(parts: V86Parts, options: EngineRequest, targets: HookTargets): Promise<Started> {
  const milliseconds = () => options.clock.now() / 1000;
  return new Promise((resolve, reject) => {
    let core: CoreExports | null = null;
    let accesses: AccessCounter | null = null;
    async function instantiate(imports: WebAssembly.Imports): Promise<WebAssembly.Exports> {
      const env = imports["env"] as Record<string, WebAssembly.ImportValue>;
      const engineTimers = env["run_hardware_timers"] as (acpi: number, now: number) => number;
      const run_hardware_timers = (acpi: number, now: number): number => {
        const own = targets.intercepts === null ? 100 : targets.intercepts.timers() / 1000;
        return Math.min(engineTimers(acpi, now), own);
      };
      accesses = countAccesses(env, options.trace);
      try {
        const instance = await WebAssembly.instantiate(parts.core, {
          env: {
            ...env,
            ...accesses.imports,
            ...coreHooks(targets),
            microtick: milliseconds,
            run_hardware_timers,
            stop_idling,
          },
        });
        core = instance.exports as unknown as CoreExports;
        return instance.exports;
      } catch (failure) {
        reject(new Error(`the engine core does not start: ${reasonOf(failure)}`));
        throw failure;
      }
    }
    const machine = new V86({
      wasm_fn: instantiate,
      memory_size: options.memoryBytes,
      vga_memory_size: 8 << 20,
      acpi: true,
      autostart: false,
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      net_device: { type: options.adapters.length === 0 ? "none" : "ne2k" },
      ...(options.bios === null
        ? {}
        : { bios: { buffer: options.bios.main }, vga_bios: { buffer: options.bios.vga } }),
      boot_order: bootPriorities(options.bootOrder),
      // biome-ignore lint/suspicious/noExplicitAny: v86's declared options lack wasm_fn's type
    } as any) as unknown as V86Machine;
    machine.add_listener("emulator-loaded", () => {
      if (core === null || accesses === null) return reject(new Error("the engine loaded without its core"));
      // Its devices read the clock through this static, the core through the import above.
      const owner = machine.v86.constructor as unknown as { microtick: () => number };
      owner.microtick = milliseconds;
      resolve({ machine, core, accesses });
    });
  });
}

/** Section of the hooked core that its build writes its name into. */
const buildSection = "tabvisor.build";

/** Which build of the engine a core is. @throws when it does not say */
function buildOf(core: WebAssembly.Module): string {
  const [section] = WebAssembly.Module.customSections(core, buildSection);
  if (section === undefined) throw new Error("the engine core does not say which build it is");
  return new TextDecoder().decode(section.slice(0, 100));
}

/** Reports ACPI S5 and lets SeaBIOS find the power management registers where it put them. */
function watchPower(cpu: V86Cpu, poweredOff: () => void): void {
  const stored = cpu.io.ports[pmControlPort] as { write16: (value: number) => void; device: object };
  const write = stored.write16.bind(stored.device);
  cpu.io.register_write(pmControlPort, stored.device, undefined, (value) => {
    if (value & sleepEnable) poweredOff();
    write(value & ~sleepEnable);
  });
  for (let offset = 0; offset < 16; offset++)
    cpu.io.ports[biosPmBase + offset] = cpu.io.ports[v86PmBase + offset];
}

/** Replaces v86's own drives by those of the machine. @returns what changes their media */
function installDrives(cpu: V86Cpu, { drives, diskFailed }: EngineRequest): Engine["setMedium"] {
  const ideDrives = drives.flatMap((drive) => (drive.kind === "floppy" ? [] : [drive]));
  const ide = installIdeDrives(cpu, ideDrives, diskFailed);
  const floppy = drives.find(({ kind }) => kind === "floppy");
  if (floppy === undefined) removeFloppy(cpu);
  const drive = floppy === undefined ? null : installFloppy(cpu, floppy.contents);
  return (place, contents) => {
    if (place === floppy?.place) drive?.setDiskette(contents);
    else if (ideDrives.some(({ kind, place: own }) => kind === "dvd" && own === place))
      ide.setDisc(place, contents);
    else throw new Error(`no drive for changing media is at ${place}`);
  };
}

interface Parts extends Started {
  readonly cpu: V86Cpu;
  readonly memory: CoreMemory;
  readonly wish: { readonly reset: boolean; readonly powerOff: boolean };
  readonly setMedium: Engine["setMedium"];
  readonly receiveFrame: Engine["receiveFrame"];
  readonly cards: readonly V86Ne2k[];
  readonly screen: CoreDisplay;
  readonly clock: PartitionClock;
  readonly pass: () => void;
  readonly build: string;
}

function engineOver(parts: Parts): Engine {
  const { machine, core, cpu, memory, wish, setMedium, receiveFrame, cards, screen, build, accesses } = parts;
  const { clock, pass } = parts;
  let vectorPending = false;
  let ended = false;

  function run(): Exit {
    if (ended) return { kind: "fault", detail: "the machine is gone" };
    try {
      if (vectorPending) {
        vectorPending = false;
        core.handle_irqs();
      }
      screen.beforeSlice(clock.now());
      const sleep = core.main_loop();
      if (wish.powerOff) return { kind: "powerOff" };
      if (wish.reset) return { kind: "reset" };
      if (!memory.halted()) return { kind: "budget" };
      return { kind: "halt", wakeIn: micros(vectorPending ? 0 : Math.max(0, sleep * 1000)) };
    } catch (failure) {
      ended = true;
      return { kind: "fault", detail: reasonOf(failure) };
    }
  }

  return {
    memory: memory.guest,
    registers: vpRegisters(memory),
    display: screen.display,
    tscFrequency,
    readTsc: () => BigInt.asUintN(64, core.read_tsc()),
    run,
    raiseVector(vector) {
      const apic = memory.apic();
      const word = (vector >> 5) & 7;
      const bit = 1 << (vector & 31);
      apic[16 + word] = ((apic[16 + word] ?? 0) | bit) >>> 0;
      apic[32 + word] = ((apic[32 + word] ?? 0) & ~bit) >>> 0;
      vectorPending = true;
    },
    attachPort(port, write) {
      accesses.leaveOut(port);
      cpu.io.register_write(port, cpu, undefined, undefined, (value) => write(value >>> 0));
    },
    onSerial: (handler) => machine.add_listener("serial0-output-byte", handler),
    serialInput(bytes) {
      for (const byte of bytes) machine.bus.send("serial0-input", byte);
    },
    setMedium,
    receiveFrame,
    build,
    accesses: accesses.counts,
    saveDevices: () => saveState({ cpu, core, cards, pass }),
    restoreDevices(state) {
      const refusal = restoreState({ cpu, core, cards, pass }, state);
      // Interrupts that were requested are in the controller; the core looks when it is told.
      vectorPending = true;
      return refusal;
    },
    ...emulatedInput(cpu.devices.ps2),
    [Symbol.dispose]() {
      ended = true;
    },
  };
}

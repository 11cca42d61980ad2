import {
  accessCounts,
  bufferMemory,
  decodeSaved,
  encodeSaved,
  type PointerMovement,
  readSavedUnit,
  videoMegabytes,
} from "../hvdef/index.ts";
import { type Micros, micros } from "../support/index.ts";
import type {
  CpuidResult,
  DriveContents,
  Engine,
  EngineAdapter,
  EngineDrive,
  Exit,
  FrameOutcome,
  Intercepts,
  PartitionClock,
  PortWrite,
  RegisterName,
  VpRegisters,
} from "./engine.ts";

/** What scripted guest code can do. It is the guest: it may say anything. */
export interface FakeGuest {
  readonly engine: Engine;
  /** The leaf as the guest sees it; zeros where only the engine would answer. */
  cpuid(leaf: number): CpuidResult;
  /** RDMSR; 0 where only the engine would answer. */
  readMsr(index: number): bigint;
  /** WRMSR. @returns whether the hypervisor took it */
  writeMsr(index: number, value: bigint): boolean;
  /** 32-bit OUT of EAX. Ports nobody attached swallow it. */
  out(port: number, eax: number): void;
  /** A whole hypercall through `port`. @returns EAX afterwards, the status */
  hypercall(call: FakeHypercall): number;
  /** Runs as a user program from now on, or as the kernel again. */
  setPrivilege(level: number): void;
  /** Takes all interrupts requested since the last call, in order. */
  takeVectors(): readonly number[];
  /** Bytes out of COM1. */
  print(text: string): void;
  /** Takes the bytes that came in on COM1. */
  takeSerial(): readonly number[];
  /** What is in a drive now; `null` where nothing is, or no drive. */
  medium(place: number): DriveContents | null;
  /** Takes the places whose medium changed since the last call, in order. */
  takeMediumChanges(): readonly number[];
  /** Switches an adapter's receiver on or off; at first it is off. */
  listen(place: number, on: boolean): void;
  /** Sends a frame. Adapters that are not there swallow it. */
  sendFrame(place: number, bytes: Uint8Array<ArrayBuffer>): void;
  /** Takes the frames that an adapter holds, which leaves room for {@link fakeAdapterFrames}. */
  takeFrames(place: number): readonly Uint8Array[];
  /** Tells the adapter that there may be room. */
  acknowledge(place: number): void;
  /** Reads the key that the emulated keyboard holds; `null` when it holds none. */
  takeKey(): readonly number[] | null;
  /** Likewise for the mouse. */
  takeMovement(): PointerMovement | null;
}

/** What the scripted machine calls itself. */
export const fakeBuild = "scripted machine";
/** Interrupts and bytes that wait in a scripted machine at most. */
const scriptedLimit = 65_536;

/** Frames that a scripted adapter holds. */
export const fakeAdapterFrames = 8;

/** The registers of one hypercall, unsigned 32-bit; those left out are zero. */
export interface FakeHypercall extends Partial<Record<RegisterName, number>> {
  readonly port: number;
}

/** One slice of guest code. */
export type FakeStep = (guest: FakeGuest) => Exit;

/** The machine and the guest inside it. */
export interface FakeEngine extends Engine {
  /** For tests that act as the guest without a slice. */
  readonly guest: FakeGuest;
  /** Who answers CPUID and MSRs. Until called, nobody. */
  connect(intercepts: Intercepts): void;
  /** Slices run so far. */
  slices(): number;
  isDisposed(): boolean;
}

const noLeaf: CpuidResult = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
const noIntercepts: Intercepts = {
  cpuid: () => null,
  readMsr: () => null,
  writeMsr: () => false,
  timers: () => micros(1_000_000),
};

function fakeRegisters(): { readonly registers: VpRegisters; setPrivilege(level: number): void } {
  const values = new Map<RegisterName, number>();
  let level = 0;
  return {
    registers: {
      get: (name) => values.get(name) ?? 0,
      set: (name, value) => void values.set(name, value >>> 0),
      privilege: () => level,
    },
    setPrivilege(wanted) {
      level = wanted;
    },
  };
}

/** COM1: what the guest printed goes to the handler, what came in waits for the guest. */
function fakeSerial() {
  const incoming: number[] = [];
  let onByte: (byte: number) => void = () => {};
  return {
    onSerial(handler: (byte: number) => void): void {
      onByte = handler;
    },
    serialInput: (bytes: Uint8Array) => void incoming.push(...bytes),
    print(text: string): void {
      for (const byte of new TextEncoder().encode(text)) onByte(byte);
    },
    takeSerial: () => incoming.splice(0),
    unread: () => incoming,
  };
}

/** Drives: what is in them now, and which of them changed. */
function fakeDrives(drives: readonly EngineDrive[]) {
  const media = new Map(drives.map(({ place, contents }) => [place, contents] as const));
  const changes: number[] = [];
  return {
    setMedium(place: number, contents: DriveContents | null): void {
      media.set(place, contents);
      changes.push(place);
    },
    medium: (place: number) => media.get(place) ?? null,
    takeMediumChanges: () => changes.splice(0),
  };
}

/** Network adapters: frames wait in each until the guest takes them. */
function fakeAdapters(adapters: readonly EngineAdapter[]) {
  const cards = new Map(
    adapters.map((adapter) => [adapter.place, { adapter, listens: false, held: [] as Uint8Array[] }]),
  );
  return {
    receiveFrame(place: number, bytes: Uint8Array, at: number, length: number): FrameOutcome {
      const card = cards.get(place);
      if (card === undefined) throw new Error(`no network adapter is at ${place}`);
      const { listens, held, adapter } = card;
      const frame = bytes.slice(at, at + length);
      const toGroup = ((frame[0] ?? 0) & 1) === 1;
      if (!listens || !(toGroup || adapter.mac.every((byte, i) => frame[i] === byte))) return "ignored";
      if (held.length >= fakeAdapterFrames) return "full";
      held.push(frame);
      return "received";
    },
    listen(place: number, on: boolean): void {
      const card = cards.get(place);
      if (card !== undefined) card.listens = on;
    },
    sendFrame: (place: number, bytes: Uint8Array<ArrayBuffer>) =>
      cards.get(place)?.adapter.sent(bytes, 0, bytes.length),
    takeFrames: (place: number): readonly Uint8Array[] => cards.get(place)?.held.splice(0) ?? [],
    acknowledge: (place: number) => cards.get(place)?.adapter.roomMade(),
    listening: () => [...cards.values()].filter(({ listens }) => listens).map(({ adapter }) => adapter.place),
  };
}

/** Keyboard and mouse: each holds one thing until the guest reads it. */
function fakeInput() {
  let key: readonly number[] | null = null;
  let movement: PointerMovement | null = null;
  return {
    keyboardInput(codes: readonly number[]): boolean {
      if (key !== null) return false;
      key = codes;
      return true;
    },
    mouseInput(next: PointerMovement): boolean {
      if (movement !== null) return false;
      movement = next;
      return true;
    },
    takeKey(): readonly number[] | null {
      const taken = key;
      key = null;
      return taken;
    },
    takeMovement(): PointerMovement | null {
      const taken = movement;
      movement = null;
      return taken;
    },
  };
}

/** Output ports, and hypercalls through one of them. */
function fakePorts(registers: VpRegisters) {
  const ports = new Map<number, PortWrite>();
  function out(port: number, eax: number): void {
    registers.set("eax", eax);
    ports.get(port)?.(eax >>> 0);
  }
  return {
    attachPort: (port: number, write: PortWrite) => void ports.set(port, write),
    out,
    hypercall(call: FakeHypercall): number {
      const names: readonly RegisterName[] = ["ebx", "ecx", "edx", "esi", "edi", "ebp"];
      for (const name of names) registers.set(name, call[name] ?? 0);
      out(call.port, call.eax ?? 0);
      return registers.get("eax");
    },
  };
}

/**
 * A scripted machine: each call of `run` takes the next step; after the last one the guest is idle. Its
 * time stamp counter runs at 1 GHz of `clock`. Of a saved one the next step is that of this machine's script.
 *
 * @param machine.memoryBytes  RAM, filled with zeros
 */
export function openFakeEngine(machine: {
  readonly memoryBytes: number;
  readonly clock: PartitionClock;
  readonly script?: readonly FakeStep[];
  readonly drives?: readonly EngineDrive[];
  readonly adapters?: readonly EngineAdapter[];
}): FakeEngine {
  const { clock, script = [], drives = [], adapters = [] } = machine;
  const { registers, setPrivilege } = fakeRegisters();
  const { attachPort, out, hypercall } = fakePorts(registers);
  const { onSerial, serialInput, print, takeSerial, unread } = fakeSerial();
  const { setMedium, medium, takeMediumChanges } = fakeDrives(drives);
  const { receiveFrame, listening, ...cards } = fakeAdapters(adapters);
  const { keyboardInput, mouseInput, ...hands } = fakeInput();
  const vectors: number[] = [];
  let intercepts = noIntercepts;
  let slices = 0;
  let disposed = false;

  function run(): Exit {
    const wakeIn: Micros = intercepts.timers();
    const step = script[slices++];
    return step === undefined ? { kind: "halt", wakeIn } : step(guest);
  }

  const videoMemory = new Uint8Array(videoMegabytes << 20);
  const engine: Engine = {
    memory: bufferMemory(machine.memoryBytes),
    registers,
    display: { mode: () => ({ kind: "dark" }), text: () => null, paint() {}, memory: () => videoMemory },
    tscFrequency: 1_000_000_000,
    readTsc: () => BigInt(Math.round(clock.now() * 1000)),
    run,
    raiseVector: (vector) => void vectors.push(vector),
    attachPort,
    onSerial,
    serialInput,
    setMedium,
    receiveFrame,
    build: fakeBuild,
    // Scripted guests reach no registers.
    accesses: () => accessCounts(() => 0),
    saveDevices: () =>
      encodeSaved({
        format: 1,
        slices,
        vectors: Uint8Array.from(vectors),
        serial: Uint8Array.from(unread()),
        listening: Uint8Array.from(listening()),
      }),
    restoreDevices(state) {
      const read = readSavedUnit(
        decodeSaved(state),
        { unit: "processor and devices", format: 1 },
        (from) => ({
          slices: from.integer("slices", 0, Number.MAX_SAFE_INTEGER),
          vectors: from.bytes("vectors", scriptedLimit),
          serial: from.bytes("serial", scriptedLimit),
          listening: from.bytes("listening", adapters.length),
        }),
      );
      if (read.kind === "unusable") return read.text;
      slices = read.state.slices;
      vectors.push(...read.state.vectors);
      serialInput(read.state.serial);
      for (const place of read.state.listening) cards.listen(place, true);
      return null;
    },
    keyboardInput,
    mouseInput,
    [Symbol.dispose]() {
      disposed = true;
    },
  };
  const guest: FakeGuest = {
    engine,
    cpuid: (leaf) => intercepts.cpuid(leaf, 0) ?? noLeaf,
    readMsr: (index) => intercepts.readMsr(index) ?? 0n,
    writeMsr: (index, value) => intercepts.writeMsr(index, value),
    out,
    hypercall,
    setPrivilege,
    takeVectors: () => vectors.splice(0),
    print,
    takeSerial,
    medium,
    takeMediumChanges,
    ...cards,
    ...hands,
  };
  function connect(bound: Intercepts): void {
    intercepts = bound;
  }
  return { ...engine, guest, connect, slices: () => slices, isDisposed: () => disposed };
}

import type { AccessCounts, BootDevice, GuestMemory, PointerMovement, TraceSink } from "../hvdef/index.ts";
import type { Micros, OwnBytes } from "../support/index.ts";
import type { EngineDisplay } from "./display.ts";

/** Why guest code stopped. The worker process decides what happens next. */
export type Exit =
  /** Its slice ended and it wants more. */
  | { readonly kind: "budget" }
  /** Idle until an interrupt or for this long. */
  | { readonly kind: "halt"; readonly wakeIn: Micros }
  | { readonly kind: "reset" }
  | { readonly kind: "powerOff" }
  /** Triple fault or engine bug. */
  | { readonly kind: "fault"; readonly detail: string };

/** The four result registers of CPUID, unsigned 32-bit. */
export interface CpuidResult {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** Asked while the guest instruction waits: synchronous, short, no promises. */
export interface Intercepts {
  /** `null` lets the engine answer as it would alone. Leaf and subleaf are unsigned. */
  cpuid(leaf: number, subleaf: number): CpuidResult | null;
  /** `null` lets the engine answer. */
  readMsr(index: number): bigint | null;
  /** `false` lets the engine handle the write. */
  writeMsr(index: number, value: bigint): boolean;
  /** Called between instruction batches with guest-visible time. Answers microseconds to its next deadline. */
  timers(): Micros;
}

/** General registers of the processor, unsigned 32-bit. Valid inside an intercept or port access only. */
export interface VpRegisters {
  get(name: RegisterName): number;
  set(name: RegisterName, value: number): void;
  /** Current privilege level, 0 to 3. */
  privilege(): number;
}
export type RegisterName = "eax" | "ecx" | "edx" | "ebx" | "esp" | "ebp" | "esi" | "edi";

/** A 32-bit output port of ours. */
export type PortWrite = (value: number) => void;

/**
 * What an emulated drive reads and writes. Positions and lengths are bytes, multiples of 512, inside
 * `byteLength`: the engine has checked. Every call is answered once, possibly much later.
 */
export interface DriveContents {
  /** Discs: a multiple of 2048. Diskettes: one of the sizes there are. */
  readonly byteLength: number;
  /** Diskettes only: the write-protect notch. */
  readonly readOnly: boolean;
  /** `null` is a medium error. */
  read(at: number, length: number, done: (bytes: Uint8Array<ArrayBuffer> | null) => void): void;
  /** The bytes are the engine's and only valid during the call. */
  write(at: number, bytes: Uint8Array<ArrayBuffer>, done: (ok: boolean) => void): void;
  /** Everything written before is on the medium when this is answered with `true`. */
  flush(done: (ok: boolean) => void): void;
}

/** An emulated drive. `place`: IDE controller * 2 + position (0 to 3), or `floppyDrive`. */
export type EngineDrive =
  | {
      readonly kind: "disk";
      readonly place: number;
      readonly contents: DriveContents;
      /** The first 512 bytes when the machine was built: the emulated controller guesses its geometry from them. */
      readonly firstSector: Uint8Array<ArrayBuffer>;
    }
  /** `null`: the drive is empty. */
  | { readonly kind: "dvd"; readonly place: number; readonly contents: DriveContents | null }
  | { readonly kind: "floppy"; readonly place: number; readonly contents: DriveContents | null };

/** An emulated network adapter. */
export interface EngineAdapter {
  /** 0 to 3: the order in which the guest finds them. */
  readonly place: number;
  /** Six bytes. */
  readonly mac: Uint8Array;
  /**
   * The guest sent these bytes, of any number. They are the engine's, valid during the call, in which the
   * guest's instruction waits.
   */
  sent(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void;
  /** The guest may have made room in its receive buffer; called while its instruction waits. */
  roomMade(): void;
}

/** What became of a frame for the guest. */
export type FrameOutcome =
  | "received"
  /** The guest has not taken enough of those before it. */
  | "full"
  /** It is not for this adapter, or the guest does not listen, or it has set up no buffer that makes sense. */
  | "ignored";

/** Guest-visible time of one partition. Stands still while the partition is paused. */
export interface PartitionClock {
  /** Microseconds since the partition was created. */
  now(): Micros;
}

/** One x86 machine. Lives in exactly one child worker, which owns and disposes it. */
export interface Engine extends Disposable {
  readonly memory: GuestMemory;
  readonly registers: VpRegisters;
  readonly display: EngineDisplay;
  /** Hertz of the time stamp counter. */
  readonly tscFrequency: number;
  /** Time stamp counter now, 64 bits. */
  readTsc(): bigint;
  /** Runs guest code for about a millisecond. Synchronous, never re-entered. */
  run(): Exit;
  /** Requests an edge interrupt at the local APIC. Legal anywhere; delivered before the next slice at the latest. */
  raiseVector(vector: number): void;
  /** 32-bit writes to a port; `write` runs while the OUT instruction waits. */
  attachPort(port: number, write: PortWrite): void;
  /** Bytes the guest wrote to COM1, in order. Called at most once per byte. */
  onSerial(handler: (byte: number) => void): void;
  /** Bytes for the guest's COM1. */
  serialInput(bytes: Uint8Array): void;
  /**
   * Changes what is in a DVD or diskette drive of the machine; the guest sees the change. Between slices only.
   * What the guest has asked of the old medium is still answered by it.
   */
  setMedium(place: number, contents: DriveContents | null): void;
  /**
   * Puts a frame of at most 1518 bytes into an adapter's receive buffer. Between slices, and in `roomMade`.
   * The bytes stay the caller's.
   */
  receiveFrame(place: number, bytes: Uint8Array<ArrayBuffer>, at: number, length: number): FrameOutcome;
  /** Version and build of the machine: a state is only understood by the build that wrote it. At most 100 characters. */
  readonly build: string;
  /**
   * State of the processor and of the devices, without RAM, media and anything that is asked of a drive and not
   * answered: between slices, when nothing is. The machine can run on.
   */
  saveDevices(): OwnBytes;
  /**
   * Takes over a state in place of the power-on state, before the first `run` and after RAM was filled in through
   * {@link Engine.memory}; the clock shows what it showed then. Drives and adapters must be those of the machine that
   * was saved.
   *
   * @param state  from `saveDevices` of the same build; it may be anything
   * @returns `null`, or why it cannot be, for a person: the machine is of no use then
   */
  restoreDevices(state: OwnBytes): string | null;
  /**
   * One key of the emulated keyboard: its scan codes, of set 1. Between slices. A keyboard that the guest has switched
   * off takes them and forgets them.
   *
   * @returns whether it took them: it does not before the guest has read those before
   */
  keyboardInput(codes: readonly number[]): boolean;
  /**
   * A movement of the emulated mouse, of at most 255 each way and 7 notches of the wheel; likewise.
   */
  mouseInput(movement: PointerMovement): boolean;
  /** How often the guest has reached for registers or memory of each emulated device, since the machine got power. */
  accesses(): AccessCounts;
}

/** What the firmware or a direct boot needs from the machine before it runs. */
export interface BootAccess {
  /** Publishes files to the BIOS through fw_cfg. */
  addFirmwareFile(name: string, data: Uint8Array<ArrayBuffer>): void;
  /** Makes the processor start in flat 32-bit protected mode without paging. */
  startProtected(start: { readonly eip: number; readonly esi: number }): void;
  /**
   * Leaves the display adapter as a BIOS does: 80 columns and 25 rows of text, blank, the cursor in the corner.
   * @param font  256 glyphs of 16 bytes, a line a byte; `null`: characters stay invisible
   */
  startText(font: Uint8Array<ArrayBuffer> | null): void;
}

/** What a machine is made of. */
export interface EngineRequest {
  readonly memoryBytes: number;
  /** `null` for a direct boot, which needs no firmware. Taken over, not copied. */
  readonly bios: { readonly main: ArrayBuffer; readonly vga: ArrayBuffer } | null;
  readonly clock: PartitionClock;
  readonly drives: readonly EngineDrive[];
  readonly adapters: readonly EngineAdapter[];
  /** What the BIOS starts from, first to last. */
  readonly bootOrder: readonly BootDevice[];
  /** A disk failed in a way the emulated controller cannot tell the guest. */
  readonly diskFailed: (what: "read" | "write", at: number) => void;
  /** Hears of each access to an emulated device. Absent: nobody does. */
  readonly trace?: TraceSink;
}

/** A machine that has power but does not run yet. */
export interface ReadyMachine {
  readonly engine: Engine;
  readonly boot: BootAccess;
  /** Must be called before the first `run`. */
  connect(intercepts: Intercepts): void;
}

/** Builds a machine; each call a fresh one. @throws when the engine refuses or memory cannot be had */
export type OpenEngine = (request: EngineRequest) => Promise<ReadyMachine>;

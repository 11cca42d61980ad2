import type { Engine, EngineDrive } from "../../../src/vid/index.ts";
import { assemble, type Piece } from "./assembler.ts";
import { noIntercepts, openTinyMachine } from "./machine.ts";

/** One command to an IDE drive, by programmed I/O. */
export interface DriveCommand {
  readonly command: number;
  readonly count?: number;
  readonly lba?: number;
  /** Written when the drive asks for data: a sector, or a packet of 12 bytes. */
  readonly out?: Uint8Array;
  /** Bytes to take when the drive has data. */
  readonly room?: number;
}

/** How it ended. `data` is empty when the drive had none. */
export interface DriveAnswer {
  readonly status: number;
  readonly error: number;
  readonly data: Uint8Array;
}

/** A guest that does to its drives what the test tells it. */
export interface DriveGuest {
  readonly engine: Engine;
  ask(place: number, command: DriveCommand): Promise<DriveAnswer>;
  /** A packet command to a DVD drive. */
  packet(place: number, cdb: readonly number[], room?: number): Promise<DriveAnswer>;
}

const mail = 0x5000;
const outAt = 0x6000;
const inAt = 0x7000;
const Mail = {
  go: mail,
  base: mail + 4,
  device: mail + 8,
  /** Features, count, LBA low, middle and high: registers 1 to 5. */
  registers: mail + 12,
  command: mail + 32,
  outWords: mail + 36,
  status: mail + 40,
  error: mail + 44,
  inWords: mail + 48,
} as const;

const word = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
/** LEA EDX, [EBX + register]; MOV AL, [from]; OUT DX, AL. */
const put = (register: number, from: number): number[] => [0x8d, 0x53, register, 0xa0, ...word(from), 0xee];
const untilReady = (label: string): Piece[] => [{ label }, 0xec, 0xa8, 0x80, { jumpIfNotZero: label }];

const program: readonly Piece[] = [
  { label: "idle" },
  ...[0xa1, ...word(Mail.go), 0x85, 0xc0], // mov eax, [go]; test eax, eax
  { jumpIfNotZero: "go" },
  { jump: "idle" },
  { label: "go" },
  ...[0x8b, 0x1d, ...word(Mail.base)], // mov ebx, [base]
  ...put(6, Mail.device),
  ...[1, 2, 3, 4, 5].flatMap((register) => put(register, Mail.registers + (register - 1) * 4)),
  ...put(7, Mail.command),
  ...untilReady("accepted"),
  ...[0x8b, 0x0d, ...word(Mail.outWords), 0x85, 0xc9], // mov ecx, [outWords]; test ecx, ecx
  { jumpIfNotZero: "send" },
  { jump: "answered" },
  { label: "send" },
  ...[0xbe, ...word(outAt), 0x89, 0xda, 0xfc, 0x66, 0xf3, 0x6f], // mov esi, outAt; mov edx, ebx; cld; rep outsw
  ...[0x8d, 0x53, 0x07],
  ...untilReady("done"),
  { label: "answered" },
  ...[0xa2, ...word(Mail.status), 0xa8, 0x08], // mov [status], al; test al, DRQ
  { jumpIfNotZero: "take" },
  { jump: "over" },
  { label: "take" },
  ...[0x8b, 0x0d, ...word(Mail.inWords), 0xbf, ...word(inAt)], // mov ecx, [inWords]; mov edi, inAt
  ...[0x89, 0xda, 0xfc, 0x66, 0xf3, 0x6d], // mov edx, ebx; cld; rep insw
  { label: "over" },
  ...[0x8d, 0x53, 0x01, 0xec, 0xa2, ...word(Mail.error)],
  ...[0xc7, 0x05, ...word(Mail.go), ...word(0)],
  { jump: "idle" },
];

/** Starts it with these drives. */
export async function openDriveGuest(drives: readonly EngineDrive[]): Promise<DriveGuest> {
  const { engine, runUntil } = await openTinyMachine(assemble(program), noIntercepts, drives);

  async function ask(place: number, asked: DriveCommand): Promise<DriveAnswer> {
    const { command, count = 0, lba = 0, out = new Uint8Array(0), room = 0 } = asked;
    const view = engine.memory.view();
    const registers = [0, count, lba & 0xff, (lba >> 8) & 0xff, (lba >> 16) & 0xff];
    registers.forEach((value, i) => {
      view.setUint32(Mail.registers + i * 4, value, true);
    });
    view.setUint32(Mail.base, place < 2 ? 0x1f0 : 0x170, true);
    view.setUint32(Mail.device, 0xe0 | (place % 2 === 0 ? 0 : 0x10), true);
    view.setUint32(Mail.command, command, true);
    view.setUint32(Mail.outWords, out.length / 2, true);
    view.setUint32(Mail.inWords, room / 2, true);
    view.setUint32(Mail.status, 0, true);
    engine.memory.bytes().set(out, outAt);
    view.setUint32(Mail.go, 1, true);
    await runUntil(() => engine.memory.view().getUint32(Mail.go, true) === 0);
    const status = engine.memory.view().getUint32(Mail.status, true);
    const data = engine.memory.bytes().slice(inAt, inAt + ((status & 8) === 0 ? 0 : room));
    return { status, error: engine.memory.view().getUint32(Mail.error, true), data };
  }
  return {
    engine,
    ask,
    packet(place, cdb, room = 0) {
      const out = new Uint8Array(12);
      out.set(cdb);
      // The middle and high registers limit what comes at once.
      return ask(place, { command: 0xa0, lba: 0xfffe00, out, room });
    },
  };
}

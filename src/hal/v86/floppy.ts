import type { DriveContents } from "../../vid/index.ts";
import { outsideTheState } from "./disk.ts";
import type { V86Buffer, V86Cpu, V86FloppyController } from "./shape.ts";

/** How a diskette is laid out, and what drives of its time are called. */
interface Diskette {
  readonly tracks: number;
  readonly sectors: number;
  /** Data rates at which it can be read: 0 500, 1 300, 2 250, 3 1000 kbit/s. */
  readonly rates: readonly number[];
  /** The drive's type in the CMOS. */
  readonly drive: number;
}

/** By size in bytes. All have two sides and sectors of 512 bytes. */
const diskettes: ReadonlyMap<number, Diskette> = new Map([
  [360 * 1024, { tracks: 40, sectors: 9, rates: [1, 2], drive: 1 }],
  [720 * 1024, { tracks: 80, sectors: 9, rates: [2], drive: 4 }],
  [1200 * 1024, { tracks: 80, sectors: 15, rates: [0], drive: 2 }],
  [1440 * 1024, { tracks: 80, sectors: 18, rates: [0], drive: 4 }],
  [2880 * 1024, { tracks: 80, sectors: 36, rates: [3], drive: 5 }],
]);
const sides = 2;
const sector = 512;
/** How far the heads of an empty drive move: they do, and guests watch them do it. */
const allTracks = 80;
/** An empty drive is one for 1.44 MB, as on Hyper-V. */
const usualDrive = 4;

const cmosFloppyTypes = 0x10;
const cmosEquipment = 0x14;
const equipmentFloppy = 1;
const ports = [0x3f0, 0x3f1, 0x3f2, 0x3f3, 0x3f4, 0x3f5, 0x3f7];
const rateMask = 3;
const executing = 2;
const readId = 0x4a;

/** Results: ended abnormally; address mark missing, data error. @82078 5 */
const abnormal = 0x40;
const noAddressMark = 0x01;
const dataError = 0x20;

/** Takes the diskette controller out of a machine that has no diskette drive. Before it runs. */
export function removeFloppy({ io, devices: { rtc } }: V86Cpu): void {
  rtc.cmos_write(cmosFloppyTypes, 0);
  rtc.cmos_write(cmosEquipment, rtc.cmos_read(cmosEquipment) & ~equipmentFloppy);
  for (const port of ports) io.ports[port] = io.create_empty_entry();
}

/**
 * Makes drive A the machine's only diskette drive. It is of the type that its first diskette asks for.
 * Contents must be of a size that diskettes have. Before the machine runs.
 */
export function installFloppy(
  { devices: { fdc, rtc } }: V86Cpu,
  first: DriveContents | null,
): { setDiskette(contents: DriveContents | null): void } {
  const drive = fdc.drives[0];
  const known = first === null ? undefined : diskettes.get(first.byteLength);
  rtc.cmos_write(cmosFloppyTypes, (known?.drive ?? usualDrive) << 4);
  let inside: Diskette | null = null;

  const rateFits = (): boolean => inside?.rates.includes(fdc.dsr & rateMask) ?? false;
  // v86 finds an address mark in any drive at any rate; guests tell diskettes apart by it.
  const command = fdc.cmd_table[readId];
  const plain = command?.handler;
  if (command !== undefined && plain !== undefined) {
    command.handler = (parameters) => {
      if (fdc.curr_drive_no === 0 && rateFits()) plain.call(fdc, parameters);
      else fdc.end_read_write(abnormal, noAddressMark, 0);
    };
  }

  function setDiskette(contents: DriveContents | null): void {
    if (drive === undefined) return;
    inside = contents === null ? null : (diskettes.get(contents.byteLength) ?? null);
    drive.buffer = contents === null || inside === null ? null : disketteBuffer(fdc, contents, rateFits);
    drive.max_track = inside?.tracks ?? allTracks;
    drive.max_head = sides;
    drive.max_sect = inside?.sectors ?? 0;
    drive.read_only = contents?.readOnly ?? false;
    drive.media_changed = true;
  }
  setDiskette(first);
  return { setDiskette };
}

/** Dresses a diskette for v86's controller, which has one command at a time. */
function disketteBuffer(
  fdc: V86FloppyController,
  contents: DriveContents,
  rateFits: () => boolean,
): V86Buffer {
  let latest = 0;

  /** Whether the command that began as number `turn` still waits: a reset of the controller ends it. */
  const waits = (turn: number): boolean => turn === latest && fdc.cmd_phase === executing;
  /** The number of a command that may go on; `null` when it has been refused. */
  function begin(at: number): number | null {
    if (rateFits() && at % sector === 0) return ++latest;
    fdc.end_read_write(abnormal, noAddressMark, 0);
    return null;
  }
  const wholeSectors = (length: number): number => Math.ceil(length / sector) * sector;

  return {
    byteLength: contents.byteLength,
    get(at, length, done) {
      const turn = begin(at);
      if (turn === null) return;
      contents.read(at, wholeSectors(length), (bytes) => {
        if (!waits(turn)) return;
        if (bytes === null) fdc.end_read_write(abnormal, dataError, dataError);
        else done(bytes.subarray(0, length));
      });
    },
    get_from_cache: () => undefined,
    set(at, bytes, done) {
      const turn = begin(at);
      if (turn === null) return;
      // A transfer that ends inside a sector leaves zeros behind it.
      const whole = new Uint8Array(wholeSectors(bytes.length));
      whole.set(bytes);
      contents.write(at, whole, (ok) => {
        if (!waits(turn)) return;
        if (ok) done();
        else fdc.end_read_write(abnormal, dataError, dataError);
      });
    },
    ...outsideTheState,
  };
}

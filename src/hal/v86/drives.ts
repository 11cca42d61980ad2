import type { DriveContents, EngineDrive } from "../../vid/index.ts";
import { type DriveFailures, v86Buffer } from "./disk.ts";
import type {
  V86Cpu,
  V86DriveConfiguration,
  V86Ide,
  V86IdeChannel,
  V86IdeClass,
  V86IdeInterface,
} from "./shape.ts";

type IdeDrive = EngineDrive & { readonly kind: "disk" | "dvd" };
type DiskFailed = (what: "read" | "write", at: number) => void;

/** Status register: busy, ready, seek complete, error. @ata 7.15 */
const busy = 0x80;
const ready = 0x40;
const settled = 0x10;
const failed = 0x01;
/** How v86 leaves the register after a command beyond the end of the medium: busy until a reset. */
const beyondEnd = 0xff;
/** Error register: uncorrectable data; no such sector; command aborted. @ata 7.9 */
const uncorrectable = 0x40;
const notFound = 0x10;
const aborted = 0x04;
/** Bus master status: a transfer is under way. */
const dmaActive = 1;

const Command = { flushCache: 0xe7, flushCacheExt: 0xea, writeDma: 0xca, writeDmaExt: 0x35 } as const;
const noCommand = -1;
const inquiry = 0x12;
const senseMediumError = 3;
const unrecoveredRead = 0x11;
const senseIllegalRequest = 5;
const blockOutOfRange = 0x21;
/** ATAPI interrupt reason: the command is over. */
const commandOver = 3;
const discBlock = 2048;
/** The next command finds no medium, the one after it hears that the medium may have changed. */
const changed = 2;

/** Words 82 and 85 of IDENTIFY DEVICE: a write cache is there, and on. Without it a guest would never flush. */
const writeCacheWords = [82, 85];
const writeCache = 0x20;
/** What Hyper-V's drives call themselves: word of the text, its bytes, the text. */
const diskNames = [
  [23, 8, "1.1.0"],
  [27, 40, "Virtual HD"],
] as const;
const dvdNames = [
  [23, 8, ""],
  [27, 40, "Virtual CD"],
] as const;
/** Vendor, product and revision of a disc drive's INQUIRY, from byte 8. */
const dvdInquiry = "Msft    Virtual CD/ROM  1.0 ";
const inquiryNamesAt = 8;

/** Puts the drives on two IDE controllers, both of which are there whatever hangs on them. Before the machine runs. */
export function installIdeDrives(
  cpu: V86Cpu,
  drives: readonly IdeDrive[],
  diskFailed: DiskFailed,
): { setDisc(place: number, contents: DriveContents | null): void } {
  const places: V86DriveConfiguration[] = [{}, {}, {}, {}];
  for (const drive of drives) places[drive.place] = configurationOf(drive);
  const first = cpu.devices.ide;
  const ide = new (first.constructor as unknown as V86IdeClass)(cpu, first.bus, [
    places.slice(0, 2),
    places.slice(2, 4),
  ]);
  cpu.devices.ide = ide;
  for (const drive of drives) {
    if (drive.kind === "disk") dressDisk(ide, drive);
    else dressDvd(ide, drive.place);
  }

  function configurationOf(drive: IdeDrive): V86DriveConfiguration {
    if (drive.kind === "disk") {
      const failures = diskFailures(() => interfaceAt(ide, drive.place), diskFailed);
      return { buffer: v86Buffer(drive.contents, failures, drive.firstSector) };
    }
    if (drive.contents === null) return { is_cdrom: true };
    return { is_cdrom: true, buffer: discBuffer(drive.place, drive.contents) };
  }
  function discBuffer(place: number, contents: DriveContents) {
    return v86Buffer(
      contents,
      discFailures(() => interfaceAt(ide, place)),
      null,
    );
  }
  return {
    setDisc(place, contents) {
      // Not through the engine's own methods: they interrupt a command that is under way.
      const drive = interfaceAt(ide, place);
      drive.buffer = contents === null ? null : discBuffer(place, contents);
      drive.sector_count = contents === null ? 0 : contents.byteLength / discBlock;
      drive.medium_changed = changed;
    },
  };
}

function channelAt(ide: V86Ide, place: number): V86IdeChannel {
  return place < 2 ? ide.primary : ide.secondary;
}

function interfaceAt(ide: V86Ide, place: number): V86IdeInterface {
  return place % 2 === 0 ? channelAt(ide, place).master : channelAt(ide, place).slave;
}

/** Puts an object in a drive's place that is the drive, except for the methods we give it. */
function dress(
  ide: V86Ide,
  place: number,
  methodsOf: (plain: V86IdeInterface, drive: V86IdeInterface) => Partial<V86IdeInterface>,
): void {
  const channel = channelAt(ide, place);
  const plain = interfaceAt(ide, place);
  const drive = Object.create(plain) as V86IdeInterface;
  Object.assign(drive, methodsOf(plain, drive));
  if (channel.current_interface === plain) channel.current_interface = drive;
  channel[place % 2 === 0 ? "master" : "slave"] = drive;
}

/** A disk that is called as on Hyper-V, has a write cache, and takes the guest's flushes to its medium. */
function dressDisk(ide: V86Ide, { place, contents }: IdeDrive & { readonly kind: "disk" }): void {
  dress(ide, place, (plain, drive) => ({
    create_identify_packet() {
      plain.create_identify_packet.call(drive);
      writeNames(drive.data, diskNames);
      for (const word of writeCacheWords) drive.data[word * 2] = (drive.data[word * 2] ?? 0) | writeCache;
    },
    ata_command(command) {
      if (command !== Command.flushCache && command !== Command.flushCacheExt) {
        plain.ata_command.call(drive, command);
        if (drive.status_reg === beyondEnd) endWith(drive, notFound);
        return;
      }
      drive.current_command = command;
      drive.error_reg = 0;
      drive.status_reg = busy | ready;
      contents.flush((ok) => {
        // A reset of the drive has ended the command.
        if ((drive.status_reg & busy) === 0) return;
        drive.status_reg = ok ? ready | settled : ready | failed;
        drive.error_reg = ok ? 0 : aborted;
        drive.push_irq();
      });
    },
  }));
}

/** A disc drive that is called as on Hyper-V. */
function dressDvd(ide: V86Ide, place: number): void {
  dress(ide, place, (plain, drive) => ({
    create_identify_packet() {
      plain.create_identify_packet.call(drive);
      writeNames(drive.data, dvdNames);
    },
    atapi_handle() {
      const command = drive.data[0];
      plain.atapi_handle.call(drive);
      if (drive.status_reg === beyondEnd)
        drive.atapi_check_condition_response(senseIllegalRequest, blockOutOfRange);
      if (command !== inquiry) return;
      for (let i = 0; i < dvdInquiry.length; i++) drive.data[inquiryNamesAt + i] = dvdInquiry.charCodeAt(i);
    },
  }));
}

/** Texts of IDENTIFY DEVICE: padded with spaces, the two bytes of each word exchanged. */
function writeNames(data: Uint8Array, names: readonly (readonly [number, number, string])[]): void {
  for (const [word, length, text] of names) {
    const padded = text.padEnd(length);
    for (let i = 0; i < length; i++) data[word * 2 + (i ^ 1)] = padded.charCodeAt(i);
  }
}

/** A disk's command ends with an uncorrectable error, except for a write that the guest was told is done. */
function diskFailures(find: () => V86IdeInterface, diskFailed: DiskFailed): DriveFailures {
  return {
    read(at, done) {
      diskFailed("read", at);
      const drive = find();
      dropRead(drive, done);
      endWith(drive, uncorrectable);
    },
    write(at, done) {
      diskFailed("write", at);
      const drive = find();
      const waits =
        drive.current_command === Command.writeDma || drive.current_command === Command.writeDmaExt;
      if (waits) endWith(drive, uncorrectable);
      else done();
    },
  };
}

/** Ends a disk's command with an error. */
function endWith(drive: V86IdeInterface, error: number): void {
  drive.error_reg = error;
  drive.status_reg = ready | failed;
  drive.channel.dma_status &= ~dmaActive;
  drive.current_command = noCommand;
  drive.push_irq();
}

/** A disc's command ends with a medium error. */
function discFailures(find: () => V86IdeInterface): DriveFailures {
  return {
    read(_at, done) {
      const drive = find();
      dropRead(drive, done);
      drive.atapi_check_condition_response(senseMediumError, unrecoveredRead);
      drive.sector_count_reg = (drive.sector_count_reg & ~7) | commandOver;
      drive.channel.dma_status &= ~dmaActive;
      drive.push_irq();
    },
    // Discs are only read; v86 knows no command that would write.
    write: (_at, done) => done(),
  };
}

/** Ends a read whose data will not come: the engine drops what arrives for an operation that was cancelled. */
function dropRead(drive: V86IdeInterface, done: (bytes: Uint8Array) => void): void {
  drive.cancel_io_operations();
  done(new Uint8Array(0));
}

import { reasonOf } from "../support/index.ts";
import { type BlockFile, type Disk, type DiskStatus, sectorSize, wholeLayer } from "./disk.ts";
import { isNoSpace } from "./errors.ts";
import { wholeSectors } from "./range.ts";

/** Which part of a file is a disk. */
export interface FileDiskShape {
  /** Name of the format, for inspection. */
  readonly format: string;
  /** Bytes of the disk, a multiple of 512; it starts at the file's first byte. */
  readonly byteLength: number;
  readonly readOnly: boolean;
}

/** Bytes written at once when a range is made zeros. */
const zeroRun = 256 << 10;

/**
 * The first bytes of a file as a disk, sector for sector. Owns the file and disposes it.
 *
 * A file that fails makes a status, never an exception: guests cause the calls.
 */
export function fileDisk(file: BlockFile, shape: FileDiskShape): Disk {
  const { format, byteLength, readOnly } = shape;
  let lastFailure: string | null = null;

  function attempt(action: () => void): DiskStatus {
    try {
      action();
      return "ok";
    } catch (thrown) {
      lastFailure = reasonOf(thrown);
      return isNoSpace(thrown) ? "noSpace" : "mediumError";
    }
  }

  function read(at: number, into: Uint8Array<ArrayBuffer>): DiskStatus {
    if (!wholeSectors(byteLength, at, into.length)) return "outOfRange";
    return attempt(() => {
      const got = file.readAt(at, into);
      // The file may end inside its last sector, or have been cut short behind our back.
      if (got < into.length) into.fill(0, got);
    });
  }

  function write(at: number, from: Uint8Array<ArrayBuffer>): DiskStatus {
    if (readOnly) return "readOnly";
    if (!wholeSectors(byteLength, at, from.length)) return "outOfRange";
    return attempt(() => file.writeAt(at, from));
  }

  function unmap(at: number, length: number): DiskStatus {
    if (readOnly) return "readOnly";
    if (!wholeSectors(byteLength, at, length)) return "outOfRange";
    const zeros = new Uint8Array(Math.min(length, zeroRun));
    return attempt(() => {
      for (let done = 0; done < length; done += zeros.length) {
        file.writeAt(at + done, zeros.subarray(0, Math.min(zeros.length, length - done)));
      }
    });
  }

  return {
    byteLength,
    readOnly,
    prepare: () => null,
    read,
    write,
    flush: () => (readOnly ? "ok" : attempt(() => file.flush())),
    unmap,
    layers: () => [wholeLayer(format)],
    inspect: () => ({ kind: format, byteLength, sectors: byteLength / sectorSize, readOnly, lastFailure }),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

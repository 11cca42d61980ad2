import { type Disk, type DiskStatus, sectorSize, wholeLayer } from "../disk.ts";
import { wholeSectors } from "../range.ts";
import { type Committer, openCommitter } from "./committer.ts";
import type { DeviceFile } from "./device-file.ts";
import { type Loader, openLoader } from "./loader.ts";
import { type Overlay, openOverlay } from "./overlay.ts";

/** A pass-through disk. */
export interface DeviceDisk extends Disk {
  prepareFlush(): Promise<void> | null;
  /** Bytes behind the last whole sector of the file, which the guest does not see. */
  readonly trailingBytes: number;
}

/** What became of opening a device. */
export type DeviceOutcome =
  | { readonly kind: "disk"; readonly disk: DeviceDisk }
  | { readonly kind: "refused"; readonly text: string };

/** Memory that a pass-through disk may take. Tests make it small. */
export interface DeviceLimits {
  /** Bytes moved in one piece, a multiple of 512. */
  readonly chunkBytes: number;
  /** Bytes of what was read. */
  readonly cleanBytes: number;
  /** Bytes of what was written and not committed: from here on `prepare` waits for a commit. */
  readonly dirtyBytes: number;
}

const usualLimits: DeviceLimits = { chunkBytes: 256 << 10, cleanBytes: 64 << 20, dirtyBytes: 64 << 20 };

/** Times that a range is looked at again because something of it went while the rest was waited for. */
const rounds = 4;

/**
 * Opens a disk over a file of the visitor's own machine. Everything about that file takes time: chunks are
 * loaded by `prepare`, and writes stay in memory until `prepareFlush` puts all of them into the file at once.
 * A disk that is disposed before that forgets them.
 *
 * A range that was not prepared answers `mediumError`. `prepare` loads at most 32 MiB of a range.
 */
export function openDeviceDisk(file: DeviceFile, limits: DeviceLimits = usualLimits): DeviceOutcome {
  const byteLength = Math.floor(file.byteLength / sectorSize) * sectorSize;
  if (!Number.isSafeInteger(byteLength) || byteLength <= 0) {
    return { kind: "refused", text: "The file is too short to be a disk: it has not even one sector." };
  }
  const { chunkBytes } = limits;
  const overlay = openOverlay(chunkBytes, limits.cleanBytes);
  const loader = openLoader({ file, byteLength, chunkBytes, overlay });
  const committer = file.write === null ? null : openCommitter(overlay, file.write);
  const trailingBytes = file.byteLength - byteLength;
  return { kind: "disk", disk: diskOver({ byteLength, trailingBytes, limits, overlay, loader, committer }) };
}

/** What a pass-through disk is made of. */
interface Parts {
  readonly byteLength: number;
  readonly trailingBytes: number;
  readonly limits: DeviceLimits;
  readonly overlay: Overlay;
  readonly loader: Loader;
  /** `null`: the file may only be read. */
  readonly committer: Committer | null;
}

function diskOver(parts: Parts): DeviceDisk {
  const { byteLength, trailingBytes, overlay, loader, committer } = parts;
  const readOnly = committer === null;
  let disposed = false;
  /** Flushes that were prepared and not asked for yet. */
  let prepared = 0;

  /** What is wrong with a request that would change the disk; `null` when nothing is. */
  function refusal(at: number, length: number): DiskStatus | null {
    if (readOnly) return "readOnly";
    if (!wholeSectors(byteLength, at, length)) return "outOfRange";
    return disposed ? "mediumError" : null;
  }

  function read(at: number, into: Uint8Array<ArrayBuffer>): DiskStatus {
    if (!wholeSectors(byteLength, at, into.length)) return "outOfRange";
    return !disposed && readOverlay(overlay, at, into) ? "ok" : "mediumError";
  }

  function prepareFlush(): Promise<void> | null {
    if (disposed || committer === null || !committer.behind()) return null;
    prepared++;
    return committer.commit();
  }

  function flush(): DiskStatus {
    if (committer === null) return "ok";
    if (disposed) return committer.behind() ? "mediumError" : "ok";
    if (prepared > 0) {
      prepared--;
      return committer.status();
    }
    if (!committer.behind()) return "ok";
    return committer.status() === "ok" ? "mediumError" : committer.status();
  }

  return {
    byteLength,
    trailingBytes,
    readOnly,
    prepare: (at, length) =>
      disposed || !wholeSectors(byteLength, at, length) ? null : prepare(parts, at, length),
    read,
    write: (at, from) => refusal(at, from.length) ?? change(parts, at, { length: from.length, from }),
    unmap: (at, length) => refusal(at, length) ?? change(parts, at, { length, from: null }),
    prepareFlush,
    flush,
    layers: () => [wholeLayer("device")],
    inspect: () => ({
      kind: "device",
      byteLength,
      trailingBytes,
      readOnly,
      clean: overlay.cleanBytes(),
      dirty: overlay.dirtyBytes(),
      lastFailure: committer?.lastFailure() ?? loader.lastFailure(),
    }),
    [Symbol.dispose]() {
      disposed = true;
    },
  };
}

function prepare(parts: Parts, at: number, length: number): Promise<void> | null {
  const { limits, overlay, loader, committer } = parts;
  const loading = loader.load(at, length);
  // Nobody says whether a read or a write will follow: both must find room.
  const crowded = committer !== null && overlay.dirtyBytes() + length > limits.dirtyBytes;
  const room = crowded && committer.behind() ? committer.commit() : null;
  if (loading === null && room === null) return null;
  return settle(parts, { at, length }, Promise.all([loading, room]));
}

/** A commit may push out what was here when the waiting began. */
async function settle(
  { loader }: Parts,
  range: { readonly at: number; readonly length: number },
  first: Promise<unknown>,
): Promise<void> {
  let wait: Promise<unknown> | null = first;
  for (let round = 0; round < rounds && wait !== null; round++) {
    await wait;
    wait = loader.load(range.at, range.length);
  }
}

function readOverlay(overlay: Overlay, at: number, into: Uint8Array<ArrayBuffer>): boolean {
  const { chunkBytes } = overlay;
  for (let done = 0; done < into.length; ) {
    const offset = (at + done) % chunkBytes;
    const chunk = overlay.get((at + done - offset) / chunkBytes);
    if (chunk === undefined) return false;
    const count = Math.min(chunkBytes - offset, into.length - done);
    into.set(chunk.bytes.subarray(offset, offset + count), done);
    done += count;
  }
  return true;
}

/** Bytes to be written, or as many zeros. */
interface Contents {
  readonly length: number;
  readonly from: Uint8Array<ArrayBuffer> | null;
}

function change(parts: Parts, at: number, contents: Contents): DiskStatus {
  const { byteLength, overlay, loader, committer } = parts;
  const { chunkBytes } = overlay;
  const { length, from } = contents;
  const refused = roomFor(parts, length);
  if (refused !== null) return refused;
  const spans: { index: number; offset: number; done: number; count: number }[] = [];
  for (let done = 0; done < length; ) {
    const offset = (at + done) % chunkBytes;
    const index = (at + done - offset) / chunkBytes;
    const count = Math.min(chunkBytes - offset, length - done);
    const whole = count === Math.min(chunkBytes, byteLength - index * chunkBytes);
    if (!whole && overlay.get(index) === undefined) return "mediumError";
    spans.push({ index, offset, done, count });
    done += count;
  }
  for (const { index, offset, done, count } of spans) {
    loader.forget(index);
    overlay.change(index, offset, from === null ? new Uint8Array(count) : from.subarray(done, done + count));
  }
  committer?.wrote();
  return "ok";
}

/** Why so many bytes cannot be written now; `null` when they can. */
function roomFor({ limits, overlay, committer }: Parts, length: number): DiskStatus | null {
  const after = overlay.dirtyBytes() + length;
  if (after <= limits.dirtyBytes) return null;
  const status = committer?.status() ?? "ok";
  if (status !== "ok") return status;
  // Requests that were prepared together may all come at once: twice the limit is the end.
  return after > 2 * limits.dirtyBytes ? "mediumError" : null;
}

import type { InspectNode } from "../support/index.ts";

/** Result of one disk request. Guests cause all of these, so none is an exception. */
export type DiskStatus = "ok" | "outOfRange" | "readOnly" | "mediumError" | "noSpace";

/** Bytes in a logical sector. */
export const sectorSize = 512;

/**
 * A block device as every frontend sees it: VHD of any kind, raw image, RAM disk, chain of layers.
 *
 * Work is synchronous, because the parent's files are. What may have to be waited for (a block that is
 * still on a server) is asked for with `prepare` first. The owner disposes the disk; frontends do not.
 */
export interface Disk extends Disposable {
  /** Bytes; a multiple of 512. */
  readonly byteLength: number;
  readonly readOnly: boolean;
  /** `unmap` really frees space, so a guest may be told to discard. Absent means it only writes zeros. */
  readonly thin?: boolean;
  /** `null` when the range can be read or written at once; otherwise settles when it can, never rejects. */
  prepare(at: number, length: number): Promise<void> | null;
  /** Fills all of `into` from byte `at`. Both multiples of 512; anything else or beyond the end is `outOfRange`. */
  read(at: number, into: Uint8Array<ArrayBuffer>): DiskStatus;
  /** Writes all of `from`; the bytes are only read during the call. */
  write(at: number, from: Uint8Array<ArrayBuffer>): DiskStatus;
  /** Everything written before is safe when this answers `ok`. */
  flush(): DiskStatus;
  /** Gives the range back; it reads as zeros afterwards. */
  unmap(at: number, length: number): DiskStatus;
  /**
   * Brings what the format itself still holds in memory (a grown allocation table) into the file, in an order
   * that a power cut cannot turn into damage. Called about once a second while the disk is open, and before it
   * is disposed. Absent in a disk that holds nothing back.
   */
  writeBack?(): DiskStatus;
  /**
   * Whether a range certainly reads as zeros, told without reading it. `false` says nothing. Absent in a disk
   * that can never tell. The range is whole sectors of the disk.
   */
  knownZeros?(at: number, length: number): boolean;
  /** What it is made of, the layer that takes the writes first. */
  layers(): readonly DiskLayer[];
  /**
   * What must be waited for before `flush` can answer for everything written; `null` when nothing. Absent in
   * a disk whose flush is always synchronous. Never rejects: a failure is the status of the flush after it.
   */
  prepareFlush?(): Promise<void> | null;
  inspect(): InspectNode;
}

/** One layer of a disk: a file of a chain, or the only one. */
export interface DiskLayer {
  /** Name of its format, as inspection shows it. */
  readonly format: string;
  /**
   * Which parts of the disk it holds itself.
   * @param cells  number of equal parts, 1 to 65536
   * @returns one byte for each: 0 nothing of it, 255 all of it
   */
  allocation(cells: number): Uint8Array<ArrayBuffer>;
}

/** A layer that holds every part. */
export function wholeLayer(format: string): DiskLayer {
  return { format, allocation: (cells) => new Uint8Array(cells).fill(255) };
}

/**
 * A random-access file of the parent, exclusively held. `hal` implements it over the browser's storage,
 * `ramFile` over memory. Synchronous, parent worker only.
 */
export interface BlockFile extends Disposable {
  /** Current length in bytes. */
  size(): number;
  /** Fills `into` from `at`; answers the bytes read, fewer only at the end of the file. */
  readAt(at: number, into: Uint8Array<ArrayBuffer>): number;
  /** @throws HvError `storage.noSpace` when the quota is used up; nothing is promised about the range then */
  writeAt(at: number, from: Uint8Array<ArrayBuffer>): void;
  /** Changes the length; new bytes are zeros. @throws HvError `storage.noSpace` */
  resize(size: number): void;
  /** Everything written before is on the medium when this returns. */
  flush(): void;
}

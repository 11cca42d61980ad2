import type { DriveContents } from "../../vid/index.ts";
import type { V86Buffer } from "./shape.ts";

/** How a drive tells its guest that its medium failed. */
export interface DriveFailures {
  /** Ends the operation that waits for `done`. */
  read(at: number, done: (bytes: Uint8Array) => void): void;
  /** Ends the operation that waits for `done`. */
  write(at: number, done: () => void): void;
}

/** Contents of drives are no part of a machine's state; the engine would save and replace them. */
export const outsideTheState: Pick<V86Buffer, "get_state" | "set_state"> = {
  get_state: () => [],
  set_state() {},
};

/** The most that one command may ask for: 65536 sectors of 512 bytes. A disc's commands could name more. */
const maxRequest = 65_536 * 512;

/**
 * Dresses a drive's contents for v86, which checks the positions of a disk's commands but not all of a
 * disc's. `firstSector` is what is known of a disk before the machine runs.
 */
export function v86Buffer(
  contents: DriveContents,
  failures: DriveFailures,
  firstSector: Uint8Array<ArrayBuffer> | null,
): V86Buffer {
  return {
    byteLength: contents.byteLength,
    get(at, length, done) {
      if (at < 0 || length > maxRequest || at + length > contents.byteLength) return failures.read(at, done);
      contents.read(at, length, (bytes) => {
        if (bytes === null) failures.read(at, done);
        else done(bytes);
      });
    },
    get_from_cache(at, length) {
      const end = at + length;
      return firstSector !== null && end <= firstSector.length ? firstSector.subarray(at, end) : undefined;
    },
    set(at, bytes, done) {
      contents.write(at, bytes, (ok) => {
        if (ok) done();
        else failures.write(at, done);
      });
    },
    ...outsideTheState,
  };
}

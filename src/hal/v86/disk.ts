import type { EngineDisk } from "../../vid/index.ts";

/** What v86 expects of a disk's contents: an object with these methods. */
export interface V86Disk {
  readonly byteLength: number;
  onload: ((event: object) => void) | undefined;
  load(): void;
  get(at: number, length: number, done: (bytes: Uint8Array) => void): void;
  /** Asked for the first sector before the machine exists. */
  get_and_cache(at: number, length: number, done: (bytes: Uint8Array) => void): void;
  get_from_cache(at: number, length: number): Uint8Array | undefined;
  set(at: number, bytes: Uint8Array<ArrayBuffer>, done: () => void): void;
  get_state(): unknown[];
  set_state(state: unknown[]): void;
}

/**
 * Dresses a disk for v86. Its IDE device cannot report a medium error, so a failed read answers zeros
 * and a failed write is dropped; `failed` tells the owner, who logs it. Contents stay out of saved state.
 */
export function v86Disk(disk: EngineDisk, failed: (what: "read" | "write", at: number) => void): V86Disk {
  return {
    byteLength: disk.byteLength,
    onload: undefined,
    load() {
      this.onload?.({});
    },
    get(at, length, done) {
      disk.read(at, length, (bytes) => {
        if (bytes === null) failed("read", at);
        done(bytes ?? new Uint8Array(length));
      });
    },
    get_and_cache(at, length, done) {
      done(this.get_from_cache(at, length) ?? new Uint8Array(length));
    },
    get_from_cache(at, length) {
      const end = at + length;
      return end <= disk.firstSector.length ? disk.firstSector.subarray(at, end) : undefined;
    },
    set(at, bytes, done) {
      disk.write(at, bytes, (ok) => {
        if (!ok) failed("write", at);
        done();
      });
    },
    get_state: () => [],
    set_state() {},
  };
}

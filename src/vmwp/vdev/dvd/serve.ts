import type { DriveContents } from "../../../vid/index.ts";

/** Bytes of a disc's block. */
const block = 2048;

/**
 * A disc over contents of any number of sectors: a last block that is not whole ends in zeros. Discs are only
 * read.
 */
export function discContents(served: DriveContents): DriveContents {
  const held = served.byteLength;
  return {
    byteLength: Math.ceil(held / block) * block,
    readOnly: true,
    read(at, length, done) {
      const there = Math.min(length, Math.max(0, held - at));
      if (there === length) return served.read(at, length, done);
      const whole = new Uint8Array(length);
      if (there === 0) return done(whole);
      served.read(at, there, (bytes) => {
        if (bytes !== null) whole.set(bytes);
        done(bytes === null ? null : whole);
      });
    },
    write: (_at, _bytes, done) => done(false),
    flush: (done) => done(true),
  };
}

import { describe, expect, test } from "vitest";
import { type DriveDescription, floppySizes, SrbStatus, StorSrbPacket } from "../../../src/hvdef/index.ts";
import type { DriveContents } from "../../../src/vid/index.ts";
import { openDrives } from "../../../src/vmwp/drives.ts";
import type { DiskLine } from "../../../src/vmwp/vdev/ide/serve.ts";

const kibibyte = 1024;
const firstSector = new Uint8Array(512);
const disk = (channel: number): DriveDescription => ({
  kind: "disk",
  channel,
  byteLength: 8192,
  firstSector,
});
const empty = (kind: "dvd" | "floppy", channel: number): DriveDescription => ({
  kind,
  channel,
  medium: null,
});

/** Lines to a parent whose media hold the byte of their channel everywhere and end at `held`. */
function parent(held = 1 << 30) {
  const asked: { channel: number; at: number; length: number }[] = [];
  const waiting: (() => void)[] = [];
  const lineOf = (channel: number): DiskLine => ({
    request(payload, _data, room, done) {
      const cdb = new DataView(payload.buffer, payload.byteOffset + StorSrbPacket.at.cdbOrSense);
      const at = cdb.getUint32(2, false) * 512;
      const length = cdb.getUint16(7, false) * 512;
      asked.push({ channel, at, length });
      waiting.push(() => {
        const answer = payload.slice();
        const good = at + length <= held;
        answer[StorSrbPacket.at.srbStatus] = good ? SrbStatus.success : SrbStatus.error;
        done({ payload: answer, data: new Uint8Array(good ? room : 0).fill(channel + 1) });
      });
    },
  });
  return { asked, lineOf, answer: () => waiting.shift()?.() };
}

function read(contents: DriveContents | null | undefined, at: number, length: number) {
  const got: { bytes: Uint8Array | null }[] = [];
  contents?.read(at, length, (bytes) => void got.push({ bytes }));
  return () => got.at(0)?.bytes;
}

describe("places", () => {
  test("every position of both controllers takes a disk or a DVD drive, with or without the others", () => {
    const { lineOf } = parent();
    for (const place of [0, 1, 2, 3]) {
      expect(openDrives([disk(place)], lineOf).forEngine).toMatchObject([{ kind: "disk", place }]);
      expect(openDrives([empty("dvd", place)], lineOf).forEngine).toEqual([
        { kind: "dvd", place, contents: null },
      ]);
    }
    const all = [disk(0), disk(1), empty("dvd", 2), disk(3), empty("floppy", 4)];
    expect(openDrives(all, lineOf).forEngine.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4]);
  });

  test.each([
    ["two drives at one place", [disk(1), empty("dvd", 1)]],
    ["a disk in the diskette drive's place", [disk(4)]],
    ["a diskette drive on IDE", [empty("floppy", 0)]],
    ["a place that does not exist", [disk(5)]],
    ["a place before the first", [disk(-1)]],
    ["half a place", [disk(0.5)]],
  ])("%s is refused", (_name, descriptions) => {
    const refused = expect.objectContaining({ code: "drive.place" });
    expect(() => openDrives(descriptions, parent().lineOf)).toThrow(refused);
  });
});

describe("DVD drive", () => {
  test("a disc that ends inside a block is filled up with zeros", () => {
    const held = 5 * 512;
    const { lineOf, asked, answer } = parent(held);
    const medium = { byteLength: held, readOnly: true };
    const [drive] = openDrives([{ kind: "dvd", channel: 2, medium }], lineOf).forEngine;
    expect(drive?.contents?.byteLength).toBe(4096);
    const across = read(drive?.contents, 2048, 2048);
    answer();
    expect(asked).toEqual([{ channel: 2, at: 2048, length: 512 }]);
    expect(across()).toEqual(Uint8Array.from({ length: 2048 }, (_, i) => (i < 512 ? 3 : 0)));
    const beyond = read(drive?.contents, 3072, 512);
    expect(asked).toHaveLength(1);
    expect(beyond()).toEqual(new Uint8Array(512));
    const written: boolean[] = [];
    drive?.contents?.write(0, new Uint8Array(2048), (ok) => void written.push(ok));
    expect(written).toEqual([false]);
  });

  test("the old disc answers errors, the new one its own bytes", () => {
    const { lineOf, answer } = parent();
    const drives = openDrives(
      [{ kind: "dvd", channel: 3, medium: { byteLength: 2048, readOnly: true } }],
      lineOf,
    );
    const late = read(drives.forEngine[0]?.contents, 0, 2048);
    const fresh = drives.change(3, { byteLength: 6144, readOnly: true });
    answer();
    expect(late()).toBeNull();
    const again = read(fresh, 4096, 2048);
    answer();
    expect(again()?.every((byte) => byte === 4)).toBe(true);
    expect(drives.change(3, null)).toBeNull();
    expect(drives.inspect()).toEqual({
      ide: { 3: { reads: 2, writes: 0, flushes: 0, bytesRead: 2048, bytesWritten: 0, errors: 1 } },
      floppy: {},
    });
  });
});

describe("diskette drive", () => {
  test("takes every size there is, and says which when it is given another", () => {
    const drives = openDrives([empty("floppy", 4)], parent().lineOf);
    expect(floppySizes.map((size) => size / kibibyte)).toEqual([360, 720, 1200, 1440, 2880]);
    for (const byteLength of floppySizes)
      expect(drives.change(4, { byteLength, readOnly: true })).toMatchObject({ byteLength, readOnly: true });
    const before = drives.change(4, { byteLength: 1440 * kibibyte, readOnly: false });
    expect(() => drives.change(4, { byteLength: 1440 * kibibyte + 512, readOnly: false })).toThrow(
      "360, 720, 1200, 1440 or 2880 KB",
    );
    // What was in it is still in it.
    const { lineOf, answer } = parent();
    const kept = openDrives(
      [{ kind: "floppy", channel: 4, medium: { byteLength: 1440 * kibibyte, readOnly: false } }],
      lineOf,
    );
    const waiting = read(kept.forEngine[0]?.contents, 0, 512);
    expect(() => kept.change(4, { byteLength: 512, readOnly: false })).toThrow();
    answer();
    expect(waiting()?.[0]).toBe(5);
    expect(before).not.toBeNull();
  });

  test("counts beside the IDE drives", () => {
    const drives = openDrives([disk(0), empty("floppy", 4)], parent().lineOf);
    expect(drives.inspect()).toMatchObject({ ide: { 0: { reads: 0 } }, floppy: { 4: { reads: 0 } } });
  });

  test("a disk or an absent drive takes no medium", () => {
    const drives = openDrives([disk(0)], parent().lineOf);
    for (const channel of [0, 1, 4])
      expect(() => drives.change(channel, null)).toThrow(expect.objectContaining({ code: "drive.absent" }));
  });
});

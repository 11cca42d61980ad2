import { describe, expect, test } from "vitest";
import type { DriveContents, EngineDrive } from "../../src/vid/index.ts";
import { type DriveGuest, openDriveGuest } from "./tiny/drive-guest.ts";

/** The emulated controllers from the guest's side, a register at a time. */
const Command = { identify: 0xec, identifyPacket: 0xa1, read: 0x20, write: 0x30, flush: 0xe7 } as const;
const identifyOf = (drive: EngineDrive): number =>
  drive.kind === "disk" ? Command.identify : Command.identifyPacket;
const inquiry = [0x12, 0, 0, 0, 36];
const testUnitReady = [0];
const requestSense = [3, 0, 0, 0, 18];
const startStop = (how: number): number[] => [0x1b, 0, 0, 0, how];
const readBlock = (block: number): number[] => [0x28, 0, 0, 0, block >> 8, block & 0xff, 0, 0, 1];
const error = 1;
const errorRegister = { uncorrectable: 0x40, notFound: 0x10, aborted: 0x04 };

/** Contents that answer later, as the parent does, and that can be broken. */
function later(bytes: Uint8Array<ArrayBuffer>) {
  const log: string[] = [];
  const state = { broken: false };
  const soon = (answer: () => void): void => void setImmediate(answer);
  const contents: DriveContents = {
    byteLength: bytes.length,
    readOnly: false,
    read(at, length, done) {
      log.push(`read ${at} ${length}`);
      soon(() => done(state.broken ? null : bytes.slice(at, at + length)));
    },
    write(at, from, done) {
      log.push(`write ${at} ${from.length}`);
      if (!state.broken) bytes.set(from, at);
      soon(() => done(!state.broken));
    },
    flush(done) {
      log.push("flush");
      soon(() => done(!state.broken));
    },
  };
  return { contents, bytes, log, state };
}
const filled = (length: number, value: number) => later(new Uint8Array(length).fill(value));
const disk = (place: number, contents: DriveContents): EngineDrive => ({
  ...{ kind: "disk", place, contents, firstSector: new Uint8Array(512) },
});
const dvd = (place: number, contents: DriveContents | null): EngineDrive => ({
  kind: "dvd",
  place,
  contents,
});

/** A text of IDENTIFY: the bytes of its words exchanged. */
function text(data: Uint8Array, word: number, length: number): string {
  const swapped = Array.from({ length }, (_, i) => data[word * 2 + (i ^ 1)] ?? 0);
  return String.fromCharCode(...swapped).trimEnd();
}
const latin = (data: Uint8Array): string => String.fromCharCode(...data);
async function sense(guest: DriveGuest, place: number): Promise<string> {
  const { data } = await guest.packet(place, requestSense, 18);
  return `${data[2]}/${(data[12] ?? 0).toString(16)}`;
}

describe("places", () => {
  const contents = () => filled(1 << 20, 1).contents;
  test.each([
    ["four disks", [0, 1, 2, 3].map((place) => disk(place, contents()))],
    ["four DVD drives", [0, 1, 2, 3].map((place) => dvd(place, null))],
    ["slaves without masters", [disk(1, contents()), dvd(3, null)]],
    ["a DVD drive before a disk", [dvd(0, null), disk(1, contents())]],
    ["a single disk at the end", [disk(3, contents())]],
    ["nothing at all", []],
  ] as const)("%s are where they were put, and nothing is anywhere else", async (_name, drives) => {
    const guest = await openDriveGuest(drives);
    for (const place of [0, 1, 2, 3]) {
      const drive = drives.find((one) => one.place === place);
      const command = drive === undefined ? Command.identify : identifyOf(drive);
      const { status, data } = await guest.ask(place, { command, room: 512 });
      if (drive === undefined) expect([place, status]).toEqual([place, 0]);
      else
        expect([place, text(data, 27, 40)]).toEqual([
          place,
          drive.kind === "disk" ? "Virtual HD" : "Virtual CD",
        ]);
    }
  });
});

describe("disk", () => {
  test("each reads and writes its own contents", async () => {
    const media = [0, 1, 2, 3].map((place) => filled(1 << 20, 0x10 + place));
    const guest = await openDriveGuest(media.map(({ contents }, place) => disk(place, contents)));
    for (const [place, { bytes }] of media.entries()) {
      const { data } = await guest.ask(place, { command: Command.read, count: 1, lba: 7, room: 512 });
      expect(data).toEqual(new Uint8Array(512).fill(0x10 + place));
      const out = new Uint8Array(512).fill(0xa0 + place);
      const { status } = await guest.ask(place, { command: Command.write, count: 1, lba: 9, out });
      expect(status & error).toBe(0);
      expect(bytes.slice(9 * 512, 10 * 512)).toEqual(out);
      expect(bytes[9 * 512 - 1]).toBe(0x10 + place);
      expect(bytes[10 * 512]).toBe(0x10 + place);
    }
  });

  test("it has a write cache, and a flush reaches the medium before it is answered", async () => {
    const { contents, log, state } = filled(1 << 20, 0);
    const guest = await openDriveGuest([disk(2, contents)]);
    const { data } = await guest.ask(2, { command: Command.identify, room: 512 });
    expect([(data[82 * 2] ?? 0) & 0x20, (data[85 * 2] ?? 0) & 0x20]).toEqual([0x20, 0x20]);
    expect((await guest.ask(2, { command: Command.flush })).status).toBe(0x50);
    expect(log).toEqual(["flush"]);
    state.broken = true;
    const failed = await guest.ask(2, { command: Command.flush });
    expect([failed.status & error, failed.error]).toEqual([error, errorRegister.aborted]);
  });

  test("a sector behind the last is an error at once", async () => {
    const { contents, log } = filled(1 << 20, 3);
    const guest = await openDriveGuest([disk(0, contents)]);
    for (const command of [Command.read, Command.write]) {
      const answer = await guest.ask(0, { command, count: 2, lba: 2047, room: 512 });
      expect([answer.status & error, answer.error]).toEqual([error, errorRegister.notFound]);
    }
    expect(log).toEqual([]);
  });

  test("a medium error is told, and the next command works", async () => {
    const { contents, state } = filled(1 << 20, 3);
    const guest = await openDriveGuest([disk(1, contents)]);
    state.broken = true;
    const failed = await guest.ask(1, { command: Command.read, count: 1, room: 512 });
    expect([failed.status & error, failed.error]).toEqual([error, errorRegister.uncorrectable]);
    expect(failed.data).toHaveLength(0);
    state.broken = false;
    const { data } = await guest.ask(1, { command: Command.read, count: 1, room: 512 });
    expect(data).toEqual(new Uint8Array(512).fill(3));
  });
});

describe("DVD drive", () => {
  const disc = (value: number, blocks: number) => filled(blocks * 2048, value);

  test("is called as on Hyper-V", async () => {
    const guest = await openDriveGuest([dvd(2, null)]);
    const { data } = await guest.packet(2, inquiry, 36);
    expect(latin(data.subarray(8))).toBe("Msft    Virtual CD/ROM  1.0 ");
    expect([data[0], data[1]]).toEqual([5, 0x80]);
  });

  test("a disc comes, goes and is exchanged; the guest hears of each", async () => {
    const guest = await openDriveGuest([dvd(2, null)]);
    expect((await guest.packet(2, testUnitReady)).status & error).toBe(error);
    expect(await sense(guest, 2)).toBe("2/3a");

    guest.engine.setMedium(2, disc(7, 4).contents);
    const heard: string[] = [];
    for (let i = 0; i < 4; i++) {
      if (((await guest.packet(2, testUnitReady)).status & error) === 0) break;
      heard.push(await sense(guest, 2));
    }
    expect(heard.at(-1)).toBe("6/28");
    const first = await guest.packet(2, readBlock(3), 2048);
    expect(first.data).toEqual(new Uint8Array(2048).fill(7));

    // Exchanged in one go: the next command must not read the new disc as if it were the old one.
    guest.engine.setMedium(2, disc(8, 9).contents);
    expect((await guest.packet(2, readBlock(3), 2048)).status & error).toBe(error);
    for (let i = 0; i < 4; i++) if (((await guest.packet(2, testUnitReady)).status & error) === 0) break;
    const capacity = await guest.packet(2, [0x25], 8);
    expect([...capacity.data]).toEqual([0, 0, 0, 8, 0, 0, 8, 0]);
    expect((await guest.packet(2, readBlock(8), 2048)).data).toEqual(new Uint8Array(2048).fill(8));

    guest.engine.setMedium(2, null);
    expect((await guest.packet(2, readBlock(0), 2048)).data).toHaveLength(0);
    expect(await sense(guest, 2)).toBe("2/3a");
  });

  test("the guest may take out the disc itself, and the next one comes", async () => {
    const guest = await openDriveGuest([dvd(2, disc(5, 4).contents)]);
    expect((await guest.packet(2, startStop(2))).status & error).toBe(0);
    expect((await guest.packet(2, testUnitReady)).status & error).toBe(error);
    expect(await sense(guest, 2)).toBe("2/3a");
    guest.engine.setMedium(2, disc(6, 4).contents);
    for (let i = 0; i < 4; i++) if (((await guest.packet(2, testUnitReady)).status & error) === 0) break;
    expect((await guest.packet(2, readBlock(0), 2048)).data).toEqual(new Uint8Array(2048).fill(6));
  });

  test("a medium error is told as one", async () => {
    const { contents, state } = disc(1, 4);
    const guest = await openDriveGuest([dvd(3, contents)]);
    state.broken = true;
    expect((await guest.packet(3, readBlock(0), 2048)).status & error).toBe(error);
    expect(await sense(guest, 3)).toBe("3/11");
    state.broken = false;
    expect((await guest.packet(3, readBlock(1), 2048)).data).toEqual(new Uint8Array(2048).fill(1));
  });

  test.each([
    ["far more than a disc holds", "what there is", [0xa8, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]],
    ["a block before the first", "an error", [0x28, 0, 0xff, 0xff, 0xff, 0xf0, 0, 0, 1]],
    ["a block behind the last", "an error", [0x28, 0, 0, 0, 1, 0, 0, 0, 1]],
  ])("asked for %s it answers %s, and goes on", async (_name, answer, cdb) => {
    const { contents, log } = disc(1, 4);
    const guest = await openDriveGuest([dvd(2, contents)]);
    const { status } = await guest.packet(2, cdb, 2048);
    expect(status & error).toBe(answer === "an error" ? error : 0);
    for (const entry of log) {
      const [, at = 0, length = 0] = entry.split(" ").map(Number);
      expect(at + length).toBeLessThanOrEqual(contents.byteLength);
    }
    expect((await guest.packet(2, readBlock(2), 2048)).data).toEqual(new Uint8Array(2048).fill(1));
  });
});

test("a disk takes no medium, nor does a place without a drive", async () => {
  const guest = await openDriveGuest([disk(0, filled(1 << 20, 0).contents)]);
  for (const place of [0, 1, 2, 4]) expect(() => guest.engine.setMedium(place, null)).toThrow("no drive");
});

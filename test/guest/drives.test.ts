import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ChannelId,
  type DriveDescription,
  firstInternalChannel,
  floppyDrive,
} from "../../src/hvdef/index.ts";
import { type Disk, ramDisk } from "../../src/storage/index.ts";
import { storvsp } from "../../src/vsp/index.ts";
import { emulatedMachine } from "../lab/emulated-machine.ts";
import { isoImage } from "../lab/iso.ts";
import { type GuestLab, openWorkerLab, prompt } from "../lab/worker.ts";

/** The legacy profile of the stock kernel with every kind of emulated drive, media changing under its hands. */
const boots = 240_000;
const megabyte = 2 ** 20;
const kibibyte = 1024;
const dvd = 2;
let lab: GuestLab;

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const pattern = (length: number, seed: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * seed) & 0xff);

/** A disk that holds these bytes, and whose sectors can go bad. */
function diskOf(bytes: Uint8Array<ArrayBuffer>) {
  const inner = ramDisk(Math.ceil(bytes.length / 512) * 512);
  expect(inner.write(0, bytes.length % 512 === 0 ? bytes : padded(bytes))).toBe("ok");
  const bad = new Set<number>();
  const disk: Disk = {
    ...inner,
    read(at, into) {
      for (const sector of bad) {
        const place = sector * 512;
        if (place >= at && place < at + into.length) return "mediumError";
      }
      return inner.read(at, into);
    },
  };
  return { disk, bad };
}
function padded(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(Math.ceil(bytes.length / 512) * 512);
  whole.set(bytes);
  return whole;
}
function held(disk: Disk, at: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  expect(disk.read(at, bytes)).toBe("ok");
  return bytes;
}

/** The parent's side of one drive: what is in it can change. */
function bay(place: number, first: Disk | null) {
  const id = new Uint8Array(16).fill(place + 1);
  const luns = new Map(first === null ? [] : [[0, { disk: first, id }] as const]);
  return {
    channel: (firstInternalChannel + place) as ChannelId,
    owner: storvsp({ luns }, { negotiated: true }),
    async insert(disk: Disk | null, readOnly = false): Promise<void> {
      await lab.api.setMedium(place, null);
      luns.delete(0);
      if (disk === null) return;
      luns.set(0, { disk, id });
      await lab.api.setMedium(place, { byteLength: disk.byteLength, readOnly });
    },
  };
}

const disks = new Map([
  [0, diskOf(pattern(16 * megabyte, 3))],
  [1, diskOf(pattern(17 * megabyte, 5))],
  [3, diskOf(pattern(18 * megabyte, 7))],
]);
const diskAt = (place: number) => disks.get(place) ?? diskOf(new Uint8Array(512));
const dvdBay = bay(dvd, null);
const floppyBay = bay(floppyDrive, null);

beforeAll(async () => {
  const vm = emulatedMachine();
  const ide = [...disks].map(([channel, { disk }]): DriveDescription => {
    const firstSector = held(disk, 0, 512);
    return { kind: "disk", channel, byteLength: disk.byteLength, firstSector };
  });
  lab = await openWorkerLab({
    id: vm.id,
    configuration: {
      memoryBytes: vm.memoryBytes,
      boot: vm.boot,
      drives: [
        ...ide,
        { kind: "dvd", channel: dvd, medium: null },
        { kind: "floppy", channel: floppyDrive, medium: null },
      ],
      offers: [],
    },
    owners: [...[...disks].map(([place, { disk }]) => bay(place, disk)), dvdBay, floppyBay],
  });
  await lab.waitFor(prompt, boots);
  // What the drives' errors make the kernel say belongs into its log, not between the answers.
  await lab.shell("echo 1 >/proc/sys/kernel/printk");
  await lab.shell("while [ ! -b /dev/sdc ] || [ ! -b /dev/sr0 ]; do usleep 200000; done");
}, boots);

afterAll(async () => {
  await lab?.end();
});

/** What the guest calls the disk at a place: it gives names in no certain order. */
const nameOf = (place: number): Promise<string> => {
  const port = `ata${place < 2 ? 1 : 2}`;
  return lab.shell(`basename /sys/devices/pci*/*/${port}/host*/target*:0:${place % 2}/*/block/sd*`);
};

describe("disks", () => {
  test("hang where they were put, and are called as on Hyper-V", async () => {
    for (const [place, { disk }] of disks) {
      const name = await nameOf(place);
      expect(await lab.shell(`cat /sys/block/${name}/size`)).toBe(String(disk.byteLength / 512));
      expect((await lab.shell(`cat /sys/block/${name}/device/model`)).trim()).toBe("Virtual HD");
      const read = `dd if=/dev/${name} bs=64k skip=5 count=16 iflag=direct 2>/dev/null | sha256sum`;
      expect((await lab.shell(read)).slice(0, 64)).toBe(sha256(held(disk, 5 * 65_536, 16 * 65_536)));
    }
    expect(await lab.shell("dmesg | grep -ciE 'ata[12].*(exception|failed|timeout)' || true")).toBe("0");
  });

  test("what is written and flushed is with the parent, and only there", async () => {
    const name = await nameOf(3);
    expect(await lab.shell(`cat /sys/block/${name}/queue/write_cache`)).toBe("write back");
    await lab.shell("dd if=/dev/urandom of=/tmp/a bs=64k count=8 2>/dev/null");
    await lab.shell(`dd if=/tmp/a of=/dev/${name} bs=64k seek=100 conv=fsync 2>/dev/null`);
    const sum = (await lab.shell("sha256sum /tmp/a")).slice(0, 64);
    expect(sha256(held(diskAt(3).disk, 100 * 65_536, 8 * 65_536))).toBe(sum);
    expect(sha256(held(diskAt(1).disk, 0, 17 * megabyte))).toBe(sha256(pattern(17 * megabyte, 5)));
    await lab.shell("sleep 1");
    expect(lab.inspect()?.["ide"]).toMatchObject({ 0: { flushes: 0 }, 3: { errors: 0 } });
    expect(JSON.stringify(lab.inspect()?.["ide"])).toMatch(/"3":\{[^}]*"flushes":[1-9]/);
  });

  test("a bad sector is a read error of the guest's, and everything else still works", async () => {
    const { disk, bad } = diskAt(1);
    const name = await nameOf(1);
    bad.add(4000);
    const read = (sector: number) =>
      lab.shell(`dd if=/dev/${name} bs=512 skip=${sector} count=1 iflag=direct 2>/dev/null | sha256sum`);
    await expect(
      lab.shell(`dd if=/dev/${name} of=/dev/null bs=512 skip=4000 count=1 iflag=direct`),
    ).rejects.toThrow("Input/output error");
    expect(await lab.shell("dmesg | grep -c 'Medium Error'")).not.toBe("0");
    // The next page: a page is read as a whole.
    expect((await read(4008)).slice(0, 64)).toBe(sha256(held(disk, 4008 * 512, 512)));
    bad.delete(4000);
    expect((await read(4000)).slice(0, 64)).toBe(sha256(held(disk, 4000 * 512, 512)));
  });
});

describe("DVD drive", () => {
  const first = pattern(700_000, 11);
  const second = pattern(1_300_001, 13);
  const sum = "mount -t iso9660 -o ro /dev/sr0 /mnt/dvd && sha256sum /mnt/dvd/hello.txt";

  test("is there, empty, under the name it has on Hyper-V", async () => {
    expect(
      (await lab.shell("cat /sys/block/sr0/device/vendor /sys/block/sr0/device/model")).split(/\s*\n/),
    ).toEqual(["Msft", expect.stringMatching(/^Virtual CD\/ROM/)]);
    await lab.shell("mkdir -p /mnt/dvd && modprobe isofs");
    await expect(lab.shell("mount -t iso9660 -o ro /dev/sr0 /mnt/dvd")).rejects.toThrow(/No medium|Input/);
  });

  test("a disc is inserted and read, exchanged for another, and ejected", async () => {
    await dvdBay.insert(diskOf(isoImage("FIRST", { name: "HELLO.TXT", bytes: first })).disk);
    expect((await lab.shell(sum)).slice(0, 64)).toBe(sha256(first));
    await lab.shell("umount /mnt/dvd");

    await dvdBay.insert(diskOf(isoImage("SECOND", { name: "HELLO.TXT", bytes: second })).disk);
    expect((await lab.shell(sum)).slice(0, 64)).toBe(sha256(second));
    const blocks = isoImage("SECOND", { name: "HELLO.TXT", bytes: second }).length / 512;
    expect(await lab.shell("cat /sys/block/sr0/size")).toBe(String(blocks));
    await lab.shell("umount /mnt/dvd");

    await dvdBay.insert(null);
    await expect(lab.shell(sum)).rejects.toThrow(/No medium/);
  });

  test("a disc taken out of a mounted drive is a read error, and the next one works", async () => {
    await dvdBay.insert(diskOf(isoImage("FIRST", { name: "HELLO.TXT", bytes: first })).disk);
    await lab.shell("mount -t iso9660 -o ro /dev/sr0 /mnt/dvd");
    await dvdBay.insert(null);
    await expect(lab.shell("cat /mnt/dvd/hello.txt >/dev/null")).rejects.toThrow(/error|No medium/i);
    await lab.shell("umount /mnt/dvd");
    await dvdBay.insert(diskOf(isoImage("SECOND", { name: "HELLO.TXT", bytes: second })).disk);
    expect((await lab.shell(sum)).slice(0, 64)).toBe(sha256(second));
    await lab.shell("umount /mnt/dvd");
  });
});

describe("diskette drive", () => {
  /**
   * For the first five minutes of its life Linux looks for another diskette only when a read has failed (its
   * clock starts five minutes before zero), and then moves the heads before it believes in it.
   */
  const notice = () =>
    lab.shell("for i in 1 2 3; do dd if=/dev/fd0 of=/dev/null bs=512 count=1 2>/dev/null && break; done");
  const diskette = (kilobytes: number, seed: number) => diskOf(pattern(kilobytes * kibibyte, seed)).disk;

  test("is found, and empty", async () => {
    await lab.shell("modprobe floppy && mkdir -p /mnt/a");
    expect(
      await lab.shell("cat /sys/block/fd0/device/../floppy.0/cmos 2>/dev/null || ls -d /sys/block/fd0"),
    ).not.toBe("");
    await expect(lab.shell("dd if=/dev/fd0 of=/dev/null bs=512 count=1")).rejects.toThrow("fd0");
  });

  test("a diskette is formatted, mounted and written; the parent has it when the guest says so", async () => {
    const medium = ramDisk(1440 * kibibyte);
    const mount = "mount -t ext2 /dev/fd0 /mnt/a";
    await floppyBay.insert(medium);
    await notice();
    await lab.shell(`modprobe ext4 && mke2fs -q -b 1024 /dev/fd0 && ${mount}`, 120_000);
    await lab.shell("dd if=/dev/urandom of=/mnt/a/kept bs=1k count=10 2>/dev/null", 120_000);
    const sum = (await lab.shell("sha256sum /mnt/a/kept")).slice(0, 64);
    await lab.shell("umount /mnt/a", 120_000);
    const all = held(medium, 0, medium.byteLength);
    // Ten blocks or fewer lie in one piece.
    const pieces = Array.from({ length: 1430 }, (_, at) => all.slice(at * kibibyte, (at + 10) * kibibyte));
    expect(pieces.some((piece) => sha256(piece) === sum)).toBe(true);

    await floppyBay.insert(null);
    await expect(lab.shell(mount)).rejects.toThrow("fd0");
    await floppyBay.insert(medium);
    await notice();
    expect((await lab.shell(`${mount} && sha256sum /mnt/a/kept`, 120_000)).slice(0, 64)).toBe(sum);
    await lab.shell("umount /mnt/a");
  });

  test("the guest tells the sizes of diskettes apart", async () => {
    for (const kilobytes of [720, 1440]) {
      const medium = diskette(kilobytes, kilobytes);
      await floppyBay.insert(medium);
      await notice();
      const read = await lab.shell("dd if=/dev/fd0 bs=9k 2>/dev/null | sha256sum", 120_000);
      expect([kilobytes, read.slice(0, 64)]).toEqual([kilobytes, sha256(held(medium, 0, medium.byteLength))]);
    }
  });

  test("a write-protected diskette is not written", async () => {
    const medium = diskette(1440, 1);
    const before = sha256(held(medium, 0, medium.byteLength));
    await floppyBay.insert(medium, true);
    await notice();
    await expect(lab.shell("dd if=/dev/zero of=/dev/fd0 bs=512 count=1 conv=fsync")).rejects.toThrow();
    expect(sha256(held(medium, 0, medium.byteLength))).toBe(before);
  });
});

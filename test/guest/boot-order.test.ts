import { afterEach, expect, test } from "vitest";
import {
  type BootDevice,
  type ChannelId,
  type DriveDescription,
  firstInternalChannel,
  floppyDrive,
} from "../../src/hvdef/index.ts";
import { ramDisk } from "../../src/storage/index.ts";
import { ideDisk } from "../../src/vsp/index.ts";
import { bootableIso } from "../lab/iso.ts";
import { type GuestLab, openWorkerLab } from "../lab/worker.ts";

/** The BIOS starts the first drive of the order that has a boot sector; each sector says who it is. */
const com1 = 0x3f8;
const biosTime = 60_000;
let lab: GuestLab | null = null;

/** A boot sector that prints a word and stops. */
function bootSector(word: string): Uint8Array<ArrayBuffer> {
  const sector = new Uint8Array(512);
  const print = [...`<${word}>`].flatMap((letter) => [0xb0, letter.charCodeAt(0), 0xee]);
  // cli; mov dx, com1; (mov al, letter; out dx, al)...; hlt
  sector.set([0xfa, 0xba, com1 & 0xff, com1 >> 8, ...print, 0xf4]);
  sector.set([0x55, 0xaa], 510);
  return sector;
}
const size = { disk: 2 ** 20, floppy: 1440 * 1024 } as const;
const contentsOf = (kind: "disk" | "dvd" | "floppy", word: string): Uint8Array<ArrayBuffer> => {
  if (kind === "dvd") return bootableIso(bootSector(word));
  const bytes = new Uint8Array(size[kind]);
  bytes.set(bootSector(word));
  return bytes;
};

interface Place {
  readonly channel: number;
  readonly kind: "disk" | "dvd" | "floppy";
  /** `null`: a DVD or diskette drive with nothing in it. */
  readonly word: string | null;
}
const cd: Place = { channel: 2, kind: "dvd", word: "cd" };
const ide: Place = { channel: 0, kind: "disk", word: "ide" };
const floppy: Place = { channel: floppyDrive, kind: "floppy", word: "floppy" };

/** Starts a machine with these drives. @returns the first word on its serial port */
async function starts(places: readonly Place[], bootOrder?: readonly BootDevice[]): Promise<string> {
  const media = places.map((place) => {
    if (place.word === null) return { place, disk: null };
    const bytes = contentsOf(place.kind, place.word);
    const disk = ramDisk(bytes.length);
    expect(disk.write(0, bytes)).toBe("ok");
    return { place, disk };
  });
  const drives = media.map(({ place: { channel, kind }, disk }): DriveDescription => {
    if (kind === "disk") {
      const firstSector = new Uint8Array(512);
      disk?.read(0, firstSector);
      return { kind, channel, byteLength: disk?.byteLength ?? 0, firstSector };
    }
    return { kind, channel, medium: disk === null ? null : { byteLength: disk.byteLength, readOnly: false } };
  });
  const owners = media.flatMap(({ place: { channel }, disk }) => {
    const id = new Uint8Array(16).fill(channel + 1);
    const linkChannel = (firstInternalChannel + channel) as ChannelId;
    return disk === null ? [] : [{ channel: linkChannel, owner: ideDisk({ disk, id }) }];
  });
  const boot = { kind: "bios", ...(bootOrder === undefined ? {} : { bootOrder }) } as const;
  lab = await openWorkerLab({
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000077",
    configuration: { memoryBytes: 32 * 2 ** 20, boot, drives, offers: [] },
    owners,
  });
  return (await lab.waitFor(/<\w+>/, biosTime)).slice(1, -1);
}

afterEach(async () => {
  await lab?.end();
  lab = null;
});

test.each<[string, string, readonly Place[], (readonly BootDevice[])?]>([
  ["the disc comes first, as in a new machine", "cd", [floppy, ide, cd]],
  ["an empty DVD drive is passed over", "ide", [floppy, ide, { ...cd, word: null }]],
  ["without disc and disk the diskette is left", "floppy", [floppy, { ...cd, word: null }]],
  ["a disk at the end of the second controller starts too", "ide", [{ ...ide, channel: 3 }]],
  ["the disk at the first place is the one", "ide", [{ ...ide, channel: 3, word: "other" }, ide]],
  ["another order is another start", "floppy", [cd, ide, floppy], ["floppy", "ide", "cd", "legacyNic"]],
  ["a disk before the disc", "ide", [cd, ide, floppy], ["ide", "cd", "legacyNic", "floppy"]],
])("%s", async (_name, word, places, order) => {
  expect(await starts(places, order)).toBe(word);
});

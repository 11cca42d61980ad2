import { type DeviceFile, type Disk, openDeviceDisk } from "../../storage/index.ts";
import { HvError } from "../../support/index.ts";
import type { ForeignDisk } from "./shelf.ts";

/** A file of the visitor that machines may have as a pass-through disk. */
export interface VisitorDevice {
  readonly name: string;
  readonly byteLength: number;
  /** Opens it. Whoever asks owns the disk; one at a time. */
  disk(): Disk;
}

/** Looks at a file of the visitor. @throws HvError `device.refused` when it cannot be a disk */
export function visitorDevice(name: string, file: DeviceFile): VisitorDevice {
  function disk(): Disk {
    const opened = openDeviceDisk(file);
    if (opened.kind === "disk") return opened.disk;
    throw new HvError("device.refused", `${name} cannot be a pass-through disk. ${opened.text}`);
  }
  const first = disk();
  first[Symbol.dispose]();
  return { name, byteLength: first.byteLength, disk };
}

/** How often what a guest wrote to a device goes there unasked, in calls of `writeBack`: every ten seconds. */
const callsBetweenCommits = 100;

/**
 * A device of the visitor in the library. One machine at a time has it. What a guest wrote goes to the device when
 * it flushes, every few seconds, and when the machine is turned off.
 */
export function deviceDisk({ name, byteLength, disk: openDevice }: VisitorDevice): ForeignDisk {
  let here: Disk | null = null;
  let closing: Promise<void> = Promise.resolve();
  let calls = 0;

  function close(disk: Disk): void {
    here = null;
    closing = (disk.prepareFlush?.() ?? Promise.resolve()).then(() => disk[Symbol.dispose]());
  }
  return {
    name,
    shared: false,
    facts: async () => ({ kind: "usable", format: "device", byteLength, vhd: null }),
    fileBytes: () => 0,
    fetched: () => null,
    async open() {
      await closing;
      const disk = openDevice();
      here = disk;
      return { ...disk, [Symbol.dispose]: () => close(disk) };
    },
    writeBack() {
      if (++calls % callsBetweenCommits === 0) void here?.prepareFlush?.();
    },
  };
}

import type { Disk } from "../../storage/index.ts";
import type { ForeignDisk } from "./shelf.ts";

/** How often what a guest wrote to a device goes there unasked, in calls of `writeBack`: every ten seconds. */
const callsBetweenCommits = 100;

/**
 * A device of the visitor in the library. One machine at a time has it. What a guest wrote goes to the device when
 * it flushes, every few seconds, and when the machine is turned off.
 */
export function deviceDisk(name: string, openDevice: () => Disk, byteLength: number): ForeignDisk {
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

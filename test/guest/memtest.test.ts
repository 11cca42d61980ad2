import { afterAll, beforeAll, expect, test } from "vitest";
import { openImage, ramFile } from "../../src/storage/index.ts";
import { machineFigures } from "../../src/ui/map/figures.ts";
import { catalogue } from "../../src/vmms/index.ts";
import { attachedDiskette, emptyDvd } from "../lab/attached.ts";
import { builtDisk } from "../lab/built-disk.ts";
import { type GuestLab, openGuestLab } from "../lab/guest.ts";

/** A system that has no integration services and never will: memtest86+, started by the BIOS from its diskette. */
let lab: GuestLab;

beforeAll(async () => {
  const vm = catalogue.find(({ name }) => name === "memtest");
  if (vm === undefined) throw new Error("the catalogue has no machine memtest");
  const image = openImage(ramFile({ contents: builtDisk("memtest") }), { format: "floppy", readOnly: true });
  if (image.kind !== "disk") throw new Error(image.text);
  lab = await openGuestLab({ vm, drives: [emptyDvd, attachedDiskette(image.disk)] });
});

afterAll(async () => {
  await lab?.end();
});

test("it tests the machine's memory and never speaks to the bus", async () => {
  await lab.waitFor(/Memtest86/, 120_000);
  await lab.waitFor(/Address test/, 60_000);
  expect(lab.text()).toContain("Intel i440FX");
  expect(lab.messages).toEqual([]);
  expect(lab.inspect()).toMatchObject({
    vmbus: { connection: { state: "disconnected", messagesIn: 0 } },
    hypervisor: { hypercalls: { postMessage: 0, signalEvent: 0 } },
  });
  // It came from the diskette and writes into the memory of the display, a register and a character at a time.
  const { diskette, display, network } = machineFigures(lab.inspect() ?? {}).accesses;
  expect(diskette).toBeGreaterThan(100);
  expect(display).toBeGreaterThan(1000);
  expect(network).toBe(0);
});

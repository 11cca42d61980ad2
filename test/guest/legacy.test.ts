import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ramDisk } from "../../src/storage/index.ts";
import { attachedDisk, emptyDvd } from "../lab/attached.ts";
import { emulatedMachine } from "../lab/emulated-machine.ts";
import { type GuestLab, openGuestLab, prompt } from "../lab/guest.ts";

/** The same kernel without integration services: its disk is emulated IDE, its contents still the parent's. */
const boots = 180_000;
const disk = ramDisk(32 * 2 ** 20);
const contents = Uint8Array.from({ length: 3 * 2 ** 20 }, (_, i) => (i * 31 + (i >> 8) * 7) & 0xff);
let lab: GuestLab;

const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
function held(at: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  expect(disk.read(at, bytes)).toBe("ok");
  return bytes;
}

beforeAll(async () => {
  const vm = emulatedMachine();
  expect(disk.write(0, contents)).toBe("ok");
  lab = await openGuestLab({ vm, drives: [emptyDvd, attachedDisk("IDE", 0, disk)] });
  await lab.waitFor(prompt, boots);
  await lab.shell("while [ ! -b /dev/sda ]; do usleep 100000; done");
}, boots);

afterAll(async () => {
  await lab?.end();
});

test("the disk is an ATA disk, and there is no VMBus", async () => {
  await lab.shell("[ ! -e /sys/bus/vmbus/devices ]");
  expect(await lab.shell("readlink -f /sys/block/sda/device/../../..")).toMatch(/\/ata1$/);
  expect(await lab.shell("cat /sys/block/sda/size")).toBe(String(disk.byteLength / 512));
  expect(await lab.shell("dmesg | grep -ciE 'ata1.*(exception|failed|error|timeout)' || true")).toBe("0");
});

test("what the guest reads is what the parent holds, also in large pieces", async () => {
  const read = (options: string) => lab.shell(`dd if=/dev/sda ${options} iflag=direct 2>/dev/null | md5sum`);
  expect((await read("bs=1M count=3")).slice(0, 32)).toBe(md5(contents));
  expect((await read("bs=4k skip=7 count=1")).slice(0, 32)).toBe(md5(contents.subarray(28_672, 32_768)));
  expect((await read("bs=512 skip=1 count=5")).slice(0, 32)).toBe(md5(contents.subarray(512, 3072)));
});

test("what the guest writes is what the parent holds", async () => {
  await lab.shell("dd if=/dev/urandom of=/tmp/a bs=64k count=20 2>/dev/null");
  const sum = (await lab.shell("md5sum /tmp/a")).slice(0, 32);
  await lab.shell("dd if=/tmp/a of=/dev/sda bs=64k seek=100 conv=fsync 2>/dev/null");
  expect(md5(held(100 * 65_536, 20 * 65_536))).toBe(sum);
  // Around it nothing changed.
  expect(md5(held(0, contents.length))).toBe(md5(contents));
  expect(held(120 * 65_536, 65_536).every((byte) => byte === 0)).toBe(true);
});

test("the emulated disk is counted where a person looks", async () => {
  // The tree is a sample, taken twice a second.
  await lab.shell("sleep 1");
  const ide = lab.inspect()?.["ide"];
  const first = typeof ide === "object" && ide !== null ? ide["0"] : null;
  expect(first).toMatchObject({ errors: 0 });
  const { bytesRead, bytesWritten } = first as { bytesRead: number; bytesWritten: number };
  expect(bytesRead).toBeGreaterThanOrEqual(contents.length);
  expect(bytesWritten).toBeGreaterThanOrEqual(20 * 65_536);
});

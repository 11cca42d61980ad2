import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { expect, type Page, test } from "@playwright/test";
import { isoImage } from "../lab/iso.ts";
import {
  type Browser,
  bootToShell,
  download,
  machine,
  openBrowser,
  openPage,
  runJob,
  scsi,
  shell,
} from "./page.ts";

// One guest starts once for all but the last of this: each test goes on where the one before it ended.
test.describe.configure({ mode: "serial" });

let browser: Browser;
let page: Page;

const dvd = { controller: "IDE", number: 1, location: 0 } as const;
const guest = (command: string, timeoutMs?: number) => shell(page, "debian", command, timeoutMs);
const names = () => page.evaluate(() => tabvisor.disks.list().map(({ name }) => name));

/** Waits until the guest's late drivers have mounted its data disk. */
async function bootWithData(): Promise<void> {
  await bootToShell(page, "debian");
  await guest("until grep -q /mnt/data /proc/mounts; do usleep 200000; done");
}

/** Adds a disk to the machine, on or off. */
function addDisk(location: number, name: string): Promise<void> {
  return page.evaluate(
    ([slot, file]) =>
      tabvisor.disks.addDrive("debian", { slot, kind: "disk", medium: { kind: "file", name: file } }),
    [scsi(location), name] as const,
  );
}

/** Takes a disk away from the guest, and waits until it knows. */
async function removeDisk(location: number, device: string): Promise<void> {
  await page.evaluate((slot) => tabvisor.disks.removeDrive("debian", slot), scsi(location));
  await guest(`while [ -e /sys/block/${device} ]; do usleep 200000; done`);
}

/** Device of a SCSI disk in the guest. */
async function deviceAt(location: number): Promise<string> {
  const path = `/sys/class/scsi_device/?:0:0:${location}/device/block`;
  await guest(`until ls ${path} >/dev/null 2>&1; do usleep 200000; done`);
  return /sd[a-z]+/.exec(await guest(`ls ${path}`))?.[0] ?? "";
}

test.beforeAll(async ({ baseURL }) => {
  browser = await openBrowser();
  page = browser.context.pages()[0] ?? (await browser.context.newPage());
  await openPage(page, baseURL);
  await bootWithData();
});
test.afterAll(() => browser?.[Symbol.asyncDispose]());

test("a disk is added while the guest runs, used, and taken away; a disc is swapped", async () => {
  expect(
    await runJob(page, { kind: "create", type: "dynamic", name: "hot.vhd", byteLength: 256 << 20 }),
  ).toContain("ready");
  await addDisk(5, "hot.vhd");
  const disk = await deviceAt(5);
  await guest(`mke2fs -q -t ext4 /dev/${disk} && mkdir -p /mnt/hot && mount /dev/${disk} /mnt/hot`, 120_000);
  const sums = await guest(
    "for n in 1 2 3 4; do dd if=/dev/urandom bs=1M count=4 2>/dev/null | tee /mnt/hot/$n | md5sum; done; sync; echo 3 > /proc/sys/vm/drop_caches; cat /mnt/hot/1 | md5sum; cat /mnt/hot/4 | md5sum",
    180_000,
  );
  const lines = sums
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]);
  expect(lines).toHaveLength(6);
  expect(lines[4]).toBe(lines[0]);
  expect(lines[5]).toBe(lines[3]);
  const map = await page.evaluate(async () => {
    const { layers } = await tabvisor.disks.blockMap("hot.vhd", 128);
    return layers.map(({ cells }) => [...cells].filter((cell) => cell > 0).length);
  });
  expect(map).toHaveLength(1);
  expect(map[0]).toBeGreaterThan(5);
  expect(map[0]).toBeLessThan(100);

  await guest("umount /mnt/hot");
  await removeDisk(5, disk);

  const disc = (text: string) => isoImage("DISC", { name: "TEXT.TXT", bytes: Buffer.from(text) });
  const discs = { one: disc("the first disc\n"), two: disc("the second disc\n") };
  for (const [name, bytes] of Object.entries(discs)) {
    await page.evaluate(
      async ([file, data]) => {
        await tabvisor.disks.importFile(new File([Uint8Array.from(data)], file));
      },
      [`${name}.iso`, [...bytes]] as const,
    );
    await page.evaluate(
      ([slot, file]) => tabvisor.disks.setMedium("debian", slot, { kind: "file", name: file }),
      [dvd, `${name}.iso`] as const,
    );
    await guest(
      "modprobe -a ata_piix sr_mod isofs; mkdir -p /mnt/disc; until mount -r -t iso9660 /dev/sr0 /mnt/disc 2>/dev/null; do usleep 200000; done",
    );
    expect(await guest("cat /mnt/disc/*")).toContain(`the ${name === "one" ? "first" : "second"} disc`);
    await guest("umount /mnt/disc");
    await page.evaluate((slot) => tabvisor.disks.setMedium("debian", slot, { kind: "empty" }), dvd);
  }
  expect(await guest("mount -r -t iso9660 /dev/sr0 /mnt/disc || echo no disc")).toContain("no disc");
});

test("a file of the visitor is passed through, and has what the guest flushed", async () => {
  const name = await page.evaluate(async () => {
    // A handle as the file picker gives it; its dialog cannot be driven.
    const root = await navigator.storage.getDirectory();
    const handle = await root.getFileHandle("device.img", { create: true });
    const writer = await handle.createWritable();
    await writer.truncate(16 << 20);
    await writer.close();
    return tabvisor.disks.passThrough(handle);
  });
  expect(name).toBe("device.img");
  expect(await runJob(page, { kind: "expand", name, byteLength: 32 << 20 })).toMatch(/device|not kept here/i);
  expect(
    await runJob(page, { kind: "create", type: "differencing", name: "on it.vhd", parent: name }),
  ).toMatch(/only virtual hard disks|pass-through/i);
  await page.evaluate(
    ([slot, device]) =>
      tabvisor.disks.addDrive("debian", { slot, kind: "disk", medium: { kind: "device", name: device } }),
    [scsi(6), name] as const,
  );
  const disk = await deviceAt(6);
  await guest(
    `echo 'straight to the device' | dd of=/dev/${disk} bs=512 seek=100 conv=fsync,sync 2>/dev/null`,
  );
  const found = () =>
    page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const file = await (await root.getFileHandle("device.img")).getFile();
      return await file.slice(51_200, 51_222).text();
    });
  expect(await found()).toBe("straight to the device");
  await removeDisk(6, disk);
});

test("a full storage stops the machine in mid-write, and it goes on when there is space", async ({
  baseURL,
}) => {
  expect(
    await runJob(page, { kind: "create", type: "dynamic", name: "full.vhd", byteLength: 256 << 20 }),
  ).toContain("ready");
  await addDisk(5, "full.vhd");
  const disk = await deviceAt(5);
  const origin = new URL(baseURL ?? "").origin;
  const devtools = await browser.context.newCDPSession(page);
  const used = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: used + (8 << 20) });

  const seed = "yes 'forty-two characters of one and the same line' | head -c 24000000";
  await page.evaluate(
    (line) => tabvisor.console("debian").send(line),
    `${seed} | dd of=/dev/${disk} bs=1M conv=fsync 2>&1; echo written${disk}\n`,
  );
  await expect
    .poll(() => machine(page, "debian"), { timeout: 120_000 })
    .toMatchObject({ state: "pausedCritical" });
  expect((await machine(page, "debian"))?.trouble).toContain("storage of this browser is full");
  await expect(page.getByText(/stands still in the middle of a write/).first()).toBeVisible();

  const console = await page.evaluateHandle(() => tabvisor.console("debian"));
  await devtools.send("Storage.overrideQuotaForOrigin", { origin });
  await expect
    .poll(() => machine(page, "debian"), { timeout: 60_000 })
    .toMatchObject({ state: "running", trouble: null });
  await console.evaluate((session, name) => session.waitFor(new RegExp(`\nwritten${name}`), 120_000), disk);
  const sums = await guest(
    `echo 3 > /proc/sys/vm/drop_caches; head -c 24000000 /dev/${disk} | md5sum; ${seed} | md5sum`,
    180_000,
  );
  const [read, expected] = sums
    .trim()
    .split("\n")
    .slice(-2)
    .map((line) => line.trim());
  expect(read).toBe(expected);
  expect(await guest("dmesg | grep -i 'I/O error' || echo none")).toContain("none");
  await removeDisk(5, disk);
  expect(await runJob(page, { kind: "validate", name: "full.vhd" })).toContain("is sound");
});

/** Bytes of the disk whose tools are tried, before it is expanded. */
const size = 32 << 20;
/** What the guest writes to it. */
const written = "seq 1 400000 | head -c 2097152";

test("a disk on another is written, and no tool touches what is in use", async () => {
  expect(
    await runJob(page, { kind: "create", type: "dynamic", name: "base.vhd", byteLength: size }),
  ).toContain("ready");
  expect(
    await runJob(page, { kind: "create", type: "differencing", name: "child.vhd", parent: "base.vhd" }),
  ).toContain("builds on base.vhd");
  await addDisk(4, "child.vhd");
  const disk = await deviceAt(4);
  await guest(`${written} | dd of=/dev/${disk} bs=64k conv=fsync 2>/dev/null`);
  await guest(`dd if=/dev/zero of=/dev/${disk} bs=1M seek=8 count=4 conv=fsync 2>/dev/null`);
  expect(await runJob(page, { kind: "compact", name: "child.vhd" })).toContain(
    "in use by the virtual machine debian",
  );
  expect(await runJob(page, { kind: "expand", name: "base.vhd", byteLength: 2 * size })).toMatch(
    /cannot be expanded|in use/,
  );
});

test("a guest's disk leaves as a VHD that other tools find sound", async () => {
  const testInfo = test.info();
  await guest("seq 1 200000 > /mnt/data/numbers; sync");
  await guest("umount /mnt/data");
  await page.evaluate(() => tabvisor.stop("debian"));
  await expect.poll(() => machine(page, "debian")).toMatchObject({ state: "off", trouble: null });

  expect(await runJob(page, { kind: "validate", name: "debian data.vhd" })).toContain("is sound");
  const vhd = await download(page, "debian data.vhd", testInfo);
  expect(execFileSync("qemu-img", ["info", "-f", "vpc", vhd], { encoding: "utf8" })).toContain("64 MiB");
  const raw = testInfo.outputPath("data.img");
  execFileSync("qemu-img", ["convert", "-f", "vpc", "-O", "raw", vhd, raw]);
  execFileSync("/sbin/e2fsck", ["-fn", raw]);
  const found = execFileSync("/sbin/debugfs", ["-R", "cat /numbers", raw], {
    maxBuffer: 1 << 24,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const numbers = Array.from({ length: 200_000 }, (_, place) => `${place + 1}\n`).join("");
  expect(createHash("sha256").update(found).digest("hex")).toBe(
    createHash("sha256").update(numbers).digest("hex"),
  );
});

test("every tool of the library works on what the guest has written", async () => {
  expect(await runJob(page, { kind: "compact", name: "child.vhd" })).toContain("takes");
  // The machine's drive follows the merge.
  expect(await runJob(page, { kind: "merge", name: "child.vhd", into: null })).toContain("part of base.vhd");
  expect(await names()).not.toContain("child.vhd");
  expect(await runJob(page, { kind: "expand", name: "base.vhd", byteLength: 2 * size })).toContain(
    "has 64 MB now",
  );
  expect(await runJob(page, { kind: "compact", name: "base.vhd" })).toContain("takes");
  expect(
    await runJob(page, { kind: "convert", source: "base.vhd", name: "fixed.vhd", type: "fixed" }),
  ).toContain("copy");
  for (const name of ["base.vhd", "fixed.vhd"])
    expect(await runJob(page, { kind: "validate", name })).toContain("is sound");
  const report = await page.evaluate(() => tabvisor.disks.inspect("base.vhd"));
  expect(report).toMatchObject({ format: "dynamic", byteLength: 2 * size });
  expect(report.vhd?.allocatedBlocks).toBe(1);

  await addDisk(5, "fixed.vhd");
  await bootToShell(page, "debian");
  const sum = /[0-9a-f]{64}/.exec(await guest(`${written} | sha256sum`))?.[0];
  for (const location of [4, 5]) {
    const device = await deviceAt(location);
    expect(await guest(`head -c 2097152 /dev/${device} | sha256sum`)).toContain(sum ?? "no sum");
    expect(await guest(`cat /sys/block/${device}/size`)).toContain(`${(2 * size) / 512}`);
  }
});

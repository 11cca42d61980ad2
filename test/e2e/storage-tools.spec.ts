import { expect, type Page } from "@playwright/test";
import { bootToShell, openPage, runJob, scsi, shell, test } from "./page.ts";

const names = (page: Page) => page.evaluate(() => tabvisor.disks.list().map(({ name }) => name));

/** Device of a SCSI disk in the guest. */
async function deviceAt(page: Page, location: number): Promise<string> {
  const path = `/sys/class/scsi_device/?:0:0:${location}/device/block`;
  await shell(page, "debian", `until ls ${path} >/dev/null 2>&1; do sleep 1; done`);
  return /sd[a-z]+/.exec(await shell(page, "debian", `ls ${path}`))?.[0] ?? "";
}

test("every tool of the library works on what a guest has written", async ({ page, baseURL }) => {
  await openPage(page, baseURL);
  const size = 32 << 20;
  expect(
    await runJob(page, { kind: "create", type: "dynamic", name: "base.vhd", byteLength: size }),
  ).toContain("ready");
  expect(
    await runJob(page, { kind: "create", type: "differencing", name: "child.vhd", parent: "base.vhd" }),
  ).toContain("builds on base.vhd");
  await page.evaluate(
    (slot) =>
      tabvisor.disks.addDrive("debian", { slot, kind: "disk", medium: { kind: "file", name: "child.vhd" } }),
    scsi(4),
  );
  await bootToShell(page, "debian");
  const disk = await deviceAt(page, 4);
  await shell(
    page,
    "debian",
    `seq 1 400000 | head -c 2097152 | dd of=/dev/${disk} bs=64k conv=fsync 2>/dev/null`,
  );
  await shell(page, "debian", `dd if=/dev/zero of=/dev/${disk} bs=1M seek=8 count=4 conv=fsync 2>/dev/null`);
  const sum = /[0-9a-f]{64}/.exec(
    await shell(page, "debian", "seq 1 400000 | head -c 2097152 | sha256sum"),
  )?.[0];
  // In use: refused, by whom.
  expect(await runJob(page, { kind: "compact", name: "child.vhd" })).toContain(
    "in use by the virtual machine debian",
  );
  expect(await runJob(page, { kind: "expand", name: "base.vhd", byteLength: 2 * size })).toMatch(
    /cannot be expanded|in use/,
  );
  await page.evaluate(() => tabvisor.stop("debian"));
  await expect
    .poll(() => page.evaluate(() => tabvisor.vms().find(({ name }) => name === "debian")?.state))
    .toBe("off");

  expect(await runJob(page, { kind: "compact", name: "child.vhd" })).toContain("takes");
  // The machine's drive follows the merge.
  expect(await runJob(page, { kind: "merge", name: "child.vhd", into: null })).toContain("part of base.vhd");
  expect(await names(page)).not.toContain("child.vhd");
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

  await page.evaluate(
    (slot) =>
      tabvisor.disks.addDrive("debian", { slot, kind: "disk", medium: { kind: "file", name: "fixed.vhd" } }),
    scsi(5),
  );
  await bootToShell(page, "debian");
  for (const location of [4, 5]) {
    const device = await deviceAt(page, location);
    expect(await shell(page, "debian", `head -c 2097152 /dev/${device} | sha256sum`)).toContain(
      sum ?? "no sum",
    );
    expect(await shell(page, "debian", `cat /sys/block/${device}/size`)).toContain(`${(2 * size) / 512}`);
  }
});

test("a file of the visitor is passed through, and has what the guest flushed", async ({ page, baseURL }) => {
  await openPage(page, baseURL);
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
  await bootToShell(page, "debian");
  await page.evaluate(
    ([slot, device]) =>
      tabvisor.disks.addDrive("debian", { slot, kind: "disk", medium: { kind: "device", name: device } }),
    [scsi(6), name] as const,
  );
  const disk = await deviceAt(page, 6);
  await shell(
    page,
    "debian",
    `echo 'straight to the device' | dd of=/dev/${disk} bs=512 seek=100 conv=fsync,sync 2>/dev/null`,
  );
  const found = () =>
    page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const file = await (await root.getFileHandle("device.img")).getFile();
      return await file.slice(51_200, 51_222).text();
    });
  expect(await found()).toBe("straight to the device");
  await page.evaluate((slot) => tabvisor.disks.removeDrive("debian", slot), scsi(6));
  await shell(page, "debian", `while [ -e /sys/block/${disk} ]; do sleep 1; done`);
});

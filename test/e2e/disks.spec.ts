import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { expect, type Page } from "@playwright/test";
import { labFooter } from "../lab/vhd.ts";
import { bootToShell, openPage, refusedStart, shell, test } from "./page.ts";

const systemDisk = "public/images/system-disk.vhd.gz";

async function pick(page: Page, name: string, buffer: Uint8Array): Promise<void> {
  await page
    .getByLabel("Disk image")
    .setInputFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(buffer) });
}

test("a disk of one's own boots, and what is no disk is refused", async ({ page, baseURL }, testInfo) => {
  await openPage(page, baseURL);
  await page.getByRole("row", { name: "own-disk" }).click();
  expect(await refusedStart(page, "own-disk")).toMatch(/Choose a disk image for this machine first/);

  const image = testInfo.outputPath("system-disk.vhd");
  await pipeline(createReadStream(systemDisk), createGunzip(), createWriteStream(image));
  await page.getByLabel("Disk image").setInputFiles(image);
  await expect(page.getByText("Took in system-disk.vhd").first()).toBeVisible();

  // What cannot be used does not replace what can.
  const dynamic = new Uint8Array(4096);
  const footer = labFooter({ type: 3 });
  dynamic.set(footer);
  dynamic.set(footer, dynamic.length - footer.length);
  const refusals = [
    ["empty.img", new Uint8Array(0), "empty.img is empty"],
    ["new.vhdx", Buffer.concat([Buffer.from("vhdxfile"), Buffer.alloc(4088)]), "The image is a VHDX"],
    ["growing.vhd", dynamic, "growing.vhd cannot be used"],
  ] as const;
  for (const [name, bytes, sentence] of refusals) {
    await pick(page, name, bytes);
    const alert = page.getByRole("alert").filter({ hasText: sentence });
    await expect(alert).toBeVisible();
    await expect(alert).toContainText("Choose another file");
  }

  await bootToShell(page, "own-disk");
  expect(await shell(page, "own-disk", "grep ' / ' /proc/mounts")).toMatch(/^\/dev\/sd\S+ \/ ext4/m);
  // The BIOS has read it from the emulated controller; the kernel reads it from the accelerated one.
  expect(await shell(page, "own-disk", "readlink /sys/block/sda")).toMatch(/vmbus/i);
});

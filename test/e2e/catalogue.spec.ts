import { expect, type Page } from "@playwright/test";
import { labKernel } from "../lab/kernel.ts";
import { machine, openPage, test } from "./page.ts";

const file = (name: string, contents: Uint8Array) => ({
  name,
  mimeType: "application/octet-stream",
  buffer: Buffer.from(contents),
});
const next = (page: Page) => page.getByRole("button", { name: "Next" }).click();

/** Opens the form at its second page. */
async function addOwn(page: Page, kind: "disk" | "disc" | "diskette" | "kernel"): Promise<void> {
  await page.getByRole("button", { name: "Add your own…" }).click();
  await page.locator(`.wizard-page input[value=${kind}]`).check();
  await next(page);
}

test("a machine of one's own kernel is made, boots, is there after a reload, and goes", async ({
  page,
  baseURL,
}) => {
  await openPage(page, baseURL);
  await page.getByRole("link", { name: "Catalogue" }).click();
  const debian = page.getByRole("listitem", { name: "debian", exact: true });
  await expect(debian).toContainText(/Download\s*1\d MB, and at most/);
  await expect(debian).toContainText(/from our bench of/);

  await addOwn(page, "kernel");
  await page.getByLabel("File for: Kernel").setInputFiles("public/images/vmlinuz");
  await expect(page.getByText(/Linux kernel 6\.\S+, bzImage/)).toBeVisible();
  await page.getByLabel("File for: Initial file system").setInputFiles("public/images/initramfs.cpio.gz");
  await expect(page.getByText(/Initial file system, gzip/)).toBeVisible();
  await next(page);
  await page.getByLabel("Name", { exact: true }).fill("debian");
  await expect(page.getByText("There is a virtual machine called debian already.")).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill('mine & "others"');
  await page.getByLabel("Memory in MB").fill("4096");
  await expect(page.getByText("A virtual machine has 4 to 2048 MB.")).toBeVisible();
  await page.getByLabel("Memory in MB").fill("96");
  await next(page);
  await next(page);
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("status").getByRole("button", { name: "Start mine" }).click();
  const prompt = (name: string) => tabvisor.console(name).waitFor(/tabvisor:[^\n]*# /, 240_000);
  await page.evaluate(prompt, 'mine & "others"');
  expect(await machine(page, 'mine & "others"')).toMatchObject({ memoryBytes: 96 * 2 ** 20 });

  await page.reload();
  await page.evaluate(() => tabvisor.ready);
  const mine = page.getByRole("listitem", { name: 'mine & "others"' });
  await expect(mine).toContainText("starts vmlinuz directly, with initramfs.cpio.gz");
  await mine.getByRole("button", { name: "Remove…" }).click();
  await expect(page.getByRole("dialog")).toContainText("initramfs.cpio.gz and vmlinuz stay");
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(mine).toBeHidden();
  await page.getByRole("button", { name: "Remove vmlinuz" }).click();
  await expect(page.getByText("used by none")).toHaveCount(1);
  await page.reload();
  await page.evaluate(() => tabvisor.ready);
  expect(await machine(page, 'mine & "others"')).toBeUndefined();
});

test("what cannot run is refused in words, by the form and by the script", async ({ page, baseURL }) => {
  await openPage(page, `${baseURL ?? "/"}#catalogue`);
  const wide = labKernel({ extendedLoadFlags: 1 });
  const refusals = [
    ["kernel", "Kernel", file("vmlinuz", wide), /64-bit kernel.*take a 32-bit kernel/],
    ["kernel", "Kernel", file("notes.txt", Buffer.alloc(2000, "x")), /no Linux kernel: take a bzImage/],
    ["kernel", "Kernel", file("vmlinuz", labKernel({ protocol: 0x300 })), /boot protocol 3\.00/],
    ["disc", "Disc", file("debian.iso", Buffer.alloc(100_000)), /no ISO 9660.*Download it again/],
    ["disk", "Hard disk", file("disk.img", Buffer.alloc(5000)), /whole sectors of 512.*Copy it again/],
    ["diskette", "Diskette", file("boot.vfd", Buffer.alloc(1024)), /too small for a diskette/],
  ] as const;
  for (const [kind, label, picked, sentence] of refusals) {
    await addOwn(page, kind);
    await page.getByLabel(`File for: ${label}`, { exact: true }).setInputFiles(picked);
    await expect(page.getByRole("alert").filter({ hasText: sentence })).toBeVisible();
    await expect(page.getByRole("button", { name: "Next" })).toHaveAttribute("aria-disabled", "true");
    await page.getByRole("button", { name: "Cancel" }).click();
  }

  const said = (kernel: readonly number[], name: string) =>
    page.evaluate(
      ([bytes, wanted]) =>
        tabvisor
          .createMachine({ name: wanted, kernel: { name: "vmlinuz", contents: Uint8Array.from(bytes) } })
          .catch((failure: Error) => failure.message),
      [kernel, name] as const,
    );
  expect(await said([...wide], "wide")).toMatch(/^vmlinuz is a 64-bit kernel/);
  expect(await said([...labKernel()], "debian")).toMatch(/called debian already/);
  const names = await page.evaluate(() => tabvisor.vms().map(({ name }) => name));
  expect(names).toEqual((await page.evaluate(() => tabvisor.catalogue())).map(({ name }) => name));
});

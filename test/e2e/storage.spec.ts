import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect } from "@playwright/test";
import { bootToShell, download, machine, openPage, refusedStart, shell, test } from "./page.ts";

test("a stock disk boots at once, is fetched as it is read, and stays after a reload with what was synced", async ({
  page,
  baseURL,
}) => {
  const fetched: string[] = [];
  page.on("request", (request) => {
    if (/system-disk\/.*\.gz$/.test(request.url())) fetched.push(request.url());
  });
  await openPage(page, baseURL);
  await bootToShell(page, "debian-disk", { cold: true });
  const first = fetched.length;
  expect(first).toBeGreaterThan(3);
  const stock = () =>
    page.evaluate(() => tabvisor.disks.list().find((file) => file.name === "stock debian system.vhd"));
  expect((await stock())?.children).toEqual(["debian-disk system.vhd"]);
  expect((await stock())?.fetched).toBeLessThan(1);
  expect(await shell(page, "debian-disk", "grep ' / ' /proc/mounts")).toMatch(/^\/dev\/sd\S+ \/ ext4/m);
  expect(await shell(page, "debian-disk", "dmesg")).toContain("Hypervisor detected: Microsoft Hyper-V");
  await shell(page, "debian-disk", "echo outlives the power > /root/note && sync");
  await page.evaluate(() => tabvisor.stop("debian-disk"));
  await expect.poll(() => machine(page, "debian-disk")).toMatchObject({ state: "off", trouble: null });

  // What was kept is not fetched again.
  await page.reload();
  await page.evaluate(() => tabvisor.ready);
  fetched.length = 0;
  await bootToShell(page, "debian-disk");
  expect(fetched.length).toBeLessThan(first / 2);
  expect(await shell(page, "debian-disk", "cat /root/note")).toContain("outlives the power");
});

test("files come in packed or plain, and what is none of ours is refused by name", async ({
  page,
  baseURL,
}, testInfo) => {
  await openPage(page, baseURL);
  const raw = testInfo.outputPath("plain.img");
  const contents = Buffer.alloc(3 << 20);
  contents.fill("tabvisor", 1 << 20, 2 << 20);
  writeFileSync(raw, contents);
  const vhd = testInfo.outputPath("made elsewhere.vhd");
  execFileSync("qemu-img", [
    "convert",
    "-f",
    "raw",
    "-O",
    "vpc",
    "-o",
    "subformat=dynamic,force_size=on",
    raw,
    vhd,
  ]);

  const put = async (name: string, bytes: Uint8Array) =>
    page.evaluate(
      async ([file, base64]) => {
        const data = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        return tabvisor.disks.importFile(new File([data], file)).then(
          (lines) => lines.join(" "),
          (failure: Error) => failure.message,
        );
      },
      [name, Buffer.from(bytes).toString("base64")] as const,
    );
  expect(await put("made elsewhere.vhd.gz", gzipSync(readFileSync(vhd)))).toContain(
    "made elsewhere.vhd is in the library",
  );
  expect(await put("made elsewhere.vhd", readFileSync(vhd))).toContain(
    "There is a file made elsewhere.vhd already",
  );
  expect(await put("odd.img", readFileSync(vhd))).toContain("name it .vhd");
  expect(await put("new.vhdx", Buffer.concat([Buffer.from("vhdxfile"), Buffer.alloc(65_536)]))).toContain(
    "VHDX",
  );
  expect(await put("cut.vhd", readFileSync(vhd).subarray(0, 700_000))).toMatch(/cut\.vhd cannot be used/);
  expect(await page.evaluate(() => tabvisor.disks.list().map(({ name }) => name))).not.toContain("cut.vhd");

  const saved = await download(page, "made elsewhere.vhd", testInfo);
  execFileSync("qemu-img", ["compare", "-f", "vpc", "-F", "raw", saved, raw]);
});

test("a second tab is told which machine holds a disk", async ({ page, context, baseURL }) => {
  await openPage(page, baseURL);
  await page.evaluate(() => tabvisor.start("debian"));
  const second = await context.newPage();
  await openPage(second, baseURL);
  expect(await refusedStart(second, "debian")).toMatch(
    /debian data\.vhd is in use by the virtual machine debian in another tab/,
  );
  // Machines that share nothing but the image of the site run beside each other.
  await second.evaluate(() => tabvisor.start("debian-legacy"));
  await second.close();
});

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, type Page, type TestInfo } from "@playwright/test";
import { isoImage } from "../lab/iso.ts";
import { bootToShell, machine, openPage, refusedStart, runJob, scsi, shell, test } from "./page.ts";

const dvd = { controller: "IDE", number: 1, location: 0 } as const;

/** Waits until the guest's late drivers have mounted its data disk. */
async function bootWithData(page: Page, name: string): Promise<void> {
  await bootToShell(page, name);
  await shell(page, name, "until grep -q /mnt/data /proc/mounts; do sleep 1; done");
}

/** Saves a disk as a visitor would. Answers the path of the saved file. */
async function download(page: Page, name: string, testInfo: TestInfo): Promise<string> {
  const arriving = page.waitForEvent("download");
  await page.evaluate((disk) => tabvisor.disks.download(disk), name);
  const saved = await arriving;
  const path = testInfo.outputPath(saved.suggestedFilename());
  await saved.saveAs(path);
  return path;
}

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

test("a guest's disk leaves as a VHD that other tools find sound", async ({ page, baseURL }, testInfo) => {
  await openPage(page, baseURL);
  await bootWithData(page, "debian");
  await shell(page, "debian", "seq 1 200000 > /mnt/data/numbers; sha256sum /mnt/data/numbers; sync");
  await shell(page, "debian", "umount /mnt/data");
  await page.evaluate(() => tabvisor.stop("debian"));

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

test("a disk is added while the guest runs, used, and taken away; a disc is swapped", async ({
  page,
  baseURL,
}) => {
  await openPage(page, baseURL);
  expect(
    await runJob(page, { kind: "create", type: "dynamic", name: "hot.vhd", byteLength: 256 << 20 }),
  ).toContain("ready");
  await bootWithData(page, "debian");
  await page.evaluate(
    (slot) =>
      tabvisor.disks.addDrive("debian", { slot, kind: "disk", medium: { kind: "file", name: "hot.vhd" } }),
    scsi(5),
  );
  const hot = "ls /sys/class/scsi_device/?:0:0:5/device/block";
  await shell(page, "debian", `until ${hot}; do sleep 1; done`);
  const disk = (await shell(page, "debian", hot)).trim();
  await shell(
    page,
    "debian",
    `mke2fs -q -t ext4 /dev/${disk} && mkdir -p /mnt/hot && mount /dev/${disk} /mnt/hot`,
    120_000,
  );
  const sums = await shell(
    page,
    "debian",
    "for n in 1 2 3 4; do dd if=/dev/urandom bs=1M count=4 2>/dev/null | tee /mnt/hot/$n | sha256sum; done; sync; echo 3 > /proc/sys/vm/drop_caches; cat /mnt/hot/1 | sha256sum; cat /mnt/hot/4 | sha256sum",
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

  await shell(page, "debian", "umount /mnt/hot");
  await page.evaluate((slot) => tabvisor.disks.removeDrive("debian", slot), scsi(5));
  await shell(page, "debian", `while [ -e /sys/block/${disk} ]; do sleep 1; done`);

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
    await shell(
      page,
      "debian",
      "modprobe -a ata_piix sr_mod isofs; mkdir -p /mnt/disc; until mount -r -t iso9660 /dev/sr0 /mnt/disc 2>/dev/null; do sleep 1; done",
    );
    expect(await shell(page, "debian", "cat /mnt/disc/*")).toContain(
      `the ${name === "one" ? "first" : "second"} disc`,
    );
    await shell(page, "debian", "umount /mnt/disc");
    await page.evaluate((slot) => tabvisor.disks.setMedium("debian", slot, { kind: "empty" }), dvd);
  }
  expect(await shell(page, "debian", "mount -r -t iso9660 /dev/sr0 /mnt/disc || echo no disc")).toContain(
    "no disc",
  );
});

test("a full storage stops the machine in mid-write, and it goes on when there is space", async ({
  page,
  context,
  baseURL,
}) => {
  await openPage(page, baseURL);
  expect(
    await runJob(page, { kind: "create", type: "dynamic", name: "full.vhd", byteLength: 256 << 20 }),
  ).toContain("ready");
  await page.evaluate(
    (slot) =>
      tabvisor.disks.addDrive("debian", { slot, kind: "disk", medium: { kind: "file", name: "full.vhd" } }),
    scsi(5),
  );
  await bootWithData(page, "debian");
  const origin = new URL(baseURL ?? "").origin;
  const devtools = await context.newCDPSession(page);
  const used = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: used + (12 << 20) });

  const disk = (await shell(page, "debian", "ls /sys/class/scsi_device/?:0:0:5/device/block")).trim();
  const seed = "yes 'forty-two characters of one and the same line' | head -c 48000000";
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
  const sums = await shell(
    page,
    "debian",
    `echo 3 > /proc/sys/vm/drop_caches; head -c 48000000 /dev/${disk} | sha256sum; ${seed} | sha256sum`,
    180_000,
  );
  const [read, expected] = sums
    .trim()
    .split("\n")
    .slice(-2)
    .map((line) => line.trim());
  expect(read).toBe(expected);
  expect(await shell(page, "debian", "dmesg | grep -i 'I/O error' || echo none")).toContain("none");
  await page.evaluate(() => tabvisor.stop("debian"));
  expect(await runJob(page, { kind: "validate", name: "full.vhd" })).toContain("is sound");
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

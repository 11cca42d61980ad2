import { expect, type Page } from "@playwright/test";
import { addressOf } from "./network-steps.ts";
import { bootToShell, openPage, shell, test } from "./page.ts";

const name = "debian-legacy";
const guest = (page: Page, command: string, timeoutMs?: number) => shell(page, name, command, timeoutMs);

const inputs = "cat /proc/bus/input/devices";
/** The synthetic keyboard is known by its place, the synthetic mouse by its name. */
const onTheBus = /VMBUS|Vmbus HID-compliant Mouse/g;
/** What a person sees and touches, all on one way. */
const consoleOn = (way: string) => ({ Screen: way, Keyboard: way, Mouse: way });

/** The table of the page: the way of each device. */
async function devices(page: Page): Promise<Readonly<Record<string, string>>> {
  const rows = page.getByRole("region", { name: `Devices of ${name}` }).locator("tbody tr");
  const found = await rows.evaluateAll((all) =>
    all.map((row) => [
      row.querySelector("th")?.textContent ?? "",
      row.querySelector("td")?.textContent ?? "",
    ]),
  );
  return Object.fromEntries(found);
}

test("a system installed on emulated devices moves to the synthetic ones", async ({ page, baseURL }) => {
  await openPage(page, baseURL);
  await page.locator("[data-machine-row]", { hasText: name }).click();
  await bootToShell(page, name, { cold: true });
  const before = await addressOf(page, name);
  expect(await guest(page, "ls /sys/bus; cat /proc/modules; ls -R /lib/modules")).not.toMatch(/vmbus|hv_/);
  expect(await guest(page, "readlink -f /sys/block/sda/device")).toContain("/ata1/");
  expect(await guest(page, "cat /proc/interrupts")).not.toMatch(
    /Hypervisor callback interrupts: +[1-9]|HYP: +[1-9]/,
  );
  await page
    .getByRole("region", { name: `Devices of ${name}` })
    .locator("summary")
    .click();
  await expect
    .poll(() => devices(page))
    .toMatchObject({
      "Hard disk, IDE 0:0": "Emulated",
      "Hard disk, SCSI 0": "Not in use",
      "Network Adapter": "Not in use",
      "Legacy Network Adapter": "Emulated",
      ...consoleOn("Emulated"),
    });
  expect(await guest(page, inputs)).not.toMatch(onTheBus);
  await guest(page, "seq 1 100000 > /root/numbers; sha256sum /root/numbers > /root/sum; sync");

  // As a visitor does it.
  await page
    .getByRole("region", { name: `Integration services of ${name}` })
    .locator("summary")
    .click();
  await page.getByRole("button", { name: "Insert Integration Services Setup Disk" }).click();
  await guest(page, "until mount /mnt/cdrom 2>/dev/null; do usleep 200000; done");
  expect(await guest(page, "sh /mnt/cdrom/install.sh", 120_000)).toContain("installed.");
  expect(await guest(page, "readlink /sys/class/net/eth1/device/driver")).toContain("hv_netvsc");
  expect(await addressOf(page, name, "eth1")).toBe(before);
  await expect
    .poll(() => devices(page))
    .toMatchObject({ "Network Adapter": "Synthetic", ...consoleOn("Synthetic") });
  expect(await guest(page, "cat /proc/fb")).toContain("hyperv_drm");
  await expect
    .poll(async () => new Set((await guest(page, inputs)).match(onTheBus)))
    .toEqual(new Set(["VMBUS", "Vmbus HID-compliant Mouse"]));

  await page.evaluate(async (vm) => {
    const console = tabvisor.console(vm);
    await console.waitFor(/[\s\S]*/);
    console.send("sync; reboot\n");
    await console.waitFor(/SYSLINUX/, 60_000);
    await console.waitFor(/tabvisor:[^\n]*# /, 240_000);
  }, name);
  await addressOf(page, name);
  expect(await guest(page, "readlink -f /sys/block/sda/device; cat /proc/modules")).toMatch(
    /\/VMBUS:\d+\/[\s\S]*hv_storvsc/,
  );
  expect(await guest(page, "sha256sum -c /root/sum")).toContain("numbers: OK");
  expect(await guest(page, "readlink /sys/class/net/eth0/device/driver")).toContain("hv_netvsc");
  expect(await guest(page, "wget -q -O - http://host/readme.txt")).toContain("management OS");
  expect(await guest(page, "grep HYP: /proc/interrupts")).toMatch(/HYP: +[1-9]/);
  await expect
    .poll(() => devices(page), { timeout: 20_000 })
    .toMatchObject({
      "Hard disk, IDE 0:0": "Synthetic",
      "Hard disk, SCSI 0": "Synthetic",
      "Network Adapter": "Synthetic",
      "Legacy Network Adapter": "Not in use",
      ...consoleOn("Synthetic"),
    });
  await expect(page.getByRole("row", { name: /^Hard disk, IDE 0:0/ })).toContainText(/\d [KM]B/);
});

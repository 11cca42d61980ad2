import { expect } from "@playwright/test";
import { bootToShell, openPage, shell, test } from "./page.ts";

test("where nothing isolates the page a stock kernel runs enlightened, and a synced file survives a reload", async ({
  page,
  baseURL,
}) => {
  await openPage(page, baseURL);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);

  await bootToShell(page, "debian", { cold: true });
  const query = "SELECT ElementName, EnabledState FROM Msvm_ComputerSystem";
  const systems = await page.evaluate((wql) => tabvisor.wmi.query(wql), query);
  const names = await page.evaluate(() => tabvisor.vms().map(({ name }) => name));
  const states = ["TABVISOR", ...names].map((name) => [name, /^(TABVISOR|debian)$/.test(name) ? 2 : 3]);
  expect(systems.map((one) => [one["ElementName"], one["EnabledState"]]).sort()).toEqual(states.sort());
  // Drivers are loaded beside the first shell.
  await shell(page, "debian", "until grep -q /mnt/data /proc/mounts; do sleep 1; done");
  const log = await shell(page, "debian", "dmesg");
  expect(log).toContain("Hypervisor detected: Microsoft Hyper-V");
  expect(log).toMatch(/hv_vmbus: Vmbus version:5\./);
  const devices = await shell(page, "debian", "cat /sys/bus/vmbus/devices/*/class_id");
  expect(devices).toContain("{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}");

  const device = () => page.evaluate(() => tabvisor.keyboard("debian").device());
  await expect.poll(device, { timeout: 60_000 }).toBe("synthetic");
  await shell(page, "debian", "chvt 8; (head -n 1 </dev/tty8 >/tmp/typed &); sleep 1");
  await page.evaluate(() => tabvisor.keyboard("debian").typeText("typed by the page\n"));
  expect(await shell(page, "debian", "sleep 1; cat /tmp/typed")).toContain("typed by the page");

  const disk = await shell(page, "debian", "readlink /sys/block/$(grep /mnt/data /proc/mounts | cut -c6-8)");
  expect(disk).toMatch(/VMBUS|vmbus/i);
  await shell(page, "debian", "echo written before the reload > /mnt/data/note && sync");

  await page.reload();
  await page.evaluate(() => tabvisor.ready);
  await bootToShell(page, "debian");
  await shell(page, "debian", "until grep -q /mnt/data /proc/mounts; do sleep 1; done");
  expect(await shell(page, "debian", "cat /mnt/data/note")).toContain("written before the reload");
});

import { expect, type Page } from "@playwright/test";
import { machine, openPage, shell, test } from "./page.ts";

const parts = "**/images/warm/debian/pages/*.gz";
const report = (page: Page, name: string) => page.evaluate((vm) => tabvisor.startReport(vm), name);

/** Starts a machine, and answers the milliseconds until its shell has computed something. */
function answerAfterStart(page: Page, name: string): Promise<number> {
  return page.evaluate(async (vm) => {
    const console = tabvisor.console(vm);
    await console.waitFor(/[\s\S]*/);
    const began = performance.now();
    await tabvisor.start(vm);
    console.send("echo $((40 + 2))-here\n");
    await console.waitFor(/42-here/, 60_000);
    return performance.now() - began;
  }, name);
}

async function turnOff(page: Page, name: string): Promise<void> {
  await page.evaluate((vm) => tabvisor.stop(vm), name);
  await expect.poll(() => machine(page, name)).toMatchObject({ state: "off", trouble: null });
}

/** The guest has what is its own machine's: the time, an address, its data disk. */
async function expectAtHome(page: Page, name: string): Promise<void> {
  const now = async (): Promise<number> =>
    Number(/now=(\d+)/.exec(await shell(page, name, "echo now=$(date +%s)"))?.[1]);
  await expect.poll(async () => Math.abs((await now()) - Date.now() / 1000)).toBeLessThan(3);
  await expect.poll(() => shell(page, name, "ip -4 addr show eth0")).toMatch(/inet 192\.168\.77\./);
}

test("a stock machine starts at its shell, at home in its own devices, and from storage the next time", async ({
  page,
  baseURL,
}) => {
  await openPage(page, baseURL);
  const first = await report(page, "debian");
  expect(first).toMatchObject({ kind: "warm" });
  expect(first.kind === "warm" && first.downloadBytes).toBeGreaterThan(5e6);
  await expect(page.getByRole("button", { name: "Cold boot" })).toBeVisible();
  const visit = await answerAfterStart(page, "debian");
  await expectAtHome(page, "debian");
  await expect.poll(() => shell(page, "debian", "mount")).toMatch(/sda on \/mnt\/data/);
  await shell(page, "debian", "echo from the first >/mnt/data/note; sync");
  await expect(page.getByText("debian was started warm").first()).toBeVisible();
  await turnOff(page, "debian");

  // With the page anew and nothing from the site: the state is here, and the disk is as it was left.
  await page.route("**/images/warm/debian/**/*.gz", (route) => route.abort());
  await openPage(page, baseURL);
  expect(await report(page, "debian")).toEqual({ kind: "warm", downloadBytes: 0 });
  const again = await answerAfterStart(page, "debian");
  await expect.poll(() => shell(page, "debian", "cat /mnt/data/note")).toContain("from the first");
  await turnOff(page, "debian");
  console.info(
    `warm: answering after ${Math.round(visit)} ms with the download, ${Math.round(again)} ms from storage`,
  );
});

test("a state that cannot be had gives way to a cold boot, which says why", async ({ page, baseURL }) => {
  await page.route(parts, (route) => route.fulfill({ status: 404 }));
  await openPage(page, baseURL);
  await page.evaluate(() => tabvisor.start("debian"));
  await expect(page.getByText(/debian starts cold: its warm state cannot be had/).first()).toBeVisible();
  await page.evaluate(() => tabvisor.console("debian").waitFor(/tabvisor:[^\n]*# /, 120_000));
});

test("guests of disks start warm once, on a disk as new; the one without services on emulated devices", async ({
  page,
  baseURL,
}) => {
  await openPage(page, baseURL);
  for (const [name, disk] of [
    ["debian-disk", "debian-disk system.vhd"],
    ["debian-legacy", "debian-legacy system.vhd"],
  ] as const) {
    const millis = await answerAfterStart(page, name);
    console.info(`${name}: answering ${Math.round(millis)} ms after Start`);
    await expectAtHome(page, name);
    await shell(page, name, "echo kept >/root/kept; sync");
    await turnOff(page, name);
    expect(await report(page, name)).toMatchObject({ kind: "cold", reason: expect.stringContaining(disk) });
  }
  const legacy = page.getByRole("listitem").filter({ hasText: "debian-legacy" });
  await page.goto(`${baseURL ?? "/"}#catalogue`);
  await expect(legacy.getByText(/has been used since/)).toBeVisible();

  await page.evaluate(() => tabvisor.start("memtest"));
  await expect.poll(() => page.evaluate(() => tabvisor.screen("memtest").text())).toContain("Memtest86+");
});

import { expect, type Page } from "@playwright/test";
import { bootToShell, machine, openPage, refusedStart, shell, test, toNewShell } from "./page.ts";

/** The number a command printed last. */
function lastNumber(output: string): number {
  return Number(output.trim().split(/\s+/).at(-1));
}

/** Seconds since the guest started, as it counts them. */
async function uptime(page: Page, name: string): Promise<number> {
  return lastNumber(await shell(page, name, "cut -d' ' -f1 /proc/uptime"));
}

const button = (page: Page, name: string) =>
  page.getByRole("toolbar").getByRole("button", { name, exact: true });
const event = (page: Page, text: string | RegExp) =>
  page.getByRole("region", { name: "Events" }).getByRole("listitem").filter({ hasText: text });

/** Presses a button that asks back, and says yes. */
async function confirm(page: Page, name: string): Promise<void> {
  await button(page, name).click();
  await page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
}

test("double clicks, reloads and a second tab do no harm", async ({ page, context, baseURL }) => {
  await openPage(page, baseURL);
  await button(page, "Start").dblclick();
  await expect(event(page, /debian was started/i)).toBeVisible();
  expect(page.workers().filter((worker) => worker.url().includes("child"))).toHaveLength(1);
  await expect(page.getByRole("alert")).toHaveCount(0);

  // In the middle of the boot; the dead page's hold on the disk must not outlive it.
  await page.evaluate(() => tabvisor.console("debian").waitFor(/\S/));
  await page.reload();
  await page.evaluate(() => tabvisor.start("debian"));
  expect(await machine(page, "debian")).toMatchObject({ state: "running", trouble: null });

  const second = await context.newPage();
  await openPage(second, baseURL);
  expect(await refusedStart(second, "debian")).toMatch(
    /debian data\.vhd is in use by the virtual machine debian in another tab\. Turn it off there first/,
  );
  await expect(second.getByRole("alert").getByText("in another tab")).toBeVisible();
  // Another machine has other disks.
  await second.evaluate(() => tabvisor.start("debian-legacy"));
  await second.evaluate(() => tabvisor.stop("debian-legacy"));

  await page.evaluate(() => tabvisor.stop("debian"));
  await second.evaluate(() => tabvisor.start("debian"));
  expect(await machine(second, "debian")).toMatchObject({ state: "running", trouble: null });
  await second.close();
});

test("a machine can be turned off while it starts", async ({ page, baseURL }) => {
  // While its disk is on the way: nobody will ever answer this request.
  await page.route("**/images/data-disk/**", () => {});
  await openPage(page, baseURL);
  await button(page, "Start").click();
  await expect.poll(() => machine(page, "debian")).toMatchObject({ state: "starting" });
  await confirm(page, "Turn off");
  await expect.poll(() => machine(page, "debian")).toMatchObject({ state: "off", trouble: null });
  await page.unroute("**/images/data-disk/**");
  await openPage(page, baseURL);

  // While its warm state is on the way.
  await page.route("**/images/warm/debian/pages/*.gz", () => {});
  const fetching = page.waitForRequest("**/images/warm/debian/pages/*.gz");
  await button(page, "Start").click();
  await fetching;
  await confirm(page, "Turn off");
  await expect.poll(() => machine(page, "debian")).toMatchObject({ state: "off", trouble: null });
  await page.unroute("**/images/warm/debian/pages/*.gz");
  await openPage(page, baseURL);

  // While its worker fetches the kernel.
  const asked = page.waitForRequest("**/images/vmlinux.gz");
  await page.route("**/images/vmlinux.gz", () => {});
  const refusal = refusedStart(page, "debian");
  await asked;
  await page.evaluate(() => tabvisor.stop("debian"));
  expect(await refusal).toMatch(/turned off before it had started/);
  expect(await machine(page, "debian")).toMatchObject({ state: "off", trouble: null });
  await page.unroute("**/images/vmlinux.gz");
  await expect(page.getByRole("alert")).toHaveCount(0);

  // At once, in one breath.
  const both = page.evaluate(async () => {
    const start = tabvisor.start("debian").catch((failure: Error) => failure.message);
    await new Promise((resolve) => setTimeout(resolve));
    await tabvisor.stop("debian");
    return start;
  });
  expect(await both).toMatch(/turned off before it had started/);
  await page.evaluate(() => tabvisor.start("debian"));
  expect(await machine(page, "debian")).toMatchObject({ state: "running", trouble: null });
});

test("pause stands still, a panic is told, reset and power off work", async ({ page, baseURL }) => {
  await openPage(page, baseURL);
  await bootToShell(page, "debian");

  const up = await uptime(page, "debian");
  await button(page, "Pause").click();
  await expect(button(page, "Resume")).toBeVisible();
  const before = Date.now();
  await page.evaluate(() => tabvisor.console("debian").send("echo typed while paused\n"));
  // The one thing here that is about time: a pause must last to be seen.
  await expect.poll(() => Date.now() - before, { timeout: 10_000 }).toBeGreaterThan(6_000);
  expect(await page.evaluate(() => tabvisor.console("debian").text())).not.toContain(
    "typed while paused\r\ntyped",
  );
  await button(page, "Resume").click();
  await expect(button(page, "Pause")).toBeVisible();
  const passed = (Date.now() - before) / 1000;
  expect((await uptime(page, "debian")) - up).toBeLessThan(passed - 3);

  await page.evaluate(() => tabvisor.console("debian").send("echo c > /proc/sysrq-trigger\n"));
  await expect(event(page, /guest of debian crashed.*(sysrq triggered crash|Kernel Offset)/s)).toBeVisible();
  await toNewShell(page, "debian", () => confirm(page, "Reset"));

  await page.evaluate(() => tabvisor.console("debian").send("poweroff\n"));
  await expect(event(page, "The guest of debian turned the machine off")).toBeVisible();
  expect(await machine(page, "debian")).toMatchObject({ state: "off", trouble: null });
});

test("everything works from the keyboard, on a narrow screen, by day and by night", async ({
  page,
  baseURL,
}, testInfo) => {
  await openPage(page, baseURL);
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-machine-row") ?? "");
  for (let tabs = 0; (await focused()) === "" && tabs < 12; tabs++) await page.keyboard.press("Tab");
  const first = await focused();
  expect(first).not.toBe("");
  await page.keyboard.press("ArrowDown");
  expect(await focused()).not.toBe(first);
  await page.keyboard.press("Home");
  expect(await focused()).toBe(first);
  await page.keyboard.press("Enter");
  await expect(button(page, "Start")).toBeFocused();
  await page.keyboard.press("Enter");
  await page.evaluate(() => tabvisor.console("debian").waitFor(/tabvisor:[^\n]*# /, 120_000));

  const terminal = page.getByRole("region", { name: "Serial console of debian" }).getByRole("textbox");
  for (let tabs = 0; tabs < 12; tabs++) {
    if (await terminal.evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press("Tab");
  }
  await expect(terminal).toBeFocused();
  await page.keyboard.type("echo $((6 * 7)) answers\n");
  await page.evaluate(() => tabvisor.console("debian").waitFor(/42 answers/));
  await page.keyboard.press("F6");
  expect(await focused()).toBe(first);

  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: testInfo.outputPath(`${colorScheme}.png`) });
  }
  await page.setViewportSize({ width: 360, height: 740 });
  await page.screenshot({ path: testInfo.outputPath("narrow.png"), fullPage: true });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});

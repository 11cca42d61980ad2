import { expect } from "@playwright/test";
import { bootToShell, openPage, shell, test } from "./page.ts";

test("two machines run side by side, and the end of one worker hurts only its own", async ({
  page,
  baseURL,
}) => {
  await openPage(page, baseURL);
  await Promise.all([bootToShell(page, "debian"), bootToShell(page, "debian-legacy")]);
  expect(await shell(page, "debian-legacy", "ls /sys/bus")).not.toContain("vmbus");

  const worker = page.workers().find((one) => one.url().includes("child"));
  if (worker === undefined) throw new Error("no child worker");
  // An exception nobody catches ends what the worker does, as an engine bug would.
  await Promise.all(
    page
      .workers()
      .filter((one) => one.url().includes("child"))
      .slice(0, 1)
      .map((one) =>
        one.evaluate(() => {
          setTimeout(() => {
            throw new Error("killed by the test");
          });
        }),
      ),
  );
  await expect
    .poll(() =>
      page.evaluate(() => tabvisor.vms().filter((vm) => vm.state === "off" && vm.trouble !== null).length),
    )
    .toBe(1);
  const trouble = await page.evaluate(() => tabvisor.vms().find((vm) => vm.trouble !== null));
  expect(trouble?.trouble).toContain("killed by the test");
  await expect(page.getByText(/ended unexpectedly/).first()).toBeVisible();

  const survivor = trouble?.name === "debian" ? "debian-legacy" : "debian";
  expect(await shell(page, survivor, "echo still $((40 + 2))")).toContain("still 42");
  // The page starts the dead one again.
  await bootToShell(page, trouble?.name ?? "");
});

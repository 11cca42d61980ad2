import { expect } from "@playwright/test";
import { bootToShell, machine, openPage, shell, test } from "./page.ts";

test("a saved machine goes on after a reload, at the very shell", async ({ page, baseURL }) => {
  await openPage(page, baseURL);
  await bootToShell(page, "debian");
  await shell(page, "debian", "kept=still-here; (while sleep 0.2; do echo tick >>/tmp/ticks; done) & true");
  const saved = await page.evaluate(async () => {
    const began = performance.now();
    await tabvisor.save("debian");
    return performance.now() - began;
  });
  expect((await machine(page, "debian"))?.state).toBe("saved");

  await page.reload();
  await page.evaluate(() => tabvisor.ready);
  expect((await machine(page, "debian"))?.state).toBe("saved");
  const restored = await page.evaluate(async () => {
    const began = performance.now();
    const console = tabvisor.console("debian");
    await tabvisor.start("debian");
    console.send("echo $((40 + 2))-$kept\n");
    await console.waitFor(/42-still-here/, 60_000);
    return performance.now() - began;
  });
  console.info(`saved in ${Math.round(saved)} ms, answering ${Math.round(restored)} ms after Start`);
  // The shell's own signs stand around the number.
  const ticks = async (): Promise<number> => {
    const output = await shell(page, "debian", "echo ticks=$(wc -l </tmp/ticks)");
    return Number(/ticks=(\d+)/.exec(output)?.[1]);
  };
  // It may have been saved before the first.
  await expect.poll(ticks).toBeGreaterThan(0);
  const before = await ticks();
  await expect.poll(ticks).toBeGreaterThan(before);
});

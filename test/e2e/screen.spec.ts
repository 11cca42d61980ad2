import { expect, type Page } from "@playwright/test";
import { displaySector, sectorColour, sectorText } from "../lab/display-sector.ts";
import { bootToShell, openPage, shell, test } from "./page.ts";

test("a machine's screen: text, VBE graphics and the synthetic one, beside its serial console", async ({
  page,
  baseURL,
}, testInfo) => {
  const picture = (name: string) =>
    page.locator(".machine-screen").screenshot({ path: testInfo.outputPath(`${name}.png`) });
  const device = page.locator("[data-screen-device]");
  await openPage(page, baseURL);

  await page.locator("[data-machine-row]", { hasText: "own-disk" }).click();
  const disk = Buffer.alloc(2 ** 20);
  disk.set(displaySector());
  await page.locator(".own-disk input[type=file]").setInputFiles({
    name: "modes.img",
    mimeType: "application/octet-stream",
    buffer: disk,
  });
  await page.evaluate(async (words) => {
    const console = tabvisor.console("own-disk");
    // The picked file is taken in first.
    for (let tries = 0; tries < 100; tries++) {
      const started = await tabvisor.start("own-disk").then(
        () => true,
        () => false,
      );
      if (started) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await console.waitFor(new RegExp(words), 60_000);
  }, "<text>");
  await expect(device).toHaveText("Emulated VGA, text 80×25");
  // What a screen reader hears.
  await expect(page.locator("[data-screen-text]")).toContainText(sectorText);
  await picture("text");
  expect(await page.evaluate(() => tabvisor.screen("own-disk").text())).toContain(`${sectorText}\n`);

  await page.evaluate(async () => {
    const console = tabvisor.console("own-disk");
    console.send("x");
    await console.waitFor(/<vbe>/);
  });
  await expect(device).toHaveText("Emulated VGA, 640×480, 32 bits");
  await expect.poll(() => page.evaluate(colourOnPage)).toEqual([...sectorColour]);
  await picture("vbe");
  await page.evaluate(() => tabvisor.stop("own-disk"));

  await page.locator("[data-machine-row]", { hasText: /^debian(?!-)/ }).click();
  await bootToShell(page, "debian");
  await page.getByRole("button", { name: "Screen", exact: true }).click();
  await expect(device).toHaveText("Synthetic video, 1024×768");
  await shell(
    page,
    "debian",
    "printf '\\033[2J\\033[44m\\033[2JTabvisor on the synthetic screen\\n' >/dev/tty1",
  );
  await expect.poll(() => page.evaluate(colourOnPage)).toEqual([0, 0, 0xaa]);
  await picture("synthetic");
  await expect(page.locator("[data-screen-text]")).toContainText("The serial console beside it");
  const [type, bytes] = await page.evaluate(async () => {
    const png = await tabvisor.screen("debian").png();
    return [png.type, png.size];
  });
  expect(type).toBe("image/png");
  expect(bytes).toBeGreaterThan(1000);
  await page.getByRole("button", { name: "Serial console", exact: true }).click();
  await expect(page.getByRole("region", { name: "Serial console of debian" })).toBeVisible();
  await followKey(page);
});

/** What happened when I typed that: a key's way through the architecture, drawn from what the threads told. */
async function followKey(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Architecture" }).click();
  const box = (name: string) => page.locator(`[data-arch-box^="${name}"]`);
  await expect(box("guestBus ")).toContainText("version 5.");
  await expect(box("vp ")).toContainText("intercepts");
  const type = page.locator(".arch-type");
  await type.getByLabel("By").selectOption("Keyboard and screen");
  await type.getByRole("textbox").fill("id");
  await type.getByRole("button").click();
  await page.getByLabel("Show", { exact: true }).selectOption("What you did");
  await page.locator("[data-arch-flow=key]", { hasText: "Text typed: i" }).first().click();
  const steps = page.locator(".arch-steps");
  for (const words of [
    "The page calls typeText",
    "Leaves the parent on channel",
    "Written into the guest's ring of channel",
    "SynIC: the event flag of channel",
    "The local APIC is asked for vector",
  ])
    await expect(steps).toContainText(words);
  // Its numbers are those of the boxes that it went through.
  await expect(box("console").locator(".arch-badge")).toBeVisible();
  await page.getByText("All lines, as a table").click();
  const rings = page.locator(".arch-all-lines tr", { hasText: "Disk packets" }).last();
  await expect(rings.locator("td").last()).toHaveText(/[1-9]/);
}

/** The colour of a pixel near the upper right corner of the canvas that the machine draws into. */
function colourOnPage(): readonly number[] {
  const canvas = document.querySelector<HTMLCanvasElement>("canvas[data-screen]");
  if (canvas === null || canvas.width === 0) return [];
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext("2d");
  context?.drawImage(canvas, 0, 0);
  return [...(context?.getImageData(copy.width - 4, 4, 1, 1).data ?? [])].slice(0, 3);
}

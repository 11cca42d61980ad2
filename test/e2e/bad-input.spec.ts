import { readFileSync } from "node:fs";
import { expect, type Page, type Route } from "@playwright/test";
import { bootToShell, machine, openPage, prepend, refusedStart, shell, silence, test } from "./page.ts";

/** A file of the site as it lies on the server, packed. */
const built = (path: string) => readFileSync(`public/${path}`);
const kernel = "**/images/vmlinux.gz";
const startPage = (route: Route) =>
  route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Welcome</title>" });

/** A start is refused with a sentence: the call rejects with it and the page shows it. The machine stays off. */
async function expectRefusal(page: Page, name: string, sentence: RegExp): Promise<void> {
  const said = await refusedStart(page, name);
  expect(said).toMatch(sentence);
  expect(await machine(page, name)).toMatchObject({ state: "off", trouble: said });
  await page.getByRole("row", { name }).first().click();
  await expect(page.getByRole("alert").filter({ hasText: said })).toBeVisible();
}

/** Nothing can run: the whole page says why, and every call rejects with the same sentence. */
async function expectFailure(page: Page, sentence: RegExp): Promise<void> {
  const alert = page.getByRole("alert");
  await expect(alert).toContainText(sentence);
  const title = await alert.getByRole("heading").textContent();
  expect(await refusedStart(page, "debian")).toBe(title?.trim());
  await expect(page.getByRole("button", { name: "Load the page again" })).toBeVisible();
}

test("an image that is missing or damaged is named, and a mended one starts", async ({ page, baseURL }) => {
  await openPage(page, baseURL);
  const answers: readonly (readonly [RegExp, (route: Route) => Promise<void>])[] = [
    [/vmlinux\.gz could not be loaded .*404.*npm run images/, (route) => route.fulfill({ status: 404 })],
    [/vmlinux\.gz could not be loaded .*sent a page instead.*npm run images/, startPage],
    [/vmlinux\.gz could not be loaded .*npm run images/, (route) => route.abort()],
    [
      /vmlinux\.gz is damaged.*npm run images/,
      (route) => route.fulfill({ body: built("images/vmlinux.gz").subarray(0, 100_000) }),
    ],
    [/kernel is no Linux kernel/, (route) => route.fulfill({ body: Buffer.alloc(4096, "no kernel") })],
  ];
  for (const [sentence, answer] of answers) {
    await page.route(kernel, answer);
    await expectRefusal(page, "debian", sentence);
    await page.unroute(kernel);
  }
  await page.evaluate(() => tabvisor.start("debian"));
  expect(await machine(page, "debian")).toMatchObject({ state: "running", trouble: null });
});

test("a stock disk that cannot be fetched is refused, and used when it can be", async ({ page, baseURL }) => {
  const image = "**/images/data-disk/**";
  await page.route(image, (route) => route.fulfill({ status: 404 }));
  await openPage(page, baseURL);
  await expectRefusal(page, "debian", /data-disk\/index\.json could not be loaded/);
  await page.unroute(image);

  await page.route("**/images/data-disk/index.json", (route) => route.fulfill({ body: '{"format":1}' }));
  await expectRefusal(page, "debian", /data-disk\/index\.json is damaged/);
  await page.unroute("**/images/data-disk/index.json");

  await page.evaluate(() => tabvisor.start("debian"));
  expect(await machine(page, "debian")).toMatchObject({ state: "running", trouble: null });
});

test("without a sound engine the page says so", async ({ page, baseURL }) => {
  const core = "**/engine/core.wasm";
  const answers: readonly (readonly [RegExp, (route: Route) => Promise<void>])[] = [
    [/emulator is missing .*404.*npm run wasm/, (route) => route.fulfill({ status: 404 })],
    [/emulator is missing .*sent a page instead.*npm run wasm/, startPage],
    [/emulator could not be loaded .*npm run wasm/, (route) => route.abort()],
    [
      /emulator is damaged .*npm run wasm/,
      (route) => route.fulfill({ body: Buffer.from("\0asm and no more") }),
    ],
  ];
  for (const [sentence, answer] of answers) {
    await page.route(core, answer);
    await page.goto(baseURL ?? "/");
    await expectFailure(page, sentence);
    await page.unroute(core);
  }
});

test("a browser without WebAssembly is told how to allow it", async ({ page, baseURL }) => {
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, "WebAssembly"));
  await page.goto(baseURL ?? "/");
  await expectFailure(page, /WebAssembly switched off/);
  await expect(page.getByRole("alert")).toContainText("Allow WebAssembly for this site");
});

test("a machine that does not fit into the device's memory is refused", async ({ page, baseURL }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "deviceMemory", { value: 0.25 }));
  await openPage(page, baseURL);
  await page.evaluate(() => tabvisor.start("debian"));
  await page.getByRole("row", { name: "own-disk" }).click();
  await page.getByLabel("Disk image").setInputFiles({
    name: "small.img",
    mimeType: "application/octet-stream",
    buffer: Buffer.alloc(512, 1),
  });
  await expect(page.getByText("Took in small.img").first()).toBeVisible();
  await expectRefusal(page, "own-disk", /needs 256 MB, 128 MB available\. Turn off another one/);

  await page.evaluate(() => tabvisor.stop("debian"));
  await page.evaluate(() => tabvisor.start("own-disk"));
  expect(await machine(page, "own-disk")).toMatchObject({ state: "running", trouble: null });
});

test("without browser storage machines run on disks in memory, and the page says so", async ({
  page,
  baseURL,
}) => {
  await prepend(
    page,
    "parent.worker",
    `navigator.storage.getDirectory = () => Promise.reject(new Error("storage is blocked here"));`,
  );
  await openPage(page, baseURL);
  await expect(page.getByRole("complementary", { name: "Storage" })).toContainText(
    /Disks live in memory only\. Storage is blocked here\..*allow site data/,
  );
  await bootToShell(page, "debian");
  await shell(page, "debian", "until [ -b /dev/sda ]; do sleep 1; done");
  await shell(page, "debian", "echo kept in memory | dd of=/dev/sda seek=100000 conv=notrunc,fsync");
  await shell(page, "debian", "echo 3 > /proc/sys/vm/drop_caches");
  expect(await shell(page, "debian", "dd if=/dev/sda skip=100000 count=1")).toContain("kept in memory");
  await expect(page.getByText("in memory only").last()).toBeVisible();
});

test.describe("a worker that never answers", () => {
  test("the parent: the page gives up after its patience", async ({ page, baseURL }) => {
    await silence(page, "parent.worker");
    await page.clock.install();
    await page.goto(baseURL ?? "/");
    await expect(page.getByText("Starting the parent partition")).toBeVisible();
    await page.clock.runFor(21_000);
    await expectFailure(page, /management service does not answer/);
  });

  test("a child: the machine is ended, and the next start works", async ({ page, baseURL }) => {
    await silence(page, "child.worker");
    await page.clock.install();
    await openPage(page, baseURL);
    const spawned = page.waitForEvent("worker", (worker) => worker.url().includes("child.worker"));
    const refusal = refusedStart(page, "debian");
    await spawned;
    await page.clock.runFor(32_000);
    expect(await refusal).toMatch(/stopped answering.*did not become ready within 30 seconds/);
    await expect(page.getByRole("alert").filter({ hasText: "stopped answering" })).toBeVisible();

    await page.unroute("**/assets/child.worker-*.js");
    await page.evaluate(() => tabvisor.start("debian"));
    expect(await machine(page, "debian")).toMatchObject({ state: "running", trouble: null });

    // A worker that goes silent later is called so first, and ended after a minute.
    await page
      .workers()
      .find((worker) => worker.url().includes("child.worker"))
      ?.evaluate(() => self.close());
    await page.clock.runFor(12_000);
    await expect(page.getByText("debian does not respond").first()).toBeVisible();
    await page.clock.runFor(60_000);
    await expect.poll(() => machine(page, "debian")).toMatchObject({ state: "off" });
    expect((await machine(page, "debian"))?.trouble).toMatch(/stopped answering.*no sign of life/);
  });

  test("a parent that stops later: the page says so and offers a new start", async ({ page, baseURL }) => {
    await openPage(page, baseURL);
    await page
      .workers()
      .find((worker) => worker.url().includes("parent.worker"))
      ?.evaluate(() => {
        setTimeout(() => {
          throw new Error("killed by the test");
        });
      });
    await expectFailure(page, /management service stopped: .*killed by the test/);
  });
});

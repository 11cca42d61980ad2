import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, test as base, chromium, type Page, type TestInfo } from "@playwright/test";
import type { Automation } from "../../src/ui/automation.ts";

declare global {
  var tabvisor: Automation;
}

const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

/** A browser of its own. Disposing closes it and forgets what it kept. */
export interface Browser extends AsyncDisposable {
  readonly context: BrowserContext;
}

/** Starts a browser with a profile of its own on disk: storage behaves as a visitor's does, unlike in private mode. */
export async function openBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), "tabvisor-profile-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: [
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
    ],
    viewport: { width: 1280, height: 800 },
  });
  return {
    context,
    async [Symbol.asyncDispose]() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Each test in a browser of its own. */
export const test = base.extend<{ context: BrowserContext; page: Page }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs from this pattern
  context: async ({}, use) => {
    const browser = await openBrowser();
    await use(browser.context);
    await browser[Symbol.asyncDispose]();
  },
  page: async ({ context }, use) => {
    await use(context.pages()[0] ?? (await context.newPage()));
  },
});

/** Opens the page and waits until machines can be started. */
export async function openPage(page: Page, url: string | undefined): Promise<void> {
  await page.goto(url ?? "/");
  await page.evaluate(() => tabvisor.ready);
}

/** Starts a machine, warm where that can be unless told otherwise, and waits for its shell. */
export async function bootToShell(
  page: Page,
  name: string,
  options: { readonly cold?: boolean } = {},
): Promise<void> {
  await page.evaluate(
    async ([vm, how]) => {
      const console = tabvisor.console(vm);
      // The prompt of an earlier start does not count.
      await console.waitFor(/[\s\S]*/);
      await tabvisor.start(vm, how);
      await console.waitFor(/tabvisor:[^\n]*# /, 240_000);
    },
    [name, options] as const,
  );
}

/** Does what makes a running machine start again, and waits for its new shell. */
export async function toNewShell(page: Page, name: string, action: () => Promise<void>): Promise<void> {
  const fresh = await page.evaluateHandle((vm) => tabvisor.console(vm), name);
  await fresh.evaluate((console) => console.waitFor(/[\s\S]*/));
  await action();
  await fresh.evaluate((console) => console.waitFor(/tabvisor:[^\n]*# /, 240_000));
}

/** Types a command at the shell and answers what it printed. */
export function shell(page: Page, name: string, command: string, timeoutMs = 60_000): Promise<string> {
  return page.evaluate(
    async ([vm, line, timeout]) => {
      const console = tabvisor.console(vm);
      // What was printed before is none of this command's.
      await console.waitFor(/[\s\S]*/);
      const mark = `mark${Math.random().toString(36).slice(2)}`;
      // The typed line holds the mark in two halves, so only its output matches.
      console.send(`${line}; echo ${mark.slice(0, 4)}""${mark.slice(4)}\n`);
      const output = await console.waitFor(new RegExp(`[^]*${mark}`), timeout);
      return output.slice(output.indexOf("\n") + 1, output.lastIndexOf(mark));
    },
    [name, command, timeoutMs] as const,
  );
}

/** Asks for a cold start that must fail. Answers the sentence of the refusal. */
export function refusedStart(page: Page, name: string): Promise<string> {
  return page.evaluate(
    (vm) =>
      tabvisor.start(vm, { cold: true }).then(
        () => "it started",
        (failure: unknown) => (failure instanceof Error ? failure.message : String(failure)),
      ),
    name,
  );
}

/** The state a machine is in, and what troubles it. */
export function machine(page: Page, name: string) {
  return page.evaluate((vm) => tabvisor.vms().find((one) => one.name === vm), name);
}

/** Serves a script of the built site with something before its first line. */
export async function prepend(page: Page, script: string, line: string): Promise<void> {
  await page.route(`**/assets/${script}-*.js`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${line}\n${await response.text()}` });
  });
}

/** Serves an empty program in place of a worker's. */
export function silence(page: Page, script: string): Promise<unknown> {
  return page.route(`**/assets/${script}-*.js`, async (route) => {
    // With the headers of the real one: an isolated page starts no worker without them.
    await route.fulfill({ response: await route.fetch(), body: "" });
  });
}

/** A place on the first SCSI controller. */
export const scsi = (location: number) => ({ controller: "SCSI", number: 0, location }) as const;

/** What a job says, or the sentence it fails with. */
export function runJob(page: Page, request: Parameters<typeof tabvisor.disks.run>[0]): Promise<string> {
  return page.evaluate(
    (wanted) =>
      tabvisor.disks.run(wanted).then(
        (lines) => lines.join("\n"),
        (failure: Error) => failure.message,
      ),
    request,
  );
}

/** Saves a disk as a visitor would. Answers the path of the saved file. */
export async function download(page: Page, name: string, testInfo: TestInfo): Promise<string> {
  const arriving = page.waitForEvent("download");
  await page.evaluate((disk) => tabvisor.disks.download(disk), name);
  const saved = await arriving;
  const path = testInfo.outputPath(saved.suggestedFilename());
  await saved.saveAs(path);
  return path;
}

// @ts-check
// The built site with the peer's files beside it, and a browser that has it open.
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "@playwright/test";
import { build, preview } from "vite";
import { ensureImages } from "../../images/build.mjs";
import { ensureCore } from "../../wasm/build.mjs";

const here = import.meta.dirname;
/** What is served. */
export const folder = resolve("node_modules/.cache/tabvisor-bench");

const crowdedCatalogue = join(here, "page/catalogue.ts");
/** The catalogue with the machines of `idle-8` in it; the rest of the page is as it is shipped. */
const moreMachines = {
  name: "tabvisor-bench-machines",
  enforce: /** @type {const} */ ("pre"),
  /** @param {string} source @param {string | undefined} importer */
  resolveId: (source, importer) =>
    source.endsWith("/catalogue.ts") && importer !== crowdedCatalogue ? crowdedCatalogue : null,
};

/** Builds what is missing, then the site and the peer's worker. */
export async function buildSite() {
  await ensureCore();
  const images = await ensureImages();
  if (images.kind === "missing") throw new Error(`${images.what.join(", ")}: ${images.wayOut}`);
  await build({
    logLevel: "error",
    build: { outDir: folder, emptyOutDir: true },
    worker: { format: "es", plugins: () => [moreMachines] },
  });
  for (const [name, entry] of [
    ["guests.js", "page/guests.ts"],
    ["peer.worker.js", "page/peer.worker.ts"],
  ]) {
    await build({
      configFile: false,
      logLevel: "error",
      publicDir: false,
      build: {
        target: "es2023",
        outDir: join(folder, "bench"),
        emptyOutDir: false,
        // The package is minified already: it stays as its makers shipped it.
        minify: false,
        lib: { entry: join(here, entry ?? ""), formats: ["es"], fileName: () => name ?? "" },
      },
    });
  }
  cpSync("node_modules/v86/build/v86.wasm", join(folder, "bench/v86.wasm"));
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/**
 * What every peer is built from: the kernel parameters that the images name for a direct boot, and v86's own
 * setting of ACPI. With it on, its BIOS describes a hot-plug bus, from which Linux then removes every PCI device, the
 * disk controller included.
 */
export function plainPeer() {
  /** @type {{ artefacts: { key: string, commandLine?: string }[] }} */
  const manifest = JSON.parse(readFileSync("public/images/manifest.json", "utf8"));
  const commandLine = manifest.artefacts.find(({ key }) => key === "vmlinuz")?.commandLine;
  if (commandLine === undefined) throw new Error("the manifest of the images names no kernel parameters");
  return { commandLine, disk: "images/data-disk.img.gz", acpi: false };
}

/**
 * Serves the site and starts a browser with a profile of its own on disk: in private mode OPFS is slow.
 *
 * @returns {Promise<{ open(query: string): Promise<import("@playwright/test").Page>, profile: string, close(): Promise<void> }>}
 */
export async function openSite() {
  const port = await freePort();
  const server = await preview({
    build: { outDir: folder },
    preview: { host: "127.0.0.1", port, strictPort: true },
  });
  const profile = mkdtempSync(join(tmpdir(), "tabvisor-bench-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
    ],
    viewport: { width: 1280, height: 800 },
  });
  return {
    profile,
    /** Opens the page in place of the one before. */
    async open(query) {
      const page = context.pages()[0] ?? (await context.newPage());
      await page.goto(`http://127.0.0.1:${port}/${query}`);
      await page.evaluate(() => tabvisor.ready);
      await page.addScriptTag({ type: "module", url: `http://127.0.0.1:${port}/bench/guests.js` });
      await page.waitForFunction(() => "tabvisorBench" in globalThis);
      return page;
    },
    async close() {
      await context.close();
      await server.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

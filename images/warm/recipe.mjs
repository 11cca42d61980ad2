// @ts-check
// Warm states: each machine of the site is started here as the page starts it, and saved when its guest waits at the
// shell. A visitor's machine goes on from there. Nothing comes from packages, but our own code has to be here.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readManifest } from "../workshop/manifest.mjs";
import { cutIntoParts } from "../workshop/parts.mjs";
import { BuildFailure } from "../workshop/run.mjs";

/** In the order in which they are taken, two at a time: the one that takes longest comes first. */
const machines = ["debian-legacy", "debian", "debian-disk", "memtest"];
const atOnce = 2;

/** What decides how a machine is saved, beside the images it starts from. */
const rooms = ["hal/v86", "hvdef", "hypervisor", "support", "vid", "vmbus", "vmwp", "vsp"];
const parts = ["catalogue.ts", "machine-services.ts", "saved", "services.ts", "warm"];

/** @type {import("../workshop/recipes.mjs").Recipe} */
export const recipe = {
  name: "warm",
  needs: ["firmware", "kernel", "initramfs", "system-disk", "legacy-disk", "memtest"],
  ingredients: [
    "warm",
    "workshop/parts.mjs",
    "../wasm",
    "../node_modules/v86/package.json",
    ...rooms.map((room) => `../src/${room}`),
    ...parts.map((part) => `../src/vmms/${part}`),
  ],
  tools: [],
  fromPackages: false,
  async build({ scratch, publicFolder }) {
    // Not at the top: a container has only the images folder.
    const { ensureCore } = await import("../../wasm/build.mjs");
    await ensureCore();
    const bundle = await bundleTaker(scratch);
    /** @type {import("../workshop/recipes.mjs").Product[]} */
    const products = [];
    const waiting = [...machines];
    const takeNext = async () => {
      for (let machine = waiting.shift(); machine !== undefined; machine = waiting.shift()) {
        const target = join(scratch, machine);
        await run(process.execPath, [bundle, machine, publicFolder, target]);
        products.push(...productsOf(machine, target, publicFolder));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, takeNext));
    return products.sort((one, other) => (one.key < other.key ? -1 : 1));
  },
};

/** @param {string} scratch @returns {Promise<string>} a program for Node, made of our TypeScript */
async function bundleTaker(scratch) {
  const { build } = await import("vite");
  const entry = new URL("take.ts", import.meta.url).pathname;
  const outDir = join(scratch, "bundle");
  const ssr = { ssr: entry, outDir, target: "node20" };
  await build({ configFile: false, publicDir: false, logLevel: "error", build: ssr });
  return join(outDir, "take.js");
}

/** @param {string} program @param {readonly string[]} parameters @returns {Promise<void>} */
function run(program, parameters) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (piece) => {
      errors = `${errors}${piece}`.slice(-4000);
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0) resolve();
      else reject(new BuildFailure(`a warm state could not be taken: ${errors.trim()}`));
    });
  });
}

/**
 * @param {string} machine @param {string} folder where it was taken @param {string} publicFolder
 * @returns {import("../workshop/recipes.mjs").Product[]}
 */
function productsOf(machine, folder, publicFolder) {
  const { disks, files } = JSON.parse(readFileSync(join(folder, "taken.json"), "utf8"));
  const made = readManifest(publicFolder).artefacts.filter(({ file }) => files.includes(file));
  const packages = new Map(made.flatMap(({ sources }) => sources).map((source) => [source.package, source]));
  const sources = [...packages.values()].map(({ package: name, version, architecture, sha256 }) => {
    return { name, version, architecture, sha256 };
  });
  let bytes = 0;
  const cut = (/** @type {string} */ file, /** @type {string} */ part, /** @type {string} */ purpose) => {
    const { index, parts } = cutIntoParts(readFileSync(join(folder, file)), `images/warm/${machine}/${part}`);
    bytes += index.bytes.length + parts.reduce((sum, one) => sum + one.bytes.length, 0);
    return { key: `warm-${machine}-${part}`, kind: "disk-parts", ...index, parts, purpose, sources };
  };
  const pages = cut("pages.bin", "pages", `memory of the guest of ${machine} at its shell`);
  const devices = cut("devices.vsv", "devices", `processor and devices of ${machine} likewise`);
  /** @type {readonly { name: string, file: string }[]} */
  const mounted = disks;
  const kept = mounted.map(({ name, file }, place) => ({
    name,
    product: cut(file, `disk${place}`, `what ${machine} has written to ${name} until then`),
  }));
  const id = createHash("sha256").update(pages.bytes).update(devices.bytes).digest("hex").slice(0, 32);
  const descriptor = {
    format: 1,
    id,
    bytes,
    images: made.map(({ file, sha256 }) => ({ path: file, sha256 })),
    pages: pages.file,
    devices: devices.file,
    disks: kept.map(({ name, product }) => ({ name, index: product.file })),
  };
  const text = Buffer.from(`${JSON.stringify(descriptor, undefined, 1)}\n`);
  const state = {
    key: `warm-${machine}`,
    kind: "warm-state",
    file: `images/warm/${machine}/state.json`,
    purpose: `what the warm state of ${machine} is made of`,
    bytes: text,
    sources,
  };
  return [pages, devices, ...kept.map(({ product }) => product), state];
}

/** @returns {boolean} our own code and what builds it are here: a container that builds images has neither */
export function canTakeStates() {
  const top = new URL("../..", import.meta.url).pathname;
  return ["src/vmms", "wasm", "node_modules/vite", "node_modules/v86"].every((path) =>
    existsSync(join(top, path)),
  );
}

// @ts-check
// Builds the firmware, kernel and disk images into public/. Run it, or import ensureImages.
//
//   node images/build.mjs                  everything that is missing or whose recipe changed
//   node images/build.mjs --only kernel    just that recipe and what it needs (repeatable)
//   node images/build.mjs --force          build even what is up to date
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isInstalled, openHostTools } from "./workshop/host-tools.mjs";
import { holdLock } from "./workshop/lock.mjs";
import { describeProduct, isPresent, manifestFile, readManifest } from "./workshop/manifest.mjs";
import { openPackageStore } from "./workshop/packages.mjs";
import { removeOtherParts } from "./workshop/parts.mjs";
import { recipeHash, recipes } from "./workshop/recipes.mjs";
import { BuildFailure } from "./workshop/run.mjs";

/** @typedef {import("./workshop/recipes.mjs").Recipe} Recipe */

const home = dirname(fileURLToPath(import.meta.url));
const publicFolder = join(home, "../public");
const cache = join(home, ".cache");

/**
 * @typedef {{ kind: "ready", built: string[] } | { kind: "missing", what: string[], wayOut: string }} ImagesOutcome
 *   `built`: names of the recipes that had to be built; `what`: one sentence per thing that is missing.
 * @typedef {{ only?: readonly string[], force?: boolean, say?: (line: string) => void }} ImagesOptions
 */

/**
 * Makes sure that every image is there and fits its recipe; builds what is not. A machine that
 * cannot build images is an answer, not an exception.
 *
 * @param {ImagesOptions} [options] `only`: recipe names; `say` receives progress lines (default: console.log)
 * @returns {Promise<ImagesOutcome>}
 */
export async function ensureImages({ only, force = false, say = console.log } = {}) {
  const unknown = only?.find((name) => !recipes.some((recipe) => recipe.name === name));
  if (unknown !== undefined) {
    const names = recipes.map(({ name }) => name).join(", ");
    return {
      kind: "missing",
      what: [`There is no image recipe ${unknown}.`],
      wayOut: `Choose from: ${names}.`,
    };
  }
  const wanted = select(only);
  if (!force && wanted.every(isFresh)) return { kind: "ready", built: [] };
  const asksPackages = wanted.some((recipe) => recipe.fromPackages !== false && (force || !isFresh(recipe)));
  const programs = asksPackages ? ["apt-get", "dpkg-deb", "dpkg"] : [];
  const absent = programs.filter((name) => !isInstalled(name));
  if (absent.length > 0) {
    const what = absent.map(
      (name) => `The program ${name} is missing, and images are built from Debian packages.`,
    );
    return { kind: "missing", what, wayOut: containerWayOut };
  }
  try {
    return { kind: "ready", built: await buildStale(wanted, { force, say }) };
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    return { kind: "missing", what: [sentence(error.message)], wayOut: failedWayOut };
  }
}

const containerCommands = [
  "docker build -t tabvisor-images -f images/Containerfile images",
  'docker run --rm --user "$(id -u):$(id -g)" -v "$PWD/public:/tabvisor/public" tabvisor-images',
].join(" && ");
const containerWayOut = `Build them in a container: ${containerCommands}`;
const failedWayOut = `Check the network and the Debian package sources of this machine and try again, or build in a container: ${containerCommands}`;

/**
 * @param {readonly string[] | undefined} only
 * @returns {Recipe[]} the named recipes and all they need, in building order
 */
function select(only) {
  if (only === undefined) return [...recipes];
  const names = new Set(only);
  for (const recipe of [...recipes].reverse()) {
    if (names.has(recipe.name)) for (const need of recipe.needs) names.add(need);
  }
  return recipes.filter(({ name }) => names.has(name));
}

/** @param {Recipe} recipe @returns {boolean} its artefacts are there and were made by this very recipe */
function isFresh(recipe) {
  const made = readManifest(publicFolder).artefacts.filter((artefact) => artefact.recipe === recipe.name);
  const hash = recipeHash(recipe, home);
  return (
    made.length > 0 &&
    made.every((artefact) => artefact.recipeHash === hash && isPresent(publicFolder, artefact))
  );
}

/**
 * @param {Recipe[]} wanted
 * @param {{ force: boolean, say: (line: string) => void }} options
 * @returns {Promise<string[]>} names of the recipes built
 */
async function buildStale(wanted, { force, say }) {
  mkdirSync(cache, { recursive: true });
  const release = await holdLock(join(cache, "lock"), () => say("images: waiting for another build to end"));
  try {
    removeHalves();
    // Asked again under the lock: another process may just have built them.
    const stale = wanted.filter((recipe) => force || !isFresh(recipe));
    if (stale.length === 0) return [];
    const asksPackages = stale.some(({ fromPackages }) => fromPackages !== false);
    const store = asksPackages ? await openPackageStore({ cache, say }) : noPackages;
    for (const recipe of stale) {
      const start = performance.now();
      say(`images: ${recipe.name} …`);
      const openSuite = (/** @type {string} */ suite) =>
        openPackageStore({ cache: join(cache, suite), say, suite });
      const sizes = await buildOne(recipe, { store, openSuite });
      say(`images: ${recipe.name} built in ${((performance.now() - start) / 1000).toFixed(1)} s (${sizes})`);
    }
    return stale.map(({ name }) => name);
  } finally {
    release();
  }
}

/** @type {import("./workshop/packages.mjs").PackageStore} for recipes that ask for none */
const noPackages = {
  hostArchitecture: "",
  fetch: async () => [],
  dependsOn: async () => "",
};

/**
 * @param {Recipe} recipe
 * @param {Pick<import("./workshop/recipes.mjs").Workbench, "store" | "openSuite">} packages
 * @returns {Promise<string>} what was made, for a progress line
 */
async function buildOne(recipe, { store, openSuite }) {
  const scratch = join(cache, "scratch", recipe.name);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  try {
    // Taken before the work: an edit made meanwhile must count as a change.
    const made = { recipe: recipe.name, recipeHash: recipeHash(recipe, home) };
    const tool = await openHostTools(store, recipe.tools);
    const products = await recipe.build({ store, openSuite, tool, home, scratch, publicFolder });
    for (const product of products) writeProduct(product);
    const others = readManifest(publicFolder).artefacts.filter((artefact) => artefact.recipe !== recipe.name);
    const artefacts = [...others, ...products.map((product) => describeProduct(product, made))];
    artefacts.sort((left, right) => (left.key < right.key ? -1 : 1));
    const text = `${JSON.stringify({ format: 1, artefacts }, undefined, 2)}\n`;
    writeWhole(join(publicFolder, manifestFile), Buffer.from(text));
    return products.map(({ file, bytes }) => `${file} ${(bytes.length / 1024).toFixed(0)} KiB`).join(", ");
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {import("./workshop/recipes.mjs").Product} product an index comes after its parts */
function writeProduct({ file, bytes, parts }) {
  for (const part of parts ?? []) writeWhole(join(publicFolder, part.file), part.bytes);
  writeWhole(join(publicFolder, file), bytes);
  if (parts !== undefined) removeOtherParts(join(publicFolder, file));
}

/**
 * @param {string} path gets its full content at once or stays as it was
 * @param {Buffer} bytes
 */
function writeWhole(path, bytes) {
  mkdirSync(dirname(path), { recursive: true });
  const half = join(dirname(path), `.${process.pid}.half`);
  writeFileSync(half, bytes);
  renameSync(half, path);
}

/** A build that was killed while it wrote leaves a half file; nobody else writes while we hold the lock. */
function removeHalves() {
  for (const folder of ["images", "firmware"].map((name) => join(publicFolder, name))) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) if (name.endsWith(".half")) rmSync(join(folder, name));
  }
}

/** @param {string} text @returns {string} with a capital letter and a full stop */
function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

/**
 * @param {readonly string[]} parameters
 * @returns {Promise<number>} exit code
 */
async function main(parameters) {
  const start = performance.now();
  const options = parseOptions(parameters);
  if (options === undefined) {
    console.error("images: usage: node images/build.mjs [--only RECIPE]... [--force]");
    return 2;
  }
  const outcome = await ensureImages(options);
  if (outcome.kind === "missing") {
    console.error(`images: ${outcome.what.join(" ")} ${outcome.wayOut}`);
    return 1;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(outcome.built.length === 0 ? "images: all up to date" : `images: ready after ${seconds} s`);
  return 0;
}

/**
 * @param {readonly string[]} parameters
 * @returns {ImagesOptions | undefined} undefined: not understood
 */
function parseOptions(parameters) {
  try {
    const options = /** @type {const} */ ({
      only: { type: "string", multiple: true },
      force: { type: "boolean" },
    });
    const { values } = parseArgs({ args: [...parameters], options });
    return { ...(values.only ? { only: values.only } : {}), force: values.force ?? false };
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));

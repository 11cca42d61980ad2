// @ts-check
// Other kernels of Debian, for tests: each with a RAM file system like the stock guest's. They are no part of the site
// and lie in images/.cache/other-kernels/.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fetchKernel, unpackKernel } from "../kernel/recipe.mjs";
import { addGuestTool, guestToolIngredients } from "../workshop/guest-tool.mjs";
import { openHostTools } from "../workshop/host-tools.mjs";
import { holdLock } from "../workshop/lock.mjs";
import { openPackageStore } from "../workshop/packages.mjs";
import { recipeHash } from "../workshop/recipes.mjs";
import { BuildFailure } from "../workshop/run.mjs";
import { put, toCpio } from "../workshop/tree.mjs";
import {
  addModules,
  addUserland,
  plainModules,
  syntheticModules,
  userlandPackages,
} from "../workshop/userland.mjs";

/**
 * @typedef {{ kind: "ready", release: string, kernel: string, initrd: string } | { kind: "missing", text: string }} OtherKernel
 *   `kernel`, `initrd`: absolute paths
 * @typedef {{ flavour: string, suite?: string }} Choice `suite`: another release of Debian than the host's
 */

const home = join(dirname(fileURLToPath(import.meta.url)), "..");
const cache = join(home, ".cache");

/** What there is to choose from. */
export const otherKernels = /** @type {const} */ ({
  pae: { flavour: "686-pae" },
  older: { flavour: "686", suite: "bullseye" },
});

const ingredients = [
  "other-kernels",
  "initramfs",
  "userland",
  "kernel/recipe.mjs",
  "workshop/userland.mjs",
  ...guestToolIngredients,
];

/** Kernels before 5.14 have another driver for the synthetic screen. */
const modules = [...syntheticModules.filter((name) => name !== "hyperv_drm"), ...plainModules];

/**
 * Makes sure that a kernel is there; what cannot be had is an answer.
 *
 * @param {keyof typeof otherKernels} name
 * @param {(line: string) => void} [say]
 * @returns {Promise<OtherKernel>}
 */
export async function ensureOtherKernel(name, say = () => {}) {
  mkdirSync(cache, { recursive: true });
  const release = await holdLock(join(cache, "lock"), () => {});
  try {
    return await build(name, say);
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    return { kind: "missing", text: `The kernel ${name} could not be built: ${error.message}.` };
  } finally {
    release();
  }
}

/**
 * @param {keyof typeof otherKernels} name
 * @param {(line: string) => void} say
 * @returns {Promise<OtherKernel>}
 */
async function build(name, say) {
  /** @type {Choice} */
  const { flavour, suite } = otherKernels[name];
  const folder = join(cache, "other-kernels", name);
  const files = { kernel: join(folder, "vmlinux"), initrd: join(folder, "initramfs.cpio") };
  const stamp = join(folder, "made.json");
  const hash = recipeHash({ needs: [], ingredients }, home);
  if (existsSync(stamp)) {
    const made = JSON.parse(readFileSync(stamp, "utf8"));
    if (made.hash === hash) return { kind: "ready", release: made.release, ...files };
  }
  const store = await openPackageStore({ cache, say });
  const theirs =
    suite === undefined ? store : await openPackageStore({ cache: join(cache, suite), say, suite });
  const { kernel, release, vmlinuz } = await fetchKernel(theirs, flavour);
  const tool = await openHostTools(store, ["xz", "depmod", "i386-tcc"]);
  const packages = await store.fetch(userlandPackages);
  const scratch = join(folder, "scratch");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  /** @type {import("../workshop/tree.mjs").Tree} */
  const tree = new Map();
  addUserland(tree, { packages, overlay: join(home, "userland") });
  await addGuestTool(tree, { tool, home, scratch });
  await addModules(tree, { kernel, release, names: modules, scratch, tool });
  put(tree, "init", { kind: "file", mode: 0o755, bytes: readFileSync(join(home, "initramfs/init")) });
  writeFileSync(files.kernel, await unpackKernel(vmlinuz, tool));
  writeFileSync(files.initrd, toCpio(tree));
  rmSync(scratch, { recursive: true });
  writeFileSync(stamp, `${JSON.stringify({ hash, release })}\n`);
  return { kind: "ready", release, ...files };
}

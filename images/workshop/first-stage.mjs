// @ts-check
// The RAM file system that a boot loader brings with the kernel of a disk: just enough to find the root file system.
// Every byte of it is read by the BIOS and unpacked by an emulated processor.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { put, toCpio } from "./tree.mjs";
import { addBusybox, addModules } from "./userland.mjs";

/** Recipe parts that decide what it is, beside those of the userland. */
export const firstStageIngredients = ["initramfs/init", "workshop/first-stage.mjs"];

/** The modules of emulated disks and of the root's file system. */
const plainFirstModules = ["ata_piix", "sd_mod", "ext4", "crc32c_generic"];
/** The modules of synthetic disks. */
const syntheticFirstModules = ["hv_vmbus", "hv_storvsc"];

/**
 * Packs it.
 *
 * @param {import("./userland.mjs").ModuleChoice & {
 *   home: string, packages: readonly import("./packages.mjs").Package[], synthetic: boolean,
 * }} options `home`: the images folder; `synthetic`: it knows the synthetic disks too
 * @returns {Promise<Buffer>} gzip
 */
export async function packFirstStage({ home, packages, synthetic, ...choice }) {
  /** @type {import("./tree.mjs").Tree} */
  const tree = new Map();
  addBusybox(tree, packages);
  const script = (/** @type {string} */ path) => readFileSync(join(home, path));
  put(tree, "init", { kind: "file", mode: 0o755, bytes: script("initramfs/init") });
  put(tree, "etc/drivers", { kind: "file", mode: 0o644, bytes: script("userland/etc/drivers") });
  const names = [...plainFirstModules, ...(synthetic ? syntheticFirstModules : [])];
  await addModules(tree, { ...choice, names });
  return gzipSync(toCpio(tree), { level: 9 });
}

// @ts-check
// What BIOS systems start from: a partitioned disk with a FAT partition and an ext4 root, or a diskette; syslinux
// on both.
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { epoch, makeExt4 } from "./ext4.mjs";
import { guestArchitecture } from "./packages.mjs";
import { BuildFailure } from "./run.mjs";
import { exactSize, fixedVhd, geometryOf, masterBootRecord } from "./vhd.mjs";

/** @typedef {import("./recipes.mjs").Workbench} Workbench */
/** @typedef {import("./packages.mjs").Package} Package */
/** @typedef {readonly (readonly [name: string, bytes: Buffer])[]} BootFiles */

/** Tools that a recipe with such a disk needs. */
export const bootDiskTools = /** @type {const} */ ([
  "mke2fs",
  "debugfs",
  "syslinux",
  "mformat",
  "mcopy",
  "mattrib",
]);

/** Recipe parts that decide what such a disk is. */
export const bootDiskIngredients = ["workshop/boot-disk.mjs", "workshop/ext4.mjs", "workshop/vhd.mjs"];

/** Sectors of 512 bytes in a MiB. */
const mebibyte = 2048;

/**
 * The boot menu for a kernel with a RAM file system, both beside it; also told on the first serial port.
 *
 * @param {string} commandLine
 * @returns {Buffer}
 */
export function linuxMenu(commandLine) {
  return Buffer.from(`SERIAL 0 115200
DEFAULT tabvisor
PROMPT 0
LABEL tabvisor
  LINUX /vmlinuz
  INITRD /initramfs.gz
  APPEND ${commandLine}
`);
}

/**
 * @param {import("./packages.mjs").PackageStore} store
 * @returns {Promise<Package>} the boot loader
 */
export async function fetchLoader(store) {
  const [loader] = await store.fetch([`syslinux:${guestArchitecture}`]);
  if (loader === undefined) throw new BuildFailure("the package syslinux did not arrive");
  return loader;
}

/**
 * @typedef {{
 *   mebibytes: number, bootMebibytes: number, signature: number, loader: Package,
 *   files: BootFiles, root: import("./tree.mjs").Tree, id: string,
 * }} BootDiskPlan
 *   `signature`: of the disk, four bytes; `files`: of the boot partition; `id`: a UUID of the root file system
 *
 * @param {Workbench} bench
 * @param {BootDiskPlan} plan
 * @returns {Promise<Buffer>} a fixed VHD
 */
export async function makeBootDisk(bench, plan) {
  const total = exactSize(plan.mebibytes * mebibyte);
  const geometry = geometryOf(total);
  const boot = { start: mebibyte, sectors: plan.bootMebibytes * mebibyte, type: 0x0e, active: true };
  const rootStart = boot.start + boot.sectors;
  // A whole number of 4 KiB blocks.
  const root = { start: rootStart, sectors: (total - rootStart) & ~7, type: 0x83, active: false };
  const disk = Buffer.alloc(total * 512);
  const code = readFileSync(join(plan.loader.folder, "usr/lib/SYSLINUX/mbr.bin"));
  const { signature } = plan;
  masterBootRecord({ code, signature, partitions: [boot, root], geometry }).copy(disk);
  const { heads, sectors } = geometry;
  const shape = [
    "-h",
    `${heads}`,
    "-s",
    `${sectors}`,
    "-T",
    `${boot.sectors}`,
    "-H",
    `${boot.start}`,
    "-c",
    "4",
  ];
  const image = { bytes: boot.sectors * 512, shape, files: plan.files };
  (await makeFat(bench, image)).copy(disk, boot.start * 512);
  const rootImage = await makeExt4(plan.root, {
    label: "tabvisor-root",
    id: plan.id,
    bytes: root.sectors * 512,
    journalMebibytes: 4,
    scratch: bench.scratch,
    tool: bench.tool,
  });
  rootImage.copy(disk, root.start * 512);
  return fixedVhd(disk);
}

/**
 * A diskette of 1440 KiB that starts.
 *
 * @param {Workbench} bench
 * @param {BootFiles} files
 * @returns {Promise<Buffer>}
 */
export function makeBootDiskette(bench, files) {
  return makeFat(bench, { bytes: 1440 * 1024, shape: ["-f", "1440"], files });
}

/**
 * @param {Workbench} bench
 * @param {{ bytes: number, shape: readonly string[], files: BootFiles }} image `shape`: parameters of mformat
 * @returns {Promise<Buffer>} a FAT file system with the boot loader in it
 */
async function makeFat({ tool, scratch }, { bytes, shape, files }) {
  const image = join(scratch, "boot.fat");
  const environment = { SOURCE_DATE_EPOCH: String(epoch), MTOOLS_SKIP_CHECK: "1", MTOOLSRC: "/dev/null" };
  writeFileSync(image, Buffer.alloc(bytes));
  await tool("mformat", ["-i", image, ...shape, "-v", "BOOT", "-N", "7AB71502", "::"], { environment });
  await tool("syslinux", ["--install", image], { environment, folder: scratch });
  const folder = join(scratch, "boot");
  mkdirSync(folder);
  for (const [name, contents] of files) {
    writeFileSync(join(folder, name), contents);
    utimesSync(join(folder, name), epoch, epoch);
    await tool("mcopy", ["-i", image, "-m", join(folder, name), `::${name}`], { environment });
  }
  return readFileSync(image);
}

// @ts-check
// A system as it is installed on a machine that nobody has told it is virtual: the same kernel and userland on a
// disk of its own, without any module or program of integration services, neither on its root nor in its RAM file
// system. The Integration Services Setup Disk brings them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fetchKernel } from "../kernel/recipe.mjs";
import { diskCommandLine } from "../system-disk/recipe.mjs";
import {
  bootDiskIngredients,
  bootDiskTools,
  fetchLoader,
  linuxMenu,
  makeBootDisk,
} from "../workshop/boot-disk.mjs";
import { addKeymaps } from "../workshop/keymaps.mjs";
import { cutIntoParts } from "../workshop/parts.mjs";
import { put, toCpio } from "../workshop/tree.mjs";
import {
  addBusybox,
  addFolder,
  addModules,
  addUserland,
  plainModules,
  plainPackages,
} from "../workshop/userland.mjs";

/** @typedef {import("../workshop/tree.mjs").Tree} Tree */

/** What finds the root file system. */
const firstModules = ["ata_piix", "sd_mod", "ext4", "crc32c_generic"];

/** @type {import("../workshop/recipes.mjs").Recipe} */
export const recipe = {
  name: "legacy-disk",
  needs: [],
  ingredients: [
    "legacy-disk",
    "keymaps",
    "workshop/keymaps.mjs",
    "system-disk",
    "initramfs/init",
    "userland",
    "kernel/recipe.mjs",
    "workshop/parts.mjs",
    "workshop/tree.mjs",
    "workshop/userland.mjs",
    ...bootDiskIngredients,
  ],
  tools: ["depmod", "loadkeys", ...bootDiskTools],
  async build(bench) {
    const { store, tool, scratch, home } = bench;
    const { kernel, release, vmlinuz } = await fetchKernel(store);
    const packages = await store.fetch(plainPackages);
    const loader = await fetchLoader(store);
    const modules = { kernel, release, scratch, tool };
    /** @type {Tree} */
    const root = new Map();
    addUserland(root, { packages, overlay: join(home, "userland") });
    root.delete("newroot");
    await addKeymaps(root, { packages, home, tool });
    addFolder(root, join(home, "legacy-disk/overlay"), "");
    put(root, "boot", { kind: "folder", mode: 0o755 });
    await addModules(root, { ...modules, names: plainModules });
    /** @type {Tree} */
    const first = new Map();
    addBusybox(first, packages);
    const script = (/** @type {string} */ path) => readFileSync(join(home, path));
    put(first, "init", { kind: "file", mode: 0o755, bytes: script("initramfs/init") });
    put(first, "etc/drivers", { kind: "file", mode: 0o644, bytes: script("userland/etc/drivers") });
    await addModules(first, { ...modules, names: firstModules });
    const vhd = await makeBootDisk(bench, {
      mebibytes: 64,
      bootMebibytes: 16,
      signature: 0x7ab7_1503,
      loader,
      files: [
        ["syslinux.cfg", linuxMenu(diskCommandLine)],
        ["vmlinuz", vmlinuz],
        ["initramfs.gz", gzipSync(toCpio(first), { level: 9 })],
      ],
      root,
      id: "7ab71502-0000-4000-8000-000000000002",
    });
    const { index, parts } = cutIntoParts(vhd, "images/legacy-disk");
    return [
      {
        key: "legacy-disk-parts",
        kind: "disk-parts",
        ...index,
        parts,
        purpose: "a system disk without integration services, fetched in parts as they are read",
        sources: [loader, kernel, ...packages],
        commandLine: diskCommandLine,
      },
    ];
  },
};

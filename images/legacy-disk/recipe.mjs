// @ts-check
// A system as it is installed on a machine that nobody has told it is virtual: the same kernel and userland on a
// disk of its own, without any module or program of integration services, neither on its root nor in its RAM file
// system. The Integration Services Setup Disk brings them.
import { join } from "node:path";
import { fetchKernel } from "../kernel/recipe.mjs";
import { diskCommandLine } from "../system-disk/recipe.mjs";
import {
  bootDiskIngredients,
  bootDiskTools,
  fetchLoader,
  linuxMenu,
  makeBootDisk,
} from "../workshop/boot-disk.mjs";
import { firstStageIngredients, packFirstStage } from "../workshop/first-stage.mjs";
import { addKeymaps } from "../workshop/keymaps.mjs";
import { cutIntoParts } from "../workshop/parts.mjs";
import { put } from "../workshop/tree.mjs";
import { addFolder, addModules, addUserland, plainModules, plainPackages } from "../workshop/userland.mjs";

/** @typedef {import("../workshop/tree.mjs").Tree} Tree */

/** @type {import("../workshop/recipes.mjs").Recipe} */
export const recipe = {
  name: "legacy-disk",
  needs: [],
  ingredients: [
    "legacy-disk",
    "keymaps",
    "workshop/keymaps.mjs",
    "system-disk",
    ...firstStageIngredients,
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
    const first = await packFirstStage({ ...modules, home, packages, synthetic: false });
    const vhd = await makeBootDisk(bench, {
      mebibytes: 64,
      bootMebibytes: 16,
      signature: 0x7ab7_1503,
      loader,
      files: [
        ["syslinux.cfg", linuxMenu(diskCommandLine)],
        ["vmlinuz", vmlinuz],
        ["initramfs.gz", first],
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

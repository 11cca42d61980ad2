// @ts-check
// The RAM file system for a direct boot: userland, kernel modules and our own /init.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fetchKernel } from "../kernel/recipe.mjs";
import { addGuestTool, guestToolIngredients } from "../workshop/guest-tool.mjs";
import { addKeymaps } from "../workshop/keymaps.mjs";
import { put, toCpio } from "../workshop/tree.mjs";
import {
  addModules,
  addUserland,
  plainModules,
  syntheticModules,
  userlandPackages,
} from "../workshop/userland.mjs";

/** @type {import("../workshop/recipes.mjs").Recipe} */
export const recipe = {
  name: "initramfs",
  needs: [],
  ingredients: [
    "initramfs",
    "userland",
    "keymaps",
    "kernel/recipe.mjs",
    "workshop/userland.mjs",
    "workshop/keymaps.mjs",
    "workshop/tree.mjs",
    ...guestToolIngredients,
  ],
  tools: ["depmod", "loadkeys", "i386-tcc"],
  async build({ store, tool, home, scratch }) {
    const { kernel, release } = await fetchKernel(store);
    const packages = await store.fetch(userlandPackages);
    /** @type {import("../workshop/tree.mjs").Tree} */
    const tree = new Map();
    addUserland(tree, { packages, overlay: join(home, "userland") });
    await addKeymaps(tree, { packages, home, tool });
    await addGuestTool(tree, { tool, home, scratch });
    const names = [...syntheticModules, ...plainModules];
    await addModules(tree, { kernel, release, names, scratch, tool });
    put(tree, "init", { kind: "file", mode: 0o755, bytes: readFileSync(join(home, "initramfs/init")) });
    const archive = toCpio(tree);
    return [
      {
        key: "initramfs",
        kind: "initramfs",
        file: "images/initramfs.cpio.gz",
        purpose: "a small system in RAM with every Hyper-V driver; also finds and starts the system disk",
        bytes: gzipSync(archive, { level: 9 }),
        uncompressed: archive,
        sources: [kernel, ...packages],
      },
    ];
  },
};

// @ts-check
// A bootable disk as a fixed VHD: boot partition (FAT, syslinux, kernel, RAM file system) and an
// ext4 root. Boots from any BIOS and IDE controller; console on the first serial port.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bootSavers, fetchKernel } from "../kernel/recipe.mjs";
import {
  bootDiskIngredients,
  bootDiskTools,
  fetchLoader,
  linuxMenu,
  makeBootDisk,
} from "../workshop/boot-disk.mjs";
import { firstStageIngredients, packFirstStage } from "../workshop/first-stage.mjs";
import { addGuestTool, guestToolIngredients } from "../workshop/guest-tool.mjs";
import { addKeymaps } from "../workshop/keymaps.mjs";
import { cutIntoParts } from "../workshop/parts.mjs";
import {
  addModules,
  addUserland,
  plainModules,
  syntheticModules,
  userlandPackages,
} from "../workshop/userland.mjs";

/** Of a system on a disk: what is said appears on the screen and on the serial console. */
export const diskCommandLine = `console=tty0 console=ttyS0,115200 root=LABEL=tabvisor-root loglevel=4 ${bootSavers}`;

/** @type {import("../workshop/recipes.mjs").Recipe} */
export const recipe = {
  name: "system-disk",
  needs: [],
  ingredients: [
    "system-disk",
    "userland",
    "keymaps",
    "kernel/recipe.mjs",
    "workshop/keymaps.mjs",
    "workshop/parts.mjs",
    "workshop/tree.mjs",
    "workshop/userland.mjs",
    ...firstStageIngredients,
    ...guestToolIngredients,
    ...bootDiskIngredients,
  ],
  tools: ["depmod", "i386-tcc", "loadkeys", ...bootDiskTools],
  async build(bench) {
    const { store, tool, scratch, home } = bench;
    const { kernel, release, vmlinuz } = await fetchKernel(store);
    const packages = await store.fetch(userlandPackages);
    const loader = await fetchLoader(store);
    /** @type {import("../workshop/tree.mjs").Tree} */
    const root = new Map();
    addUserland(root, { packages, overlay: join(home, "userland") });
    root.delete("newroot");
    await addKeymaps(root, { packages, home, tool });
    await addGuestTool(root, { tool, home, scratch });
    const modules = { kernel, release, scratch, tool };
    await addModules(root, { ...modules, names: [...syntheticModules, ...plainModules] });
    const first = await packFirstStage({ ...modules, home, packages, synthetic: true });
    const vhd = await makeBootDisk(bench, {
      mebibytes: 96,
      bootMebibytes: 20,
      signature: 0x7ab7_1502,
      loader,
      files: [
        ["syslinux.cfg", linuxMenu(diskCommandLine)],
        ["vmlinuz", vmlinuz],
        ["initramfs.gz", first],
      ],
      root,
      id: "7ab71502-0000-4000-8000-000000000001",
    });
    const { index, parts } = cutIntoParts(vhd, "images/system-disk");
    const sources = [loader, kernel, ...packages];
    return [
      {
        key: "system-disk-parts",
        kind: "disk-parts",
        ...index,
        parts,
        purpose: "the system disk in parts, fetched as they are read",
        sources,
      },
      {
        key: "system-disk",
        kind: "disk-vhd",
        file: "images/system-disk.vhd.gz",
        purpose: "a bootable system disk: boot loader, kernel and ext4 root",
        bytes: gzipSync(vhd, { level: 9 }),
        uncompressed: vhd,
        sources,
        commandLine: diskCommandLine,
      },
    ];
  },
};

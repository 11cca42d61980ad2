// @ts-check
// A bootable disk as a fixed VHD: boot partition (FAT, syslinux, kernel, RAM file system) and an
// ext4 root. Boots from any BIOS and IDE controller; console on the first serial port.
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bootSavers, fetchKernel } from "../kernel/recipe.mjs";
import { epoch, makeExt4 } from "../workshop/ext4.mjs";
import { addGuestTool } from "../workshop/guest-tool.mjs";
import { addKeymaps } from "../workshop/keymaps.mjs";
import { guestArchitecture } from "../workshop/packages.mjs";
import { cutIntoParts } from "../workshop/parts.mjs";
import { BuildFailure } from "../workshop/run.mjs";
import { addModules, addUserland, userlandPackages } from "../workshop/userland.mjs";
import { exactSize, fixedVhd, geometryOf, masterBootRecord } from "../workshop/vhd.mjs";

/** @typedef {import("../workshop/recipes.mjs").Workbench} Workbench */

const mebibyte = 2048;
const total = exactSize(96 * mebibyte);
const boot = { start: mebibyte, sectors: 20 * mebibyte, type: 0x0e, active: true };
const rootStart = boot.start + boot.sectors;
// A whole number of 4 KiB blocks.
const root = { start: rootStart, sectors: (total - rootStart) & ~7, type: 0x83, active: false };

const commandLine = `console=tty0 console=ttyS0,115200 root=LABEL=tabvisor-root loglevel=4 ${bootSavers}`;

const bootMenu = `SERIAL 0 115200
DEFAULT tabvisor
PROMPT 0
LABEL tabvisor
  LINUX /vmlinuz
  INITRD /initramfs.gz
  APPEND ${commandLine}
`;

/** @type {import("../workshop/recipes.mjs").Recipe} */
export const recipe = {
  name: "system-disk",
  needs: ["initramfs"],
  ingredients: ["system-disk", "workshop/ext4.mjs", "workshop/parts.mjs", "workshop/vhd.mjs"],
  tools: ["mke2fs", "debugfs", "depmod", "loadkeys", "syslinux", "mformat", "mcopy", "mattrib", "i386-tcc"],
  async build(bench) {
    const { kernel, release, vmlinuz } = await fetchKernel(bench.store);
    const packages = await bench.store.fetch(userlandPackages);
    const [loader] = await bench.store.fetch([`syslinux:${guestArchitecture}`]);
    if (loader === undefined) throw new BuildFailure("the package syslinux did not arrive");
    const disk = Buffer.alloc(total * 512);
    const code = readFileSync(join(loader.folder, "usr/lib/SYSLINUX/mbr.bin"));
    const geometry = geometryOf(total);
    masterBootRecord({ code, signature: 0x7ab7_1502, partitions: [boot, root], geometry }).copy(disk);
    (await makeBootPartition(bench, vmlinuz)).copy(disk, boot.start * 512);
    (await makeRoot(bench, { kernel, release, packages })).copy(disk, root.start * 512);
    const vhd = fixedVhd(disk);
    const { index, parts } = cutIntoParts(vhd, "images/system-disk");
    return [
      {
        key: "system-disk-parts",
        kind: "disk-parts",
        ...index,
        parts,
        purpose: "the system disk in parts, fetched as they are read",
        sources: [loader, kernel, ...packages],
      },
      {
        key: "system-disk",
        kind: "disk-vhd",
        file: "images/system-disk.vhd.gz",
        purpose: "a bootable system disk: boot loader, kernel and ext4 root",
        bytes: gzipSync(vhd, { level: 9 }),
        uncompressed: vhd,
        sources: [loader, kernel, ...packages],
        commandLine,
      },
    ];
  },
};

/**
 * @param {Workbench} bench
 * @param {Buffer} vmlinuz
 * @returns {Promise<Buffer>}
 */
async function makeBootPartition({ tool, scratch, publicFolder }, vmlinuz) {
  const image = join(scratch, "boot.fat");
  const { heads, sectors } = geometryOf(total);
  const environment = { SOURCE_DATE_EPOCH: String(epoch), MTOOLS_SKIP_CHECK: "1", MTOOLSRC: "/dev/null" };
  writeFileSync(image, Buffer.alloc(boot.sectors * 512));
  const shape = ["-h", `${heads}`, "-s", `${sectors}`, "-T", `${boot.sectors}`, "-H", `${boot.start}`];
  await tool("mformat", ["-i", image, ...shape, "-c", "4", "-v", "BOOT", "-N", "7AB71502", "::"], {
    environment,
  });
  await tool("syslinux", ["--install", image], { environment, folder: scratch });
  const files = join(scratch, "boot");
  mkdirSync(files);
  for (const [name, bytes] of /** @type {[string, Buffer][]} */ ([
    ["syslinux.cfg", Buffer.from(bootMenu)],
    ["vmlinuz", vmlinuz],
    ["initramfs.gz", readFileSync(join(publicFolder, "images/initramfs.cpio.gz"))],
  ])) {
    writeFileSync(join(files, name), bytes);
    utimesSync(join(files, name), epoch, epoch);
    await tool("mcopy", ["-i", image, "-m", join(files, name), `::${name}`], { environment });
  }
  return readFileSync(image);
}

/**
 * @param {Workbench} bench
 * @param {{ kernel: import("../workshop/packages.mjs").Package, release: string, packages: readonly import("../workshop/packages.mjs").Package[] }} content
 * @returns {Promise<Buffer>}
 */
async function makeRoot({ tool, scratch, home }, { kernel, release, packages }) {
  /** @type {import("../workshop/tree.mjs").Tree} */
  const tree = new Map();
  addUserland(tree, { packages, overlay: join(home, "userland") });
  tree.delete("newroot");
  await addKeymaps(tree, { packages, home, tool });
  await addGuestTool(tree, { tool, home, scratch });
  await addModules(tree, { kernel, release, scratch, tool });
  return makeExt4(tree, {
    label: "tabvisor-root",
    id: "7ab71502-0000-4000-8000-000000000001",
    bytes: root.sectors * 512,
    journalMebibytes: 4,
    scratch,
    tool,
  });
}

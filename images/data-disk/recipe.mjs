// @ts-check
// An empty ext4 disk labelled "data": what a guest mounts on /mnt/data. For the page a fixed VHD in parts, on
// which every machine has its own differencing disk; the raw form is what benches and plain emulators take.
import { gzipSync } from "node:zlib";
import { makeExt4 } from "../workshop/ext4.mjs";
import { cutIntoParts } from "../workshop/parts.mjs";
import { put } from "../workshop/tree.mjs";
import { fixedVhd } from "../workshop/vhd.mjs";

const readme = `This disk belongs to a Tabvisor virtual machine.
The guest mounts it on /mnt/data; what you write here is still there after a restart.
`;

/** @type {import("../workshop/recipes.mjs").Recipe} */
export const recipe = {
  name: "data-disk",
  needs: [],
  ingredients: [
    "data-disk",
    "workshop/ext4.mjs",
    "workshop/parts.mjs",
    "workshop/tree.mjs",
    "workshop/vhd.mjs",
  ],
  tools: ["mke2fs", "debugfs"],
  async build({ tool, scratch }) {
    /** @type {import("../workshop/tree.mjs").Tree} */
    const tree = new Map();
    put(tree, "README", { kind: "file", mode: 0o644, bytes: Buffer.from(readme) });
    const disk = await makeExt4(tree, {
      label: "data",
      id: "7ab71502-0000-4000-8000-00000000da7a",
      bytes: 64 * 1024 * 1024,
      journalMebibytes: 4,
      scratch,
      tool,
    });
    const { index, parts } = cutIntoParts(fixedVhd(disk), "images/data-disk");
    return [
      {
        key: "data-disk-parts",
        kind: "disk-parts",
        ...index,
        parts,
        purpose: "the data disk in parts, fetched as they are read",
        sources: [],
      },
      {
        key: "data-disk",
        kind: "disk-raw",
        file: "images/data-disk.img.gz",
        purpose: "an empty ext4 file system labelled data, for the synthetic disk",
        bytes: gzipSync(disk, { level: 9 }),
        uncompressed: disk,
        sources: [],
      },
    ];
  },
};

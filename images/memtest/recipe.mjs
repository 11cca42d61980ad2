// @ts-check
// A guest that has no integration services and never will: memtest86+ on a diskette, told on the screen and on the
// first serial port. The one of Debian 11: version 6 of Debian 12 ends the emulator with its first instructions.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bootDiskIngredients, bootDiskTools, fetchLoader, makeBootDiskette } from "../workshop/boot-disk.mjs";
import { guestArchitecture } from "../workshop/packages.mjs";
import { cutIntoParts } from "../workshop/parts.mjs";
import { BuildFailure } from "../workshop/run.mjs";

const bootMenu = `SERIAL 0 115200
DEFAULT memtest
PROMPT 0
LABEL memtest
  LINUX /memtest
  APPEND console=ttyS0,115200
`;

/** @type {import("../workshop/recipes.mjs").Recipe} */
export const recipe = {
  name: "memtest",
  needs: [],
  ingredients: ["memtest", "workshop/parts.mjs", ...bootDiskIngredients],
  tools: bootDiskTools,
  async build(bench) {
    const older = await bench.openSuite("bullseye");
    const [memtest] = await older.fetch([`memtest86+:${guestArchitecture}`]);
    if (memtest === undefined) throw new BuildFailure("the package memtest86+ did not arrive");
    const loader = await fetchLoader(bench.store);
    const diskette = await makeBootDiskette(bench, [
      ["syslinux.cfg", Buffer.from(bootMenu)],
      ["memtest", readFileSync(join(memtest.folder, "boot/memtest86+.bin"))],
    ]);
    const { index, parts } = cutIntoParts(diskette, "images/memtest");
    return [
      {
        key: "memtest",
        kind: "disk-parts",
        ...index,
        parts,
        purpose: "a diskette with memtest86+, in parts",
        sources: [loader, memtest],
      },
    ];
  },
};

// @ts-check
// The Integration Services Setup Disk: a disc with the drivers of synthetic devices for our kernel, the daemons, and
// a script that a person runs in a system that has none of them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fetchKernel } from "../kernel/recipe.mjs";
import { addGuestTool, guestToolIngredients } from "../workshop/guest-tool.mjs";
import { makeIso } from "../workshop/iso.mjs";
import { cutIntoParts } from "../workshop/parts.mjs";
import { BuildFailure } from "../workshop/run.mjs";
import { put } from "../workshop/tree.mjs";
import {
  daemonPackage,
  daemons,
  modulesBehind,
  moduleTable,
  plainModules,
  syntheticModules,
} from "../workshop/userland.mjs";

/** @typedef {import("../workshop/tree.mjs").Tree} Tree */

/** @type {import("../workshop/recipes.mjs").Recipe} */
export const recipe = {
  name: "setup-disk",
  needs: [],
  ingredients: [
    "setup-disk",
    "kernel/recipe.mjs",
    "workshop/iso.mjs",
    "workshop/parts.mjs",
    "workshop/tree.mjs",
    "workshop/userland.mjs",
    ...guestToolIngredients,
  ],
  tools: ["depmod", "i386-tcc"],
  async build({ store, tool, home, scratch }) {
    const { kernel, release } = await fetchKernel(store);
    const [services] = await store.fetch([daemonPackage]);
    if (services === undefined) throw new BuildFailure(`the package ${daemonPackage} did not arrive`);
    /** @type {Tree} */
    const disc = new Map();
    const add = (/** @type {string} */ path, /** @type {Buffer} */ bytes) =>
      put(disc, path, { kind: "file", mode: 0o444, bytes });
    for (const name of ["install.sh", "readme.txt"]) add(name, readFileSync(join(home, "setup-disk", name)));
    for (const path of daemons)
      add(`daemons/${path.slice("sbin/".length)}`, readFileSync(join(services.folder, "usr", path)));
    /** @type {Tree} */
    const programs = new Map();
    await addGuestTool(programs, { tool, home, scratch });
    for (const [path, entry] of programs)
      if (entry.kind === "file") add(`daemons/${path.slice("bin/".length)}`, Buffer.from(entry.bytes));
    const table = await moduleTable({ kernel, release, tool });
    const present = new Set(modulesBehind(table, plainModules));
    for (const path of modulesBehind(table, syntheticModules).filter((one) => !present.has(one)))
      add(`modules/${release}/${path}`, readFileSync(join(kernel.folder, "lib/modules", release, path)));
    const { index, parts } = cutIntoParts(makeIso(disc, "INTEGRATION_SERVICES"), "images/setup-disk");
    return [
      {
        key: "setup-disk",
        kind: "disk-parts",
        ...index,
        parts,
        purpose: `the Integration Services Setup Disk for the kernel ${release}, a disc in parts`,
        sources: [kernel, services],
      },
    ];
  },
};

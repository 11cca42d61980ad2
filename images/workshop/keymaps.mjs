// @ts-check
// Keyboard layouts of the guest's text console, in the form that busybox' loadkmap reads.
import { join } from "node:path";
import { BuildFailure } from "./run.mjs";
import { put } from "./tree.mjs";

/** @typedef {import("./tree.mjs").Tree} Tree */
/** @typedef {import("./packages.mjs").Package} Package */
/** @typedef {import("./host-tools.mjs").RunTool} RunTool */

/** Files of Debian's keymaps, and ours laid over them. */
const layouts = [
  { name: "us", debian: "qwerty/us.kmap.gz", ours: [] },
  { name: "de", debian: "qwertz/de-latin1.kmap.gz", ours: ["german.kmap"] },
];

/**
 * Adds `/etc/keymaps/NAME.bmap`: `loadkmap </etc/keymaps/de.bmap` makes the console's keyboard a German one.
 *
 * @param {Tree} tree
 * @param {{ packages: readonly Package[], home: string, tool: RunTool }} options
 */
export async function addKeymaps(tree, { packages, home, tool }) {
  const source = packages.find(({ name }) => name === "console-data");
  if (source === undefined) throw new BuildFailure("the package console-data did not arrive");
  for (const { name, debian, ours } of layouts) {
    const files = [
      join(source.folder, "usr/share/keymaps/i386", debian),
      ...ours.map((file) => join(home, "keymaps", file)),
    ];
    const { stdout } = await tool("loadkeys", ["--unicode", "--bkeymap", ...files]);
    if (stdout.toString("latin1", 0, 7) !== "bkeymap")
      throw new BuildFailure(`the keyboard layout ${name} was not made`);
    put(tree, `etc/keymaps/${name}.bmap`, { kind: "file", mode: 0o644, bytes: stdout });
  }
}

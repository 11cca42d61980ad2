// @ts-check
// The guest's end of file copies and sockets: one program of ours, compiled for every i386 Linux.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { put } from "./tree.mjs";

/** What a recipe with the guest's program is made from, beside its own. */
export const guestToolIngredients = ["guest-tool", "workshop/guest-tool.mjs"];

/**
 * Compiles the program and puts it into a tree, under both its names.
 *
 * @param {import("./tree.mjs").Tree} tree
 * @param {{ tool: import("./host-tools.mjs").RunTool, home: string, scratch: string }} options
 */
export async function addGuestTool(tree, { tool, home, scratch }) {
  const target = join(scratch, "tabvisor-guest");
  // Without any library: neither the host's nor a guest's matters.
  const options = ["-Wall", "-Werror", "-nostdlib", "-nostdinc", "-static"];
  await tool("i386-tcc", [...options, "-o", target, join(home, "guest-tool/tabvisor-guest.c")]);
  put(tree, "bin/tabvisor-guest", { kind: "file", mode: 0o755, bytes: readFileSync(target) });
  put(tree, "bin/sendtohost", { kind: "link", target: "tabvisor-guest" });
}

// @ts-check
// What a recipe is, which ones there are, and when one has to be cooked again.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { recipe as dataDisk } from "../data-disk/recipe.mjs";
import { recipe as firmware } from "../firmware/recipe.mjs";
import { recipe as initramfs } from "../initramfs/recipe.mjs";
import { recipe as kernel } from "../kernel/recipe.mjs";
import { recipe as legacyDisk } from "../legacy-disk/recipe.mjs";
import { recipe as memtest } from "../memtest/recipe.mjs";
import { recipe as setupDisk } from "../setup-disk/recipe.mjs";
import { recipe as systemDisk } from "../system-disk/recipe.mjs";
import { canTakeStates, recipe as warm } from "../warm/recipe.mjs";

/** @typedef {import("./packages.mjs").Package} Package */

/**
 * @typedef {{
 *   store: import("./packages.mjs").PackageStore,
 *   openSuite: (suite: string) => Promise<import("./packages.mjs").PackageStore>,
 *   tool: import("./host-tools.mjs").RunTool,
 *   home: string,
 *   scratch: string,
 *   publicFolder: string,
 * }} Workbench
 *   `openSuite`: packages of another release of Debian; `home`: the images folder; `scratch`: an empty folder that is removed afterwards;
 *   `publicFolder`: holds what the recipes named in `needs` made.
 * @typedef {{
 *   key: string, kind: string, file: string, purpose: string,
 *   bytes: Buffer, uncompressed?: Buffer, sources: Pick<Package, "name" | "version" | "architecture" | "sha256">[], commandLine?: string,
 *   parts?: readonly import("./parts.mjs").Written[],
 * }} Product
 *   `file`: path below public/; `uncompressed` is given when `bytes` is its gzip form, `parts` when it is an
 *   index of parts: the files beside it.
 * @typedef {{
 *   name: string,
 *   needs: readonly string[],
 *   ingredients: readonly string[],
 *   tools: readonly import("./host-tools.mjs").ToolName[],
 *   fromPackages?: false,
 *   build: (bench: Workbench) => Promise<Product[]>,
 * }} Recipe
 *   `needs`: recipes that come first; `ingredients`: files and folders, seen from images/, whose content decides the result;
 *   `fromPackages`: false where no package is asked for.
 */

/** In the order in which they are built: a recipe comes after those it needs. @type {readonly Recipe[]} */
export const recipes = [
  ...[firmware, kernel, initramfs, systemDisk, legacyDisk, setupDisk, dataDisk, memtest],
  ...(canTakeStates() ? [warm] : []),
];

const manifestMaker = "workshop/manifest.mjs";

/**
 * A hash over everything of ours that decides what a recipe produces. Package versions are not
 * part of it: a newer Debian package does not by itself make an image stale.
 *
 * @param {Pick<Recipe, "needs" | "ingredients">} recipe
 * @param {string} home the images folder
 * @returns {string} hexadecimal SHA-256
 */
export function recipeHash(recipe, home) {
  const hash = createHash("sha256");
  for (const need of recipe.needs) {
    const needed = recipes.find(({ name }) => name === need);
    if (needed !== undefined) hash.update(recipeHash(needed, home));
  }
  for (const path of [...recipe.ingredients, manifestMaker].flatMap((item) => filesBelow(home, item))) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(home, path)))
      .update("\0");
  }
  return hash.digest("hex");
}

/**
 * @param {string} home
 * @param {string} path file or folder below home
 * @returns {string[]} files, sorted
 */
function filesBelow(home, path) {
  if (!statSync(join(home, path)).isDirectory()) return [path];
  return readdirSync(join(home, path))
    .sort()
    .flatMap((name) => filesBelow(home, `${path}/${name}`));
}

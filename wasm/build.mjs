// @ts-check
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const source = fileURLToPath(new URL("../node_modules/v86/build/v86.wasm", import.meta.url));
const manifest = fileURLToPath(new URL("../node_modules/v86/package.json", import.meta.url));
const target = fileURLToPath(new URL("../public/engine/core.wasm", import.meta.url));
const stamp = `${target}.json`;
const recipe = fileURLToPath(new URL("./hooks.mjs", import.meta.url));

/**
 * Builds the hooked engine core unless it is there already, made from the same input by the same recipe.
 *
 * @returns {Promise<"built" | "ready">}
 * @throws {Error} when v86 is not installed or has changed its shape
 */
export async function ensureCore() {
  if (!existsSync(source)) throw new Error("the package v86 is not installed: run npm ci");
  const core = readFileSync(source);
  const key = createHash("sha256").update(core).update(readFileSync(recipe)).digest("hex");
  if (existsSync(target) && existsSync(stamp) && JSON.parse(readFileSync(stamp, "utf8")).key === key)
    return "ready";
  const { addHooks, nameBuild } = await import("./hooks.mjs");
  const plain = addHooks(core);
  const build = createHash("sha256").update(plain).digest("hex").slice(0, 16);
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  const hooked = nameBuild(plain, `v86 ${version}, core ${build}`);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.part`, hooked);
  renameSync(`${target}.part`, target);
  writeFileSync(stamp, JSON.stringify({ key, build, bytes: hooked.length }));
  return "built";
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const started = Date.now();
  console.log(`engine core: ${await ensureCore()} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

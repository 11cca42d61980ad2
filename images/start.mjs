// @ts-check
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, preview } from "vite";
import { ensureCore } from "../wasm/build.mjs";
import { ensureImages } from "./build.mjs";

const stamp = "dist/.sources";
const inputs = ["src", "public", "index.html", "vite.config.ts", "package-lock.json"];

/** @param {string} path @returns {string[]} */
function files(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => files(join(path, name)));
}

/** Changes whenever the site would be built differently. Large images are told by size and time alone. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const file of inputs.flatMap(files)) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file}\0${size}\0`);
    hash.update(size > 1 << 20 ? String(mtimeMs) : readFileSync(file));
  }
  return hash.digest("hex");
}

/** @template T @param {string} what @param {() => Promise<T>} work */
async function step(what, work) {
  const started = Date.now();
  const result = await work();
  console.log(`${what} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return result;
}

await step("engine core ready", ensureCore);
const images = await step("guest images checked", () => ensureImages());
if (images.kind === "missing") {
  console.log(`\nNot built: ${images.what.join(", ")}.\n${images.wayOut}`);
  console.log("The page is served all the same: the machine own-disk takes a disk image of yours.\n");
}
const wanted = fingerprint();
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  await step("site built", () => build({ logLevel: "error" }));
  writeFileSync(stamp, wanted);
}
const server = await preview({
  preview: {
    host: process.env["HOST"] ?? "127.0.0.1",
    ...(process.env["PORT"] ? { port: Number(process.env["PORT"]) } : {}),
  },
});
const address = server.resolvedUrls?.local[0] ?? `http://localhost:${server.config.preview.port}/`;
console.log(`\nTabvisor is at ${address}`);

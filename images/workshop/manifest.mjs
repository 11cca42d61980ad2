// @ts-check
// public/images/manifest.json: what was built, from what, under which licence. Its shape is
// documented in images/README.md.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { hasEveryPart } from "./parts.mjs";

/** @typedef {import("./recipes.mjs").Product} Product */

/**
 * @typedef {{ package: string, version: string, architecture: string, sha256: string, licence: string }} Source
 * @typedef {{
 *   key: string, kind: string, file: string, purpose: string, size: number, sha256: string,
 *   compression?: "gzip", uncompressedSize?: number, uncompressedSha256?: string,
 *   commandLine?: string, recipe: string, recipeHash: string, licence: string, sources: Source[],
 * }} Artefact
 * @typedef {{ format: 1, artefacts: Artefact[] }} Manifest
 */

/** Where the manifest lies below public/. */
export const manifestFile = "images/manifest.json";

/** Kind of an artefact that is an index of parts. */
export const partsKind = "disk-parts";

/** From each package's debian/copyright: the licence of the parts that end up in an artefact. */
const licences = new Map([
  ["seabios", "LGPL-3.0-only"],
  ["busybox-static", "GPL-2.0-only"],
  ["base-files", "GPL-2.0-or-later"],
  ["hyperv-daemons", "GPL-2.0-only"],
  ["bash", "GPL-3.0-or-later"],
  ["libtinfo6", "X11"],
  ["ncurses-base", "X11"],
  ["e2fsprogs", "GPL-2.0-only"],
  ["libext2fs2", "LGPL-2.0-only"],
  ["libcom-err2", "MIT"],
  ["libblkid1", "LGPL-2.1-or-later"],
  ["libuuid1", "BSD-3-Clause"],
  ["libc6", "LGPL-2.1-or-later"],
  ["console-data", "GPL-2.0-or-later"],
  ["syslinux", "GPL-2.0-or-later"],
  ["memtest86+", "GPL-2.0-only"],
]);

const ours = "MIT";

/**
 * @param {Product} product
 * @param {{ recipe: string, recipeHash: string }} made
 * @returns {Artefact}
 */
export function describeProduct(product, made) {
  const { key, kind, file, purpose, bytes, uncompressed, commandLine } = product;
  const sources = product.sources.map(({ name, version, architecture, sha256 }) => ({
    package: name,
    version,
    architecture,
    sha256,
    licence: licences.get(name) ?? (name.startsWith("linux-image-") ? "GPL-2.0-only" : "unknown"),
  }));
  const licence = [...new Set(sources.map((source) => source.licence))].sort().join(" AND ") || ours;
  return {
    key,
    kind,
    file,
    purpose,
    size: bytes.length,
    sha256: sha256(bytes),
    ...(uncompressed === undefined
      ? {}
      : {
          compression: /** @type {const} */ ("gzip"),
          uncompressedSize: uncompressed.length,
          uncompressedSha256: sha256(uncompressed),
        }),
    ...(commandLine === undefined ? {} : { commandLine }),
    ...made,
    licence,
    sources,
  };
}

/**
 * @param {string} publicFolder
 * @returns {Manifest} an empty one if there is none or it cannot be read
 */
export function readManifest(publicFolder) {
  try {
    const read = JSON.parse(readFileSync(join(publicFolder, manifestFile), "utf8"));
    if (read.format === 1 && Array.isArray(read.artefacts)) return read;
  } catch {
    // Absent or damaged: everything is built again.
  }
  return { format: 1, artefacts: [] };
}

/**
 * @param {string} publicFolder
 * @param {Artefact} artefact
 * @returns {boolean} its file is there in full, and so are the parts it names
 */
export function isPresent(publicFolder, artefact) {
  const path = join(publicFolder, artefact.file);
  if (statSync(path, { throwIfNoEntry: false })?.size !== artefact.size) return false;
  return artefact.kind !== partsKind || hasEveryPart(path);
}

/** @param {Uint8Array} bytes @returns {string} */
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

// @ts-check
// A disk cut into pieces that a static host serves one by one: the page opens it at once and fetches what
// the guest reads. The shape of the index is documented in images/README.md.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

/**
 * @typedef {{ file: string | null, bytes: number, sha256: string | null }} Part
 *   `file`: beside the index; `null` for a part of zeros. `bytes`: of the file. `sha256`: of the part itself.
 * @typedef {{ format: 1, byteLength: number, chunkBytes: number, hash: string, parts: Part[] }} PartsIndex
 * @typedef {{ file: string, bytes: Buffer }} Written `file`: path below public/
 */

/** Bytes of a part, inflated. Reason: a guest that boots reads about a tenth of its disk, in runs of this size. */
const chunkBytes = 1 << 20;

const zeros = Buffer.alloc(chunkBytes);

/**
 * Cuts a disk into parts. Equal disks give equal files. Parts are named by their contents, so that no cache
 * can ever mix two builds, and equal parts are one file.
 *
 * @param {Buffer} disk the whole file; a VHD with its footer, by which differencing disks know it
 * @param {string} folder below public/, e.g. `images/system-disk`
 * @returns {{ index: Written, parts: Written[] }}
 */
export function cutIntoParts(disk, folder) {
  /** @type {Map<string, Written>} */
  const files = new Map();
  /** @type {Part[]} */
  const parts = [];
  for (let at = 0; at < disk.length; at += chunkBytes) {
    const chunk = disk.subarray(at, at + chunkBytes);
    if (chunk.equals(zeros.subarray(0, chunk.length))) {
      parts.push({ file: null, bytes: 0, sha256: null });
      continue;
    }
    const hash = sha256(chunk);
    const name = `${hash.slice(0, 16)}.gz`;
    const written = files.get(name) ?? { file: `${folder}/${name}`, bytes: gzipSync(chunk, { level: 9 }) };
    files.set(name, written);
    parts.push({ file: name, bytes: written.bytes.length, sha256: hash });
  }
  /** @type {PartsIndex} */
  const index = { format: 1, byteLength: disk.length, chunkBytes, hash: sha256(disk), parts };
  const text = `${JSON.stringify(index, undefined, 1)}\n`;
  return {
    index: { file: `${folder}/index.json`, bytes: Buffer.from(text) },
    parts: [...files.values()],
  };
}

/**
 * @param {string} path of an index
 * @returns {boolean} every part it names lies beside it in full
 */
export function hasEveryPart(path) {
  try {
    /** @type {PartsIndex} */
    const { parts } = JSON.parse(readFileSync(path, "utf8"));
    return parts.every(
      ({ file, bytes }) =>
        file === null ||
        statSync(join(dirname(path), basename(file)), { throwIfNoEntry: false })?.size === bytes,
    );
  } catch {
    return false;
  }
}

/**
 * Removes what earlier builds left beside an index.
 *
 * @param {string} path of the index
 */
export function removeOtherParts(path) {
  if (!existsSync(path)) return;
  /** @type {PartsIndex} */
  const { parts } = JSON.parse(readFileSync(path, "utf8"));
  const wanted = new Set([basename(path), ...parts.map(({ file }) => file)]);
  for (const name of readdirSync(dirname(path))) {
    if (!wanted.has(name)) rmSync(join(dirname(path), name));
  }
}

/** @param {Uint8Array} bytes @returns {string} */
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

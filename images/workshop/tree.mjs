// @ts-check
// A guest file tree as data: owner, mode and device numbers live here, not in the host's file
// system, so nobody needs root. Written out as a cpio archive here, as a file system in ext4.mjs.
import { posix } from "node:path";

/**
 * @typedef {{ kind: "folder", mode: number }
 *   | { kind: "file", mode: number, bytes: Uint8Array }
 *   | { kind: "link", target: string }
 *   | { kind: "device", mode: number, major: number, minor: number }} Entry
 *   Everything belongs to root; devices are character devices.
 * @typedef {Map<string, Entry>} Tree keys: absolute paths without the leading slash
 */

/**
 * @param {Tree} tree
 * @param {string} path
 * @param {Entry} entry missing parent folders are added with mode 755
 */
export function put(tree, path, entry) {
  const parent = posix.dirname(path);
  if (parent !== "." && !tree.has(parent)) put(tree, parent, { kind: "folder", mode: 0o755 });
  tree.set(path, entry);
}

/**
 * @param {Tree} tree
 * @returns {[string, Entry][]} sorted by path, so that a folder comes before what is in it
 */
export function sorted(tree) {
  return [...tree].sort(([left], [right]) => (left < right ? -1 : 1));
}

/**
 * Writes the tree as a `newc` cpio archive: root owned, all times zero, sorted, so equal trees
 * give equal bytes. A record for the root folder itself gives that its mode.
 *
 * @param {Tree} tree
 * @returns {Buffer}
 */
export function toCpio(tree) {
  /** @type {[string, Entry][]} */
  const entries = [[".", { kind: "folder", mode: 0o755 }], ...sorted(tree)];
  const parts = entries.flatMap(([path, entry], index) => record(path, entry, index + 1));
  const whole = Buffer.concat([...parts, ...record("TRAILER!!!", undefined, 0)]);
  return Buffer.concat([whole, Buffer.alloc(-whole.length & 511)]);
}

const typeBits = { folder: 0o040000, file: 0o100000, link: 0o120000, device: 0o020000 };

/**
 * @param {string} path
 * @param {Entry | undefined} entry undefined: the end record
 * @param {number} inode
 * @returns {Buffer[]}
 */
function record(path, entry, inode) {
  const content =
    entry?.kind === "file"
      ? entry.bytes
      : entry?.kind === "link"
        ? Buffer.from(entry.target)
        : Buffer.alloc(0);
  const mode = entry === undefined ? 0 : typeBits[entry.kind] | (entry.kind === "link" ? 0o777 : entry.mode);
  const device = entry?.kind === "device" ? entry : { major: 0, minor: 0 };
  const links = entry?.kind === "folder" ? 2 : 1;
  const name = Buffer.from(`${path}\0`);
  const numbers = [
    inode,
    mode,
    0,
    0,
    links,
    0,
    content.length,
    0,
    0,
    device.major,
    device.minor,
    name.length,
    0,
  ];
  const header = `070701${numbers.map((value) => value.toString(16).padStart(8, "0")).join("")}`;
  const pad = (/** @type {number} */ length) => Buffer.alloc(-length & 3);
  return [
    Buffer.from(header),
    name,
    pad(header.length + name.length),
    Buffer.from(content),
    pad(content.length),
  ];
}

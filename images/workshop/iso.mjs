// @ts-check
// A disc image from a tree. Own words after ECMA-119 (ISO 9660): 2048-byte blocks, every number in both byte orders,
// names of up to 31 characters in capital letters, which Linux shows in small ones. Hyphens stay in them: readers
// take more than the standard allows.
import { posix } from "node:path";
import { BuildFailure } from "./run.mjs";
import { sorted } from "./tree.mjs";

/** @typedef {import("./tree.mjs").Tree} Tree */
/** @typedef {{ path: string, bytes: Uint8Array | null, at: number, length: number }} Item `bytes`: null for a folder */

const block = 2048;
/** Blocks before the first descriptor, for whoever starts from a disc. */
const systemArea = 16;
const primaryAt = systemArea;
const terminatorAt = systemArea + 1;
const littleTableAt = systemArea + 2;
const bigTableAt = systemArea + 3;
const itemsAt = systemArea + 4;
const longestName = 31;
/** Year, month, day, hour, minute, second, zone of every file: 2024-01-01. */
const recorded = [124, 1, 1, 0, 0, 0, 0];

/**
 * Equal trees give equal bytes. Owners, modes and links have no place on such a disc.
 *
 * @param {Tree} tree folders and files only
 * @param {string} label volume name, up to 32 capital letters, digits and underscores
 * @returns {Buffer}
 */
export function makeIso(tree, label) {
  const items = placeItems(tree);
  const end = Math.max(...items.map(({ at, length }) => at + blocksOf(length)));
  const image = Buffer.alloc(end * block);
  for (const item of items) {
    const contents = item.bytes ?? folderRecords(item, items);
    image.set(contents, item.at * block);
  }
  const folders = items.filter(({ bytes }) => bytes === null).sort(byDepth);
  const tables = { little: pathTable(folders, "little"), big: pathTable(folders, "big") };
  if (tables.little.length > block) throw new BuildFailure("a disc has too many folders for its path table");
  image.set(tables.little, littleTableAt * block);
  image.set(tables.big, bigTableAt * block);
  image.set(
    descriptor({ label, blocks: end, tableBytes: tables.little.length, root: itemAt(items, "") }),
    primaryAt * block,
  );
  image.set([255, ...latin("CD001"), 1], terminatorAt * block);
  return image;
}

/**
 * @param {Tree} tree
 * @returns {Item[]} the root first, each with its place
 */
function placeItems(tree) {
  /** @type {Item[]} */
  const items = [{ path: "", bytes: null, at: 0, length: 0 }];
  for (const [path, entry] of sorted(tree)) {
    if (entry.kind !== "folder" && entry.kind !== "file")
      throw new BuildFailure(`a disc cannot hold ${path}`);
    const bytes = entry.kind === "file" ? entry.bytes : null;
    items.push({ path, bytes, at: 0, length: bytes?.length ?? 0 });
  }
  let at = itemsAt;
  for (const item of items) {
    if (item.bytes === null) item.length = folderBytes(item, items);
    item.at = at;
    at += blocksOf(item.length);
  }
  return items;
}

/** @param {number} length @returns {number} an empty file has a block of its own, so that no two share a place */
function blocksOf(length) {
  return Math.max(1, Math.ceil(length / block));
}

/** @param {readonly Item[]} items @param {string} path @returns {Item} */
function itemAt(items, path) {
  const found = items.find((item) => item.path === path);
  if (found === undefined) throw new BuildFailure(`a disc lacks the folder ${path}`);
  return found;
}

/** @param {string} path @returns {string} the root is its own parent */
function parentOf(path) {
  const parent = posix.dirname(path);
  return parent === "." ? "" : parent;
}

/** @param {Item} folder @param {readonly Item[]} items @returns {Item[]} what is in it, in the order of names */
function inside(folder, items) {
  const found = items.filter((item) => item.path !== "" && parentOf(item.path) === folder.path);
  return found.sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
}

/** @param {Item} item @returns {string} */
function nameOf({ path, bytes }) {
  const name = posix.basename(path).toUpperCase();
  if (name.length > longestName) throw new BuildFailure(`the name ${name} is too long for a disc`);
  return bytes === null ? name : `${name}${name.includes(".") ? "" : "."};1`;
}

/** @param {Item} folder @param {readonly Item[]} items @returns {number[][]} */
function recordsOf(folder, items) {
  const parent = itemAt(items, parentOf(folder.path));
  return [
    record(folder, [0]),
    record(parent, [1]),
    ...inside(folder, items).map((item) => record(item, latin(nameOf(item)))),
  ];
}

/** @param {Item} folder @param {readonly Item[]} items @returns {number} */
function folderBytes(folder, items) {
  return packed(recordsOf(folder, items)).length;
}

/** @param {Item} folder @param {readonly Item[]} items @returns {Buffer} */
function folderRecords(folder, items) {
  return packed(recordsOf(folder, items));
}

/** @param {number[][]} records @returns {Buffer} whole blocks; no record crosses from one to the next */
function packed(records) {
  /** @type {number[]} */
  const out = [];
  for (const bytes of records) {
    const left = block - (out.length % block);
    if (bytes.length > left) out.push(...Array(left).fill(0));
    out.push(...bytes);
  }
  return Buffer.concat([Buffer.from(out), Buffer.alloc((block - (out.length % block)) % block)]);
}

/** @param {Item} item @param {readonly number[]} name @returns {number[]} a directory record (9.1) */
function record(item, name) {
  const flags = item.bytes === null ? 2 : 0;
  const padding = name.length % 2 === 0 ? [0] : [];
  const body = [0, ...both32(item.at), ...both32(item.length), ...recorded, flags, 0, 0, ...both16(1)];
  const bytes = [...body, name.length, ...name, ...padding];
  return [bytes.length + 1, ...bytes];
}

/** @param {Item} left @param {Item} right @returns {number} the order of path tables (6.9.1) */
function byDepth(left, right) {
  const depth = (/** @type {Item} */ { path }) => (path === "" ? 0 : path.split("/").length);
  return depth(left) - depth(right) || (left.path < right.path ? -1 : 1);
}

/** @param {readonly Item[]} folders @param {"little" | "big"} order @returns {Buffer} (9.4) */
function pathTable(folders, order) {
  const entries = folders.flatMap((folder) => {
    const name = folder.path === "" ? [0] : latin(nameOf(folder));
    const parent = 1 + folders.findIndex(({ path }) => path === parentOf(folder.path));
    const numbers =
      order === "little"
        ? [...little(folder.at, 4), ...little(parent, 2)]
        : [...big(folder.at, 4), ...big(parent, 2)];
    return [name.length, 0, ...numbers, ...name, ...(name.length % 2 === 0 ? [] : [0])];
  });
  return Buffer.from(entries);
}

/**
 * @param {{ label: string, blocks: number, tableBytes: number, root: Item }} volume
 * @returns {Buffer} the primary volume descriptor (8.4)
 */
function descriptor({ label, blocks, tableBytes, root }) {
  const out = Buffer.alloc(block);
  out.set([1, ...latin("CD001"), 1]);
  out.fill(0x20, 8, 72);
  out.set(latin(label), 40);
  out.set(both32(blocks), 80);
  out.set(both16(1), 120);
  out.set(both16(1), 124);
  out.set(both16(block), 128);
  out.set(both32(tableBytes), 132);
  out.set(little(littleTableAt, 4), 140);
  out.set(big(bigTableAt, 4), 148);
  out.set(record(root, [0]), 156);
  out.fill(0x20, 190, 813);
  out.set(latin("2024010100000000\0"), 813);
  for (const place of [830, 847, 864]) out.set(latin(`${"0".repeat(16)}\0`), place);
  out[881] = 1;
  return out;
}

/** @param {string} text @returns {number[]} */
function latin(text) {
  return [...Buffer.from(text, "latin1")];
}

/** @param {number} value @param {number} bytes @returns {number[]} */
function little(value, bytes) {
  return Array.from({ length: bytes }, (_, place) => (value >>> (8 * place)) & 0xff);
}

/** @param {number} value @param {number} bytes @returns {number[]} */
function big(value, bytes) {
  return little(value, bytes).reverse();
}

/** @param {number} value @returns {number[]} */
function both16(value) {
  return [...little(value, 2), ...big(value, 2)];
}

/** @param {number} value @returns {number[]} */
function both32(value) {
  return [...little(value, 4), ...big(value, 4)];
}

import { expect, test } from "vitest";
import { makeIso } from "../../../images/workshop/iso.mjs";
import { put, type Tree } from "../../../images/workshop/tree.mjs";

const block = 2048;

/** What a reader finds: files by path, from the records of folders alone. @ecma-119 9.1 */
function read(image: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const walk = (at: number, length: number, prefix: string): void => {
    for (let place = at; place < at + length; ) {
      const size = image[place] ?? 0;
      if (size === 0) {
        place += block - (place % block);
        continue;
      }
      const start = image.readUInt32LE(place + 2) * block;
      const bytes = image.readUInt32LE(place + 10);
      expect([image.readUInt32BE(place + 6) * block, image.readUInt32BE(place + 14)]).toEqual([start, bytes]);
      // No record crosses from one block to the next.
      expect(Math.floor(place / block)).toBe(Math.floor((place + size - 1) / block));
      const name = image.toString("latin1", place + 33, place + 33 + (image[place + 32] ?? 0));
      const folder = ((image[place + 25] ?? 0) & 2) !== 0;
      if (folder && name !== "\0" && name !== "\x01") walk(start, bytes, `${prefix}${name}/`);
      if (!folder) files.set(`${prefix}${name}`, image.subarray(start, start + bytes));
      place += size;
    }
  };
  const descriptor = 16 * block;
  expect(image.toString("latin1", descriptor + 1, descriptor + 6)).toBe("CD001");
  expect(image.readUInt32LE(descriptor + 80) * block).toBe(image.length);
  walk(image.readUInt32LE(descriptor + 158) * block, image.readUInt32LE(descriptor + 166), "");
  return files;
}

function treeOf(files: Readonly<Record<string, string>>): Tree {
  const tree: Tree = new Map();
  for (const [path, text] of Object.entries(files))
    put(tree, path, { kind: "file", mode: 0o444, bytes: Buffer.from(text) });
  return tree;
}

test("a reader finds every file of every folder, in capital letters", () => {
  const image = makeIso(
    treeOf({
      "readme.txt": "read",
      "a/b/deep.ko": "deep",
      "a/empty": "",
      "a/hyphen-ed.ko": "x".repeat(5000),
    }),
    "LABEL",
  );
  const files = read(image);
  expect([...files.keys()].sort()).toEqual([
    "A/B/DEEP.KO;1",
    "A/EMPTY.;1",
    "A/HYPHEN-ED.KO;1",
    "README.TXT;1",
  ]);
  expect(files.get("A/B/DEEP.KO;1")?.toString()).toBe("deep");
  expect(files.get("A/HYPHEN-ED.KO;1")?.length).toBe(5000);
  expect(image.toString("latin1", 16 * block + 40, 16 * block + 72).trimEnd()).toBe("LABEL");
});

test("a folder of many files takes more than one block", () => {
  const names = Array.from({ length: 120 }, (_, place) => `module-number-${place}.ko`);
  const files = read(makeIso(treeOf(Object.fromEntries(names.map((name) => [`all/${name}`, name]))), "MANY"));
  expect(files.size).toBe(names.length);
  for (const name of names) expect(files.get(`ALL/${name.toUpperCase()};1`)?.toString()).toBe(name);
});

test("equal trees give equal bytes; what has no place on a disc is refused", () => {
  const made = () => makeIso(treeOf({ "one.txt": "1" }), "L");
  expect(made().equals(made())).toBe(true);
  expect(() => makeIso(new Map([["l", { kind: "link", target: "x" }]]), "L")).toThrow("cannot hold l");
  expect(() => makeIso(treeOf({ ["n".repeat(40)]: "" }), "L")).toThrow("too long");
});

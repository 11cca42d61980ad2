import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { guid } from "../../../src/support/index.ts";
import { checkedSet } from "../../../src/vmms/drives/rules.ts";
import { catalogue, stockImages } from "../../../src/vmms/index.ts";
import { nameFault } from "../../../src/vmms/library/names.ts";

interface ManifestFile {
  readonly file: string;
  readonly commandLine?: string;
}

/** Every entry of the built manifest, wherever it stands. */
function manifestFiles(): readonly ManifestFile[] {
  const path = "public/images/manifest.json";
  if (!existsSync(path)) throw new Error(`${path} is missing: run npm run images`);
  const found: ManifestFile[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { file, path: place, commandLine } = value as Record<string, unknown>;
    const name = typeof file === "string" ? file : place;
    if (typeof name === "string")
      found.push({ file: name, ...(typeof commandLine === "string" ? { commandLine } : {}) });
    for (const child of Object.values(value)) walk(child);
  };
  walk(JSON.parse(readFileSync(path, "utf8")));
  return found;
}

test("identities are GUIDs, names are different, and both stay apart", () => {
  const ids = catalogue.map(({ id }) => guid(id));
  expect(ids).toEqual(catalogue.map(({ id }) => id));
  expect(new Set(ids).size).toBe(catalogue.length);
  expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
});

test("drives hang where there is a place, each at its own, and fit their controllers", () => {
  for (const { drives, scsiControllers } of catalogue) {
    expect(checkedSet({ drives, scsiControllers }).drives).toEqual(drives);
    // Hyper-V gives every machine a DVD drive.
    expect(drives.filter(({ kind }) => kind === "dvd")).toHaveLength(1);
  }
});

test("every file in a drive is a first disk of its machine, on an image of the site, under a name of its own", () => {
  const firstDisks = catalogue.flatMap((vm) => vm.firstDisks);
  for (const { drives, firstDisks: own } of catalogue) {
    // Discs and diskettes are used as they are.
    const files = drives.flatMap(({ kind, medium }) =>
      medium.kind === "file" && kind === "disk" ? [medium.name] : [],
    );
    for (const { kind, medium } of drives)
      if (kind !== "disk" && medium.kind === "file")
        expect(stockImages.map(({ name }) => name)).toContain(medium.name);
    expect(files.sort()).toEqual(own.map(({ name }) => name).sort());
  }
  const names = [...firstDisks, ...stockImages].map(({ name }) => name);
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  for (const name of names) expect(nameFault(name)).toBeNull();
  for (const { parent } of firstDisks) expect(stockImages.map(({ name }) => name)).toContain(parent);
});

test("memory is whole pages, and a BIOS has a disk or diskette to start from, or takes one", () => {
  for (const { memoryBytes, boot, drives, takesDisk } of catalogue) {
    expect(memoryBytes % 4096).toBe(0);
    expect(memoryBytes).toBeGreaterThanOrEqual(64 * 2 ** 20);
    if (boot.kind !== "bios" || takesDisk === true) continue;
    const first = drives.find(({ slot }) => slot.controller === "IDE" && slot.number + slot.location === 0);
    const diskette = drives.find(({ kind }) => kind === "floppy");
    if (diskette === undefined) expect(first?.kind).toBe("disk");
    else expect([diskette.medium.kind, boot.bootOrder?.[0]]).toEqual(["file", "floppy"]);
  }
});

test("the kernel's parameters are those that the images were made for", () => {
  const kernels = manifestFiles().filter(({ file }) => /vmlinux/.test(file));
  expect(kernels.length).toBeGreaterThan(0);
  for (const { boot } of catalogue) {
    if (boot.kind !== "linux") continue;
    for (const { commandLine } of kernels) {
      expect(commandLine).toBeTypeOf("string");
      expect(boot.commandLine).toBe(commandLine);
    }
    expect(boot.commandLine.length).toBeLessThan(2048);
  }
});

test("every file a machine starts from is one that the images recipe builds", () => {
  const built = manifestFiles().map(({ file }) => file.replace(/^.*\//, ""));
  const wanted = catalogue.flatMap(({ boot }) =>
    boot.kind === "linux" ? [boot.kernel, boot.initrd ?? ""] : [],
  );
  for (const path of wanted) expect(built).toContain(path.replace(/^.*\//, ""));
  for (const { index } of stockImages) expect(existsSync(`public/${index}`)).toBe(true);
});

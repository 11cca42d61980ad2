import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { guid } from "../../../src/support/index.ts";
import { catalogue } from "../../../src/vmms/index.ts";

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

test("no two disks of a machine hang at the same place, and all hang where there is one", () => {
  for (const { name, disks } of catalogue) {
    const places = disks.map(({ controller, slot }) => `${name} ${controller} ${slot}`);
    expect(new Set(places).size).toBe(places.length);
    for (const { controller, slot } of disks) expect(slot).toBeLessThan(controller === "IDE" ? 2 : 64);
    expect(new Set(disks.map((disk) => disk.name)).size).toBe(disks.length);
  }
});

test("memory is whole pages, RAM disks are whole sectors, and a BIOS has a disk to start from", () => {
  for (const { memoryBytes, boot, disks } of catalogue) {
    expect(memoryBytes % 4096).toBe(0);
    expect(memoryBytes).toBeGreaterThanOrEqual(64 * 2 ** 20);
    for (const { source } of disks) if (source.kind === "ram") expect(source.byteLength % 512).toBe(0);
    if (boot.kind === "bios")
      expect(disks.some(({ controller, slot }) => controller === "IDE" && slot === 0)).toBe(true);
  }
});

test("the kernel's parameters are those that the images were made for", () => {
  const kernels = manifestFiles().filter(({ file }) => /vmlinux/.test(file));
  expect(kernels.length).toBeGreaterThan(0);
  for (const { boot } of catalogue) {
    if (boot.kind !== "linux") continue;
    for (const { commandLine } of kernels) {
      expect(commandLine).toBeTypeOf("string");
      // A machine may add parameters of its own.
      expect(`${boot.commandLine} `.startsWith(`${commandLine} `)).toBe(true);
    }
    expect(boot.commandLine.length).toBeLessThan(2048);
  }
});

test("every file a machine starts from is one that the images recipe builds", () => {
  const built = manifestFiles().map(({ file }) => file.replace(/^.*\//, ""));
  const wanted = catalogue.flatMap(({ boot, disks }) => [
    ...(boot.kind === "linux" ? [boot.kernel, boot.initrd] : []),
    ...disks.flatMap(({ source }) => (source.kind === "image" ? [source.path] : [])),
  ]);
  for (const path of wanted) expect(built).toContain(path.replace(/^.*\//, ""));
});

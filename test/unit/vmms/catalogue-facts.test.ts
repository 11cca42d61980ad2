import { existsSync, readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { catalogue } from "../../../src/vmms/catalogue.ts";
import { catalogueFacts } from "../../../src/vmms/catalogue-facts.ts";

const readBuilt = async (path: string): Promise<string> => {
  if (!existsSync(`public/${path}`)) throw new Error(`public/${path} is missing: run npm run images`);
  return readFileSync(`public/${path}`, "utf8");
};
const sizeOf = (...paths: readonly string[]): number =>
  paths.reduce((sum, path) => sum + statSync(`public/${path}`).size, 0);

test("every guest has its picture, devices and packages; downloads are the files of the site, to the byte", async () => {
  const entries = await catalogueFacts(catalogue, readBuilt);
  expect(entries.map(({ name }) => name)).toEqual(catalogue.map(({ name }) => name));
  const debian = entries.find(({ name }) => name === "debian");
  const first = sizeOf("images/vmlinux.gz", "images/initramfs.cpio.gz", "firmware/dsdt.aml");
  expect(debian?.download?.firstBytes).toBe(first);
  const index = JSON.parse(await readBuilt("images/data-disk/index.json"));
  const files: readonly string[] = index.parts.flatMap((part: { file: string | null }) => part.file ?? []);
  const parts = sizeOf(...new Set(files.map((file) => `images/data-disk/${file}`)));
  expect(debian?.download?.diskBytes).toBe(parts + sizeOf("images/data-disk/index.json"));
  expect(debian?.synthetic.join()).toMatch(/hv_storvsc.*hv_netvsc.*hv_utils/);
  expect(debian?.sources.map(({ name }) => name)).toContain("busybox-static");
  for (const { emulated, sources, download } of entries) {
    expect(emulated).toContain("serial port");
    expect(download).not.toBeNull();
    expect(new Set(sources.map(({ name }) => name)).size).toBe(sources.length);
  }
});

test("what a guest drives how follows from what its system has", async () => {
  const entries = await catalogueFacts(catalogue, readBuilt);
  const of = (name: string) => entries.find((entry) => entry.name === name);
  expect(of("debian")?.synthetic).toContain("screen (hyperv_drm)");
  expect(of("debian")?.emulated).not.toContain("VGA screen");
  const legacy = of("debian-legacy");
  expect(legacy?.picture).toBe("legacy");
  expect(legacy?.emulated).toEqual(
    expect.arrayContaining(["VGA screen", "PS/2 keyboard and mouse", "IDE disk", "NE2000 network card"]),
  );
  expect(legacy?.synthetic[0]).toMatch(/^once integration services are installed: disks/);
  const memtest = of("memtest");
  expect(memtest?.emulated).toContain("diskette drive");
  expect(memtest?.synthetic).toEqual([]);
  expect(memtest?.prompt).toBeNull();
  expect(of("own-disk")?.synthetic).toEqual([]);
});

test.each([
  ["is missing", () => Promise.reject(new Error("404"))],
  ["is no JSON", async () => "<html>"],
  ["is something else", async () => '{"format":1,"artefacts":[null,7,{"file":1},{"file":"x","size":-1}]}'],
])("where the manifest %s the download is not known, and the rest is there", async (_what, siteText) => {
  const entries = await catalogueFacts(catalogue, siteText);
  expect(entries).toHaveLength(catalogue.length);
  for (const { download, sources } of entries) {
    expect(download).toBeNull();
    expect(sources).toEqual([]);
  }
});

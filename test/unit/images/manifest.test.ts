import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ensureImages } from "../../../images/build.mjs";
import { describeProduct, readManifest } from "../../../images/workshop/manifest.mjs";
import { recipes } from "../../../images/workshop/recipes.mjs";

const publicFolder = fileURLToPath(new URL("../../../public", import.meta.url));
const hash = /^[0-9a-f]{64}$/;

const kernel = {
  name: "linux-image-6.1.0-50-686",
  version: "6.1.176-1",
  architecture: "i386",
  file: "x.deb",
  sha256: "00".repeat(32),
  folder: "",
};

test("an artefact is described by its content and its sources", () => {
  const made = describeProduct(
    {
      key: "vmlinux",
      kind: "kernel-elf",
      file: "images/vmlinux.gz",
      purpose: "to be tested",
      bytes: Buffer.from("packed"),
      uncompressed: Buffer.from("unpacked"),
      sources: [kernel],
      commandLine: "console=ttyS0",
    },
    { recipe: "kernel", recipeHash: "11".repeat(32) },
  );
  expect(made).toEqual({
    key: "vmlinux",
    kind: "kernel-elf",
    file: "images/vmlinux.gz",
    purpose: "to be tested",
    size: 6,
    sha256: "88cb8a087b6e8cebfc9ae5602f5a2159a6bcf923e7f2c56809bcda6cad1727a7",
    compression: "gzip",
    uncompressedSize: 8,
    uncompressedSha256: expect.stringMatching(hash),
    commandLine: "console=ttyS0",
    recipe: "kernel",
    recipeHash: "11".repeat(32),
    licence: "GPL-2.0-only",
    sources: [
      {
        package: "linux-image-6.1.0-50-686",
        version: "6.1.176-1",
        architecture: "i386",
        sha256: "00".repeat(32),
        licence: "GPL-2.0-only",
      },
    ],
  });
});

test("a recipe comes after those it needs", () => {
  for (const [index, { needs }] of recipes.entries()) {
    const before = recipes.slice(0, index).map(({ name }) => name);
    expect(before).toEqual(expect.arrayContaining([...needs]));
  }
});

test("an unknown recipe is answered with a sentence and the names there are", async () => {
  const outcome = await ensureImages({ only: ["nonsense"], say: () => {} });
  expect(outcome).toMatchObject({ kind: "missing", what: [expect.stringContaining("nonsense")] });
  expect(outcome.kind === "missing" && outcome.wayOut).toContain("initramfs");
});

test("the built manifest, if there is one, has the documented shape", () => {
  const { format, artefacts } = readManifest(publicFolder);
  expect(format).toBe(1);
  expect(new Set(artefacts.map(({ key }) => key)).size).toBe(artefacts.length);
  for (const artefact of artefacts) {
    expect(artefact.file).toMatch(/^(images|firmware)(\/[\w-]+)*\/[\w.-]+$/);
    expect(existsSync(`${publicFolder}/${artefact.file}`)).toBe(true);
    expect(artefact.size).toBeGreaterThan(0);
    expect(artefact.sha256).toMatch(hash);
    expect(artefact.recipeHash).toMatch(hash);
    expect(artefact.file.endsWith(".gz")).toBe(artefact.compression === "gzip");
    expect(artefact.uncompressedSize !== undefined).toBe(artefact.compression === "gzip");
    expect(artefact.kind.startsWith("kernel-") ? artefact.commandLine : "console=").toContain("console=");
    for (const source of artefact.sources) {
      expect(source.sha256).toMatch(hash);
      expect(source.version).not.toBe("");
      expect(source.licence).not.toBe("unknown");
    }
  }
});

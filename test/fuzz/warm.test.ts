import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDescriptor } from "../../src/vmms/warm/descriptor.ts";

const good = {
  format: 1,
  id: "0123456789abcdef",
  bytes: 1,
  images: [{ path: "images/vmlinux.gz", sha256: "a".repeat(64) }],
  pages: "images/warm/debian/pages/index.json",
  devices: "images/warm/debian/devices/index.json",
  disks: [{ name: "debian.vhd", index: "images/warm/debian/disk0/index.json" }],
};

/** The sentence of a refusal; `null` when it was read. */
function refusal(text: string): string | null {
  try {
    parseDescriptor(text);
    return null;
  } catch (failure) {
    return failure instanceof Error ? failure.message : "something that is no error";
  }
}

test("whatever a site describes is read or refused with a sentence", () => {
  expect(refusal(JSON.stringify(good))).toBe(null);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(refusal(text)).not.toBe(null);
    }),
  );
});

test("a description in which anything is something else never leads out of the site's folders", () => {
  const names = Object.keys(good);
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, value) => {
      const text = JSON.stringify({ ...good, [name]: value });
      try {
        const { pages, devices, disks, images } = parseDescriptor(text);
        const paths = [pages, devices, ...disks.map(({ index }) => index), ...images.map(({ path }) => path)];
        for (const path of paths) expect(path).toMatch(/^(images|firmware)\/(?!.*\.\.)/);
      } catch (failure) {
        expect(failure).toBeInstanceOf(Error);
      }
    }),
    { numRuns: 500 },
  );
});

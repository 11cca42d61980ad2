import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type BlockFile,
  createDifferencingVhd,
  createDynamicVhd,
  type Disk,
  type DiskStatus,
} from "../../../src/storage/index.ts";
import { readPlainVhd } from "../../lab/plain-vhd.ts";
import { bytesFile } from "../../lab/power-cut.ts";
import { labChain, labContents, labHead, labIdentity, labSectors } from "../../lab/vhd.ts";

type LabFile = BlockFile & { contents(): Uint8Array<ArrayBuffer> };

/** A chain under test beside what it must hold. */
interface Twin {
  readonly files: LabFile[];
  readonly model: Uint8Array<ArrayBuffer>;
  disk: Disk;
}

const sectors = 61;
const range = { at: fc.nat({ max: sectors - 1 }), count: fc.integer({ min: 1, max: sectors }) };
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const), ...range, seed: fc.nat(255) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("read" as const), ...range }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("unmap" as const), ...range }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("flush" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("layer" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function begin(blockBytes: number): Twin {
  const file = bytesFile(new Uint8Array(0));
  createDynamicVhd(file, { byteLength: sectors * 512, blockBytes, identity: labIdentity(1) });
  return { files: [file], model: new Uint8Array(sectors * 512), disk: labChain([file]) };
}

function addLayer(twin: Twin): void {
  const base = twin.files[twin.files.length - 1];
  if (base === undefined || twin.files.length > 4) return;
  const file = bytesFile(new Uint8Array(0));
  const identity = labIdentity(twin.files.length + 1);
  createDifferencingVhd(file, { parent: labHead(base), parentName: "base.vhd", identity });
  twin.files.push(file);
}

function take(twin: Twin, wanted: Step): void {
  const ok: DiskStatus = "ok";
  switch (wanted.kind) {
    case "flush":
      expect(twin.disk.flush()).toBe(ok);
      return;
    case "layer":
    case "reopen":
      expect(twin.disk.writeBack?.()).toBe(ok);
      if (wanted.kind === "layer") addLayer(twin);
      twin.disk = labChain(twin.files);
      return;
    default: {
      const count = Math.min(wanted.count, sectors - wanted.at);
      transfer(twin, { ...wanted, at: wanted.at * 512, length: count * 512 });
    }
  }
}

type Transfer = Extract<Step, { at: number }> & { readonly length: number };

function transfer({ disk, model }: Twin, wanted: Transfer): void {
  const { at, length } = wanted;
  if (wanted.kind === "read") {
    const into = new Uint8Array(length).fill(0xee);
    expect(disk.read(at, into)).toBe("ok");
    expect(Buffer.compare(into, model.subarray(at, at + length))).toBe(0);
  } else if (wanted.kind === "unmap") {
    expect(disk.unmap(at, length)).toBe("ok");
    model.fill(0, at, at + length);
  } else {
    const from = labSectors(length / 512, wanted.seed);
    expect(disk.write(at, from)).toBe("ok");
    model.set(from, at);
  }
}

/** What a second reader, which knows nothing of the code under test, finds in the files. */
function plainContents(files: readonly LabFile[]): Uint8Array<ArrayBuffer> {
  let below = new Uint8Array(0);
  for (const file of files) below = readPlainVhd(file.contents(), below).contents;
  return below;
}

test("a chain holds what a plain array of bytes holds, and so do its files", () => {
  const property = fc.property(
    fc.constantFrom(4096, 8192, 65536),
    fc.array(step, { minLength: 5, maxLength: 60 }),
    (blockBytes, steps) => {
      const twin = begin(blockBytes);
      for (const wanted of steps) take(twin, wanted);
      expect(Buffer.compare(labContents(twin.disk), twin.model)).toBe(0);
      expect(twin.disk.flush()).toBe("ok");
      expect(Buffer.compare(plainContents(twin.files), twin.model)).toBe(0);
      expect(Buffer.compare(labContents(labChain(twin.files, { readOnly: true })), twin.model)).toBe(0);
    },
  );
  fc.assert(property, { numRuns: 600 });
});

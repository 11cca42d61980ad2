import { describe, expect, test } from "vitest";
import { type ChainLink, type Finding, validate } from "../../../src/storage/index.ts";
import { plainVhd, readPlainVhd, seal } from "../../lab/plain-vhd.ts";
import { bytesFile } from "../../lab/power-cut.ts";
import { labSteps } from "../../lab/steps.ts";
import { labHead, labSectors } from "../../lab/vhd.ts";
import { cancelEverywhere, same, sectorMap, type Trial } from "../../lab/vhd-tools.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const byteLength = 21 * 512;
const some = sectorMap([
  [0, 1],
  [9, 2],
  [20, 3],
]);
const dynamic = plainVhd({ type: "dynamic", byteLength, sectors: some, id: 1 });
const fixed = plainVhd({ type: "fixed", byteLength, sectors: some, id: 1 });

/** A differencing disk over the disk with the id before its own. */
function layer(
  id: number,
  more: { timeStamp?: number; byteLength?: number; parentStamp?: number } = {},
): Bytes {
  const parent = { id: id - 1, timeStamp: more.parentStamp ?? 0x2a000000, name: `disk${id - 1}.vhd` };
  return plainVhd({ type: "differencing", byteLength, sectors: some, ...more, id, parent });
}

function link(contents: Bytes, name = "parent.vhd"): ChainLink {
  return { name, head: labHead(bytesFile(contents)) };
}

async function findings(contents: Bytes, parents: readonly ChainLink[] = []): Promise<readonly Finding[]> {
  const file = bytesFile(contents.slice());
  const outcome = await validate(file, parents, labSteps());
  if (outcome.kind !== "done") throw new Error(outcome.text);
  expect(same(file.contents(), contents)).toBe(true);
  expect(outcome.findings.length).toBeGreaterThan(0);
  return outcome.findings;
}

/** Everything that is not well. */
async function troubles(contents: Bytes, parents: readonly ChainLink[] = []): Promise<readonly Finding[]> {
  return (await findings(contents, parents)).filter(({ severity }) => severity !== "ok");
}

function finding(severity: "warning" | "error", text: RegExp, repair: Finding["repair"] = null) {
  return { severity, text: expect.stringMatching(text), repair };
}

describe("a sound disk", () => {
  test.each([
    ["fixed", fixed, []],
    ["dynamic", dynamic, []],
    ["differencing", layer(2), [link(dynamic)]],
    ["differencing on a differencing", layer(3), [link(layer(2)), link(fixed)]],
    [
      "differencing with blocks of another maker's time",
      layer(2, { parentStamp: 0x2b000000 }),
      [link(dynamic)],
    ],
  ])("that is %s has nothing to complain of", async (_, contents, parents) => {
    expect(await troubles(contents, parents)).toEqual([]);
  });
  test("is told what compacting would give back", async () => {
    const idle = plainVhd({
      type: "dynamic",
      byteLength,
      sectors: sectorMap([
        [0, 0],
        [9, 2],
        [20, 0],
      ]),
      gap: 30,
    });
    const texts = (await findings(idle)).map(({ text }) => text);
    expect(texts).toContainEqual(expect.stringMatching(/^2 blocks hold nothing of use/));
    expect(texts).toContainEqual(expect.stringMatching(/^15360 bytes of the file belong to nothing/));
    expect(texts).toContainEqual(expect.stringMatching(/^3 of 3 blocks/));
    const hiding = plainVhd({
      type: "differencing",
      byteLength,
      sectors: sectorMap([[9, 0]]),
      parent: { id: 1, timeStamp: 0x2a000000, name: "disk1.vhd" },
    });
    // Zeros of a differencing disk are of use: they hide what the parent has there.
    const hidden = (await findings(hiding, [link(dynamic)])).map(({ text }) => text);
    expect(hidden).not.toContainEqual(expect.stringMatching(/nothing of use/));
    const cover = layer(2);
    const place = readPlainVhd(cover).table[1] ?? 0;
    cover.fill(0, place * 512, (place + 1) * 512);
    const more = (await findings(cover, [link(dynamic)])).map(({ text }) => text);
    expect(more).toContainEqual(expect.stringMatching(/^1 blocks hold nothing of use/));
  });
});

describe("a damaged file", () => {
  const with0 = (at: number, source = dynamic) => {
    const out = source.slice();
    out[at] = (out[at] ?? 0) ^ 0xff;
    return out;
  };
  const entry = (block: number, sector: number) => {
    const out = dynamic.slice();
    new DataView(out.buffer).setUint32(1536 + block * 4, sector);
    return out;
  };
  const first = readPlainVhd(dynamic).table[0] ?? 0;

  test.each([
    [
      "has lost its footer",
      dynamic.slice(0, dynamic.length - 512),
      finding("warning", /end of the file is damaged/, "footer"),
    ],
    [
      "has a damaged footer",
      with0(dynamic.length - 100),
      finding("warning", /end of the file is damaged/, "footer"),
    ],
    ["has a damaged copy", with0(300), finding("warning", /copy of the footer/, "footer")],
    ["has a damaged header", with0(700), finding("error", /header/)],
    ["has two blocks in one place", entry(1, first), finding("error", /shares sectors/)],
    ["has a block over its table", entry(1, 3), finding("error", /shares sectors/)],
    ["has a block behind its end", entry(1, 0x00ffffff), finding("error", /beyond the end/)],
    ["is a fixed disk cut short", new Uint8Array([...fixed.subarray(512)]), finding("error", /should hold/)],
    ["is no disk at all", labSectors(9, 1), finding("error", /no VHD footer/)],
    ["is too short", new Uint8Array(100), finding("error", /too short/)],
  ])("that %s is found out", async (_, contents, wanted) => {
    expect(await troubles(contents)).toEqual([wanted]);
  });
  test("of a fixed disk that was about to grow can be repaired; one of zeros cannot", async () => {
    const grown = new Uint8Array(fixed.length + 4096);
    grown.set(fixed);
    expect(await troubles(grown)).toEqual([finding("error", /no VHD footer/, "footer")]);
    expect(await troubles(new Uint8Array(8192))).toEqual([finding("error", /no VHD footer/)]);
  });
  test("of a fixed disk with room before its footer is told of", async () => {
    const loose = new Uint8Array([
      ...fixed.subarray(0, byteLength),
      ...new Uint8Array(1024),
      ...fixed.subarray(byteLength),
    ]);
    expect(await troubles(loose)).toEqual([finding("warning", /1024 bytes of the file belong to nothing/)]);
  });
});

describe("a differencing disk", () => {
  const stranger = plainVhd({ type: "dynamic", byteLength, id: 9 });
  const younger = plainVhd({ type: "dynamic", byteLength, id: 1, timeStamp: 0x2b000000 });
  const shorter = plainVhd({ type: "dynamic", byteLength: byteLength - 512, id: 1 });
  test.each([
    ["has no parent", layer(2), [], /cannot be used without/],
    ["has a stranger as parent", layer(2), [link(stranger)], /made for another disk/],
    ["has a parent that was changed", layer(2), [link(younger)], /was changed after/],
    ["has a parent of another size", layer(2), [link(shorter)], /bytes/],
    [
      "has a parent that has none",
      layer(3),
      [link(layer(2), "disk2.vhd")],
      /^disk2\.vhd: .*cannot be used without/,
    ],
    [
      "has a grandparent that is a stranger",
      layer(3),
      [link(layer(2), "disk2.vhd"), link(stranger)],
      /^disk2\.vhd: .*another disk/,
    ],
  ])("that %s is to be reconnected", async (_, contents, parents, text) => {
    expect(await troubles(contents, parents)).toEqual([finding("error", text, "reconnect")]);
  });
  test("in a loop is found out, however long the chain is", async () => {
    const self = plainVhd({
      type: "differencing",
      byteLength,
      id: 4,
      parent: { id: 4, timeStamp: 0x2a000000, name: "a.vhd" },
    });
    const around = Array.from({ length: 200 }, () => link(self, "a.vhd"));
    expect(await troubles(self, around)).toEqual([finding("error", /among its own parents/, "reconnect")]);
  });
});

test("a check can be cancelled at every step, and a file that fails is said to", async () => {
  const work: Trial<object>["work"] = ([file], steps) => validate(file ?? bytesFile(dynamic), [], steps);
  const left = await cancelEverywhere({ files: [dynamic], work });
  expect(left.length).toBeGreaterThan(4);
  const file = bytesFile(dynamic.slice());
  let reads = 0;
  const failing = {
    ...file,
    readAt(at: number, into: Bytes) {
      if (reads++ === 5) throw new Error("the medium is gone");
      return file.readAt(at, into);
    },
  };
  expect(await validate(failing, [], labSteps())).toMatchObject({
    kind: "failed",
    text: expect.stringContaining("gone"),
  });
});

test("a header that lies elsewhere is as good", async () => {
  const moved = new Uint8Array(dynamic.length + 1024);
  moved.set(dynamic.subarray(0, dynamic.length - 512));
  moved.set(dynamic.subarray(512, 1536), dynamic.length - 512);
  moved.set(dynamic.subarray(dynamic.length - 512), dynamic.length + 512);
  const view = new DataView(moved.buffer);
  view.setBigUint64(16, BigInt(dynamic.length - 512));
  view.setBigUint64(dynamic.length + 512 + 16, BigInt(dynamic.length - 512));
  expect(await troubles(seal(moved))).toEqual([]);
});

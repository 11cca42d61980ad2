import { expect, test } from "vitest";
import { exactSize, fixedFooter, geometryOf, masterBootRecord } from "../../../images/workshop/vhd.mjs";

const id = Uint8Array.from({ length: 16 }, (_, index) => index + 1);

// The examples are those of the specification's algorithm, worked by hand.
test.each([
  { sectors: 68 * 10, cylinders: 10, heads: 4, perTrack: 17 },
  { sectors: 196_608, cylinders: 963, heads: 12, perTrack: 17 },
  { sectors: 262_144, cylinders: 963, heads: 16, perTrack: 17 },
  { sectors: 317_440, cylinders: 640, heads: 16, perTrack: 31 },
  { sectors: 2_097_152, cylinders: 2080, heads: 16, perTrack: 63 },
  { sectors: 266_338_304, cylinders: 65_278, heads: 16, perTrack: 255 },
  { sectors: 2 ** 32, cylinders: 65_535, heads: 16, perTrack: 255 },
])("geometry of $sectors sectors", ({ sectors, cylinders, heads, perTrack }) => {
  expect(geometryOf(sectors)).toEqual({ cylinders, heads, sectors: perTrack });
});

test("an exact size is expressed by its own geometry", () => {
  for (const limit of [1000, 65_536, 196_608, 262_144, 500_000, 2_097_153]) {
    const total = exactSize(limit);
    const { cylinders, heads, sectors } = geometryOf(total);
    expect(cylinders * heads * sectors).toBe(total);
    expect(total).toBeLessThanOrEqual(limit);
    expect(total).toBeGreaterThan(limit * 0.95);
  }
});

test("the footer has every field where the specification wants it", () => {
  const footer = fixedFooter({ sectors: 196_452, id });
  expect(footer.length).toBe(512);
  expect(footer.toString("latin1", 0, 8)).toBe("conectix");
  expect(footer.readUInt32BE(8)).toBe(2);
  expect(footer.readUInt32BE(12)).toBe(0x10000);
  expect(footer.readBigUInt64BE(16)).toBe(0xffff_ffff_ffff_ffffn);
  expect(footer.readBigUInt64BE(40)).toBe(196_452n * 512n);
  expect(footer.readBigUInt64BE(48)).toBe(196_452n * 512n);
  expect([footer.readUInt16BE(56), footer[58], footer[59]]).toEqual([963, 12, 17]);
  expect(footer.readUInt32BE(60)).toBe(2);
  expect([...footer.subarray(68, 84)]).toEqual([...id]);
  const bytes = footer.reduce((sum, byte, at) => sum + (at >= 64 && at < 68 ? 0 : byte), 0);
  expect(footer.readUInt32BE(64)).toBe(~bytes >>> 0);
});

test("the partition table starts and ends partitions where it says", () => {
  const geometry = geometryOf(196_452);
  const record = masterBootRecord({
    code: Buffer.alloc(440, 0x90),
    signature: 0x12345678,
    partitions: [
      { start: 2048, sectors: 40_960, type: 0x0e, active: true },
      { start: 43_008, sectors: 153_440, type: 0x83, active: false },
    ],
    geometry,
  });
  expect(record.readUInt16LE(510)).toBe(0xaa55);
  expect(record.readUInt32LE(440)).toBe(0x12345678);
  // 2048 = cylinder 10, head 0, sector 9 of 12 heads with 17 sectors.
  expect([...record.subarray(446, 451)]).toEqual([0x80, 0, 9, 10, 0x0e]);
  expect(record.readUInt32LE(454)).toBe(2048);
  expect(record.readUInt32LE(462 + 12)).toBe(153_440);
  expect(record.subarray(478, 510).every((byte) => byte === 0)).toBe(true);
});

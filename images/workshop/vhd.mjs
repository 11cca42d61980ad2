// @ts-check
// A fixed VHD around a raw disk, and the partition table inside. Own words after the
// "Virtual Hard Disk Image Format Specification": 512-byte big-endian footer behind the data.

import { createHash } from "node:crypto";

const sector = 512;

/**
 * A fixed VHD around a disk. Its unique id comes from the contents: differencing disks name their parent by it,
 * and must not take another build for the one they were made on.
 *
 * @param {Buffer} disk whole sectors
 * @returns {Buffer}
 */
export function fixedVhd(disk) {
  const id = createHash("sha256").update(disk).digest().subarray(0, 16);
  return Buffer.concat([disk, fixedFooter({ sectors: disk.length / sector, id })]);
}

/** @typedef {{ cylinders: number, heads: number, sectors: number }} Geometry */

/**
 * The geometry that the specification derives from a disk's size.
 *
 * @param {number} total size in 512-byte sectors
 * @returns {Geometry}
 */
export function geometryOf(total) {
  const capped = Math.min(total, 65535 * 16 * 255);
  if (capped >= 65535 * 16 * 63) return shape(capped, 16, 255);
  const tracks = Math.floor(capped / 17);
  const heads = Math.max(4, Math.ceil(tracks / 1024));
  if (tracks < heads * 1024 && heads <= 16) return shape(capped, heads, 17);
  return Math.floor(capped / 31) < 16 * 1024 ? shape(capped, 16, 31) : shape(capped, 16, 63);
}

/** @param {number} total @param {number} heads @param {number} sectors @returns {Geometry} */
function shape(total, heads, sectors) {
  return { cylinders: Math.floor(Math.floor(total / sectors) / heads), heads, sectors };
}

/**
 * The largest size not above a limit that its own geometry expresses exactly, so that readers
 * which trust the geometry and readers which trust the size agree.
 *
 * @param {number} limit in 512-byte sectors
 * @returns {number} in 512-byte sectors
 */
export function exactSize(limit) {
  const { cylinders, heads, sectors } = geometryOf(limit);
  const total = cylinders * heads * sectors;
  return total === limit ? total : exactSize(total);
}

/**
 * @param {{ sectors: number, id: Uint8Array }} disk `id`: the disk's unique id, 16 bytes
 * @returns {Buffer} the 512 bytes behind the data of a fixed VHD
 */
export function fixedFooter({ sectors, id }) {
  const footer = Buffer.alloc(sector);
  const { cylinders, heads, sectors: perTrack } = geometryOf(sectors);
  footer.write("conectix", 0, "latin1");
  footer.writeUInt32BE(2, 8); // features: the reserved bit, always set
  footer.writeUInt32BE(0x0001_0000, 12);
  footer.writeBigUInt64BE(0xffff_ffff_ffff_ffffn, 16); // no dynamic header
  footer.writeUInt32BE(0, 24); // made at the epoch of the format, 2000-01-01: equal inputs, equal bytes
  footer.write("tabv", 28, "latin1");
  footer.writeUInt32BE(0x0001_0000, 32);
  footer.write("Wi2k", 36, "latin1");
  footer.writeBigUInt64BE(BigInt(sectors * sector), 40);
  footer.writeBigUInt64BE(BigInt(sectors * sector), 48);
  footer.writeUInt16BE(cylinders, 56);
  footer.writeUInt8(heads, 58);
  footer.writeUInt8(perTrack, 59);
  footer.writeUInt32BE(2, 60); // fixed
  footer.set(id, 68);
  footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, 64);
  return footer;
}

/**
 * @typedef {{ start: number, sectors: number, type: number, active: boolean }} Partition
 *
 * @param {{ code: Buffer, signature: number, partitions: readonly Partition[], geometry: Geometry }} parts
 *   `code`: at most 440 bytes of boot code
 * @returns {Buffer} the first sector of a partitioned disk
 */
export function masterBootRecord({ code, signature, partitions, geometry }) {
  const record = Buffer.alloc(sector);
  record.set(code.subarray(0, 440));
  record.writeUInt32LE(signature, 440);
  for (const [index, { start, sectors, type, active }] of partitions.entries()) {
    const at = 446 + index * 16;
    record.writeUInt8(active ? 0x80 : 0, at);
    record.set(cylinderHeadSector(start, geometry), at + 1);
    record.writeUInt8(type, at + 4);
    record.set(cylinderHeadSector(start + sectors - 1, geometry), at + 5);
    record.writeUInt32LE(start, at + 8);
    record.writeUInt32LE(sectors, at + 12);
  }
  record.writeUInt16LE(0xaa55, 510);
  return record;
}

/**
 * @param {number} address in sectors
 * @param {Geometry} geometry
 * @returns {[number, number, number]} packed as partition tables and the BIOS do
 */
function cylinderHeadSector(address, { heads, sectors }) {
  const cylinder = Math.floor(address / (heads * sectors));
  if (cylinder > 1023) return [0xfe, 0xff, 0xff];
  const head = Math.floor(address / sectors) % heads;
  return [head, (address % sectors) + 1 + ((cylinder >> 2) & 0xc0), cylinder & 0xff];
}

import { sectorSize } from "./disk.ts";

/** Whether `length` bytes at `at` are whole sectors inside `byteLength`. Both may be any number. */
export function wholeSectors(byteLength: number, at: number, length: number): boolean {
  return (
    Number.isSafeInteger(at) &&
    Number.isSafeInteger(length) &&
    at >= 0 &&
    length >= 0 &&
    at % sectorSize === 0 &&
    length % sectorSize === 0 &&
    at + length <= byteLength
  );
}

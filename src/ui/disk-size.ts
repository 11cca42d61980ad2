import { formatBytes } from "./format.ts";

/** The unit a size is typed in. */
export type SizeUnit = "MB" | "GB";

/** A size as it is typed. */
export interface TypedSize {
  readonly text: string;
  readonly unit: SizeUnit;
}

/** Bytes of a typed size, or why it is none. */
export type SizeCheck =
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "wrong"; readonly reason: string };

const unitBytes: { readonly [U in SizeUnit]: number } = { MB: 1024 ** 2, GB: 1024 ** 3 };
const sectorBytes = 512;
/** The most a virtual hard disk holds. @vhd dynamic types: 2040 GB */
const mostBytes = 2040 * 1024 ** 3;
// Below this a disk has no room for a partition table and a file system.
const leastBytes = 1024 ** 2;

/** Checks a size as it is typed. @param above  the size must be larger than this many bytes */
export function checkSize(typed: TypedSize, above = 0): SizeCheck {
  const wrong = (reason: string): SizeCheck => ({ kind: "wrong", reason });
  const plain = typed.text.trim().replace(",", ".");
  if (!/^\d+(\.\d+)?$|^\.\d+$/.test(plain)) return wrong("Give the size as a number.");
  const bytes = Math.ceil((Number(plain) * unitBytes[typed.unit]) / sectorBytes) * sectorBytes;
  if (bytes > mostBytes) return wrong("A virtual hard disk holds at most 2040 GB.");
  if (bytes < leastBytes) return wrong("A virtual hard disk holds at least 1 MB.");
  if (bytes <= above) return wrong(`The disk holds ${formatBytes(above)} now. A new size must be larger.`);
  return { kind: "bytes", bytes };
}

/** A size as it would be typed, so that checking it gives at least the same bytes. */
export function typedSize(bytes: number): TypedSize {
  const unit: SizeUnit = bytes % unitBytes.GB === 0 && bytes > 0 ? "GB" : "MB";
  return { text: String(Math.ceil((bytes / unitBytes[unit]) * 1000) / 1000), unit };
}

import type { Disk } from "./disk.ts";

/** Why an image cannot be used. Stable names; the text beside them is for a person. */
export type ImageFault =
  | "empty"
  | "unreadable"
  | "noFooter"
  | "badChecksum"
  | "badVersion"
  | "badType"
  | "badSize"
  | "truncated"
  /** The dynamic disk header is missing, damaged or impossible. */
  | "badHeader"
  /** The block allocation table does not fit the disk or the file. */
  | "tableSize"
  /** A block lies beyond the end of the file. */
  | "tableEntry"
  /** Two parts of the file share sectors. */
  | "overlap"
  | "parentMissing"
  /** The parent is another disk, or was changed after its child was made. */
  | "parentMismatch"
  /** The parent has another size than its child. */
  | "sizeMismatch";

/** What an image is, told by its contents. */
export type ImageFormat = "raw" | "fixed" | "dynamic" | "differencing" | "iso" | "floppy";

/** What became of opening an image. Unless a disk came out of it, the file still belongs to the caller. */
export type ImageOutcome =
  | { readonly kind: "disk"; readonly disk: Disk; readonly format: ImageFormat }
  | { readonly kind: "corrupt"; readonly fault: ImageFault; readonly text: string }
  /** The format is sound, but this release cannot open it. */
  | { readonly kind: "unsupported"; readonly format: string; readonly text: string };

/** An image that cannot be used, with the sentence a person reads. */
export function corrupt(
  fault: ImageFault,
  text: string,
): { kind: "corrupt"; fault: ImageFault; text: string } {
  return { kind: "corrupt", fault, text };
}

/** An image of a format that this release does not open. */
export function unsupported(format: string): { kind: "unsupported"; format: string; text: string } {
  return {
    kind: "unsupported",
    format,
    text: `The image is a ${format}. Opening it belongs to a later release.`,
  };
}

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
  | "truncated";

/** What became of opening an image. Unless a disk came out of it, the file still belongs to the caller. */
export type ImageOutcome =
  | { readonly kind: "disk"; readonly disk: Disk; readonly format: "raw" | "fixedVhd" }
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

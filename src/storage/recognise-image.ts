import { tellFormat } from "./open-image.ts";
import { VhdFooter, VhdType } from "./vhd/footer.ts";

/** What is looked at of an image before it is taken in. */
export interface ImageSample {
  /** Its first {@link sampleBytes}, or all of it. */
  readonly head: Uint8Array;
  /** Its last 512 bytes; empty when they are not known yet. */
  readonly tail: Uint8Array;
  /** `null`: not known yet, because it is packed. */
  readonly byteLength: number | null;
}

/** What an image seems to be by its sample. `starts`: it has something that a BIOS starts. */
export type ImageSight =
  | { readonly kind: "vhd"; readonly type: "fixed" | "dynamic" | "differencing" | "unknown" }
  | { readonly kind: "iso"; readonly starts: boolean }
  | { readonly kind: "floppy"; readonly starts: boolean }
  | { readonly kind: "raw"; readonly starts: boolean }
  /** A plain image that ends within a sector: `rest` bytes of one. */
  | { readonly kind: "ragged"; readonly rest: number }
  | { readonly kind: "foreign"; readonly format: string }
  | { readonly kind: "empty" };

/** Bytes of an image that a sample holds: up to the end of a disc's boot record. */
export const sampleBytes = 0x9000;

/** The boot record of a disc: sector 17. @spec El Torito 1.0, 2.0 */
const bootRecord = { at: 17 * 2048, mark: "CD001\u0001EL TORITO SPECIFICATION" };
const sector = 512;
const vhdTypes = new Map<number, "fixed" | "dynamic" | "differencing">([
  [VhdType.fixed, "fixed"],
  [VhdType.dynamic, "dynamic"],
  [VhdType.differencing, "differencing"],
]);

/** Tells what an image is, as far as its sample goes. Opening it may still find faults. */
export function recogniseImage(sample: ImageSample): ImageSight {
  const { head } = sample;
  if (sample.byteLength === 0 || (head.length === 0 && sample.byteLength === null)) return { kind: "empty" };
  const size = sample.byteLength ?? Math.max(head.length, sampleBytes) * 2;
  const format = tellFormat({
    size: () => size,
    readAt: (at, into) => readSample(sample, { at, size }, into),
  });
  switch (format) {
    case "vhd":
      return { kind: "vhd", type: vhdType(sample) };
    case "iso":
      return { kind: "iso", starts: hasText(head, bootRecord.at + 1, bootRecord.mark) };
    case "floppy":
    case "raw": {
      if (size % sector !== 0) return { kind: "ragged", rest: size % sector };
      return { kind: format, starts: hasBootMark(head) };
    }
    default:
      return format.kind === "unsupported" ? { kind: "foreign", format: format.format } : { kind: "empty" };
  }
}

/** Fills a buffer with what the sample holds of a place; the rest of it stays as it is: zeros. */
function readSample(
  { head, tail }: ImageSample,
  place: { readonly at: number; readonly size: number },
  into: Uint8Array,
): number {
  const { at, size } = place;
  into.set(head.subarray(at, at + into.length));
  if (tail.length > 0 && at === size - tail.length) into.set(tail.subarray(0, into.length));
  return into.length;
}

function vhdType({ head, tail }: ImageSample): "fixed" | "dynamic" | "differencing" | "unknown" {
  const footer = hasText(tail, 0, "conectix") ? tail : head;
  if (footer.length < VhdFooter.size) return "unknown";
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength);
  return vhdTypes.get(VhdFooter.read(view).type) ?? "unknown";
}

/** The mark at the end of a boot sector. */
function hasBootMark(head: Uint8Array): boolean {
  return head[sector - 2] === 0x55 && head[sector - 1] === 0xaa;
}

function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  return [...text].every((letter, place) => bytes[at + place] === letter.charCodeAt(0));
}

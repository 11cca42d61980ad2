import type { ScreenContents, ScreenNews } from "../hvdef/index.ts";

/** Page → child, over the port of the machine's screen. */
export type ScreenOrder =
  /** Somebody looks. `null`: this browser draws no canvas in a worker, frames go back as messages. */
  | { readonly kind: "look"; readonly canvas: OffscreenCanvas | null }
  | { readonly kind: "lookAway" }
  /** Answered with `contents` of the same number. */
  | { readonly kind: "read"; readonly request: number; readonly withPixels: boolean };

/** Child → page, likewise. */
export type ScreenReport =
  | ScreenNews
  | { readonly kind: "contents"; readonly request: number; readonly contents: ScreenContents }
  /** For a canvas of the page's own: its new size, and pieces of its picture. */
  | { readonly kind: "size"; readonly width: number; readonly height: number }
  | {
      readonly kind: "piece";
      readonly pixels: Uint8ClampedArray<ArrayBuffer>;
      readonly width: number;
      readonly toX: number;
      readonly toY: number;
    };

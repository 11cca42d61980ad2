/**
 * What a machine's screen shows: the emulated adapter until the guest's driver of the synthetic screen shows
 * something, and again when it stops. Sizes in pixels.
 */
export type ScreenMode =
  /** Nothing: off, or switched off by the guest. */
  | { readonly kind: "dark" }
  | {
      readonly kind: "text";
      readonly columns: number;
      readonly rows: number;
      readonly width: number;
      readonly height: number;
    }
  /** `depth`: bits per pixel. */
  | {
      readonly kind: "graphics";
      readonly width: number;
      readonly height: number;
      readonly depth: number;
    }
  | { readonly kind: "synthetic"; readonly width: number; readonly height: number };

/** A row of a text screen, without the spaces at its end. */
export interface ScreenRow {
  readonly row: number;
  readonly text: string;
}

/** Worker process → page, while somebody looks. */
export type ScreenNews =
  /** Also the first news of all. */
  | { readonly kind: "mode"; readonly mode: ScreenMode }
  /** These rows are others now, at most four times a second; after a mode, all of them. */
  | { readonly kind: "rows"; readonly rows: readonly ScreenRow[] };

/** What is on the screen at one moment. */
export interface ScreenContents {
  readonly mode: ScreenMode;
  /** In text mode, every row. */
  readonly rows: readonly string[];
  /** Red, green, blue and 255 of each pixel, when they were asked for and there are any. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer> | null;
}

/** What the emulated display adapter shows. */
export type DisplayMode =
  /** Nothing: not set up, or switched off by the guest. */
  | { readonly kind: "dark" }
  /** Cells of characters; `cellWidth` is 8, 9 or 16 pixels, `cellHeight` 2 to 32. */
  | {
      readonly kind: "text";
      readonly columns: number;
      readonly rows: number;
      readonly cellWidth: number;
      readonly cellHeight: number;
    }
  /** `depth`: bits per pixel. */
  | {
      readonly kind: "graphics";
      readonly width: number;
      readonly height: number;
      readonly depth: number;
    };

/** What lies on the screen in text mode. All of it is the reader's. */
export interface TextPage {
  readonly mode: DisplayMode & { readonly kind: "text" };
  /** Character and attribute of each cell, row by row. */
  readonly cells: Uint8Array<ArrayBuffer>;
  /** 256 glyphs of 32 bytes each, a line a byte; the second is for cells without intensity when they differ. */
  readonly fonts: readonly [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];
  /** Bit 3 of an attribute chooses the font instead of a brighter colour. */
  readonly twoFonts: boolean;
  /** Bit 7 of an attribute makes its character blink instead of brightening what is behind. */
  readonly blinks: boolean;
  /** The ninth column of line-drawing characters repeats the eighth. */
  readonly joinsLines: boolean;
  /** The sixteen colours, red in bits 16 to 23, green, blue. */
  readonly colours: Uint32Array<ArrayBuffer>;
  /** First and last line inside its cell; `null` when it is hidden or outside. */
  readonly cursor: {
    readonly row: number;
    readonly column: number;
    readonly first: number;
    readonly last: number;
  } | null;
}

/** A rectangle of pixels on its way to a screen. */
export interface PixelBlock {
  /**
   * Red, green, blue and 255 of each pixel, in lines of `stride` pixels. Its owner's: valid during the call, as
   * the engine's memory may move.
   */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly stride: number;
  /** The rectangle inside `pixels`. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Where its upper left pixel goes on the screen. */
  readonly toX: number;
  readonly toY: number;
}

/** Where pictures go: a canvas, or messages to one. Its taker disposes it. */
export interface Surface extends Disposable {
  /** Black, of this size. */
  resize(width: number, height: number): void;
  /** The block is the caller's, valid during the call. Parts beyond an edge are not seen. */
  put(block: PixelBlock): void;
}

/** The emulated display adapter, looked at between slices. Looking changes nothing for the guest. */
export interface EngineDisplay {
  /** Cheap. */
  mode(): DisplayMode;
  /** `null` in any other mode. Cheap: a few kilobytes are copied. */
  text(): TextPage | null;
  /**
   * In a graphics mode, hands over what changed since the last call, or all of it. Cheap when nothing changed.
   */
  paint(all: boolean, put: (block: PixelBlock) => void): void;
  /** Video memory, as the guest finds it at `videoMemoryAt`. Ask again after every turn of the event loop. */
  memory(): Uint8Array<ArrayBuffer>;
}

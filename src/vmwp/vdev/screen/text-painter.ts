import type { PixelBlock, TextPage } from "../../../vid/index.ts";

/** Draws text screens, each time the cells that changed. */
export interface TextPainter {
  /**
   * @param lit  whether blinking characters, and the cursor, are seen at this moment
   * @param all  whatever was drawn before does not count
   */
  paint(
    page: TextPage,
    lit: { readonly characters: boolean; readonly cursor: boolean },
    all: boolean,
    put: (block: PixelBlock) => void,
  ): void;
}

const opaque = 0xff00_0000;
const glyphRoom = 32;
const blinkBit = 0x80;
const fontBit = 0x08;
/** Characters that are drawn across the gap of a ninth column. */
const firstJoined = 0xc0;
const lastJoined = 0xdf;

/** What a cell looks like, as one number: nothing is drawn twice that is equal. */
const cursorHere = 1 << 16;

/** Opens a painter that has drawn nothing. */
export function openTextPainter(): TextPainter {
  let pixels = new Uint32Array(0);
  let drawn = new Uint32Array(0);
  let look = "";

  function drawCell(page: TextPage, at: number, cell: number): void {
    const { mode, cursor } = page;
    const { columns, cellWidth, cellHeight } = mode;
    const stride = columns * cellWidth;
    const left = (at % columns) * cellWidth;
    const top = Math.floor(at / columns) * cellHeight;
    const character = cell & 0xff;
    const { ink, paper } = inkOf(page, (cell >> 8) & 0xff);
    const font = page.twoFonts && !((cell >> 8) & fontBit) ? page.fonts[1] : page.fonts[0];
    const joined = page.joinsLines && character >= firstJoined && character <= lastJoined;
    for (let line = 0; line < cellHeight; line++) {
      const isCursor =
        (cell & cursorHere) !== 0 && cursor !== null && line >= cursor.first && line <= cursor.last;
      const bits = isCursor ? 0x1ff : ninth(font[character * glyphRoom + line] ?? 0, joined);
      const start = (top + line) * stride + left;
      for (let x = 0; x < cellWidth; x++) {
        const bit = cellWidth === 16 ? x >> 1 : x;
        pixels[start + x] = bits & (0x100 >> bit) ? ink : paper;
      }
    }
  }
  /** Draws the row's cells that changed and answers the first and the last of them, or `null`. */
  function drawRow(
    page: TextPage,
    row: number,
    cellAt: (at: number) => number,
  ): { readonly first: number; readonly last: number } | null {
    const { columns } = page.mode;
    let first = -1;
    let last = -1;
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const cell = cellAt(at);
      // One more than any cell, so that a blank memory of what was drawn is no cell at all.
      if (drawn[at] === cell + 1) continue;
      drawn[at] = cell + 1;
      drawCell(page, at, cell);
      if (first < 0) first = column;
      last = column;
    }
    return first < 0 ? null : { first, last };
  }

  return {
    paint(page, lit, all, put) {
      const { mode, cells, cursor, blinks } = page;
      const { columns, rows, cellWidth, cellHeight } = mode;
      const stride = columns * cellWidth;
      const next = lookOf(page);
      if (pixels.length !== stride * rows * cellHeight || drawn.length !== columns * rows) {
        pixels = new Uint32Array(stride * rows * cellHeight);
        drawn = new Uint32Array(columns * rows);
      } else if (all || next !== look) drawn.fill(0);
      look = next;
      const cursorAt = cursor === null || !lit.cursor ? -1 : cursor.row * columns + cursor.column;
      const cellAt = (at: number): number => {
        const character = cells[at * 2] ?? 0;
        const attribute = cells[at * 2 + 1] ?? 0;
        const gone = blinks && (attribute & blinkBit) !== 0 && !lit.characters;
        return (gone ? 0 : character) | (attribute << 8) | (at === cursorAt ? cursorHere : 0);
      };
      const bytes = new Uint8ClampedArray(pixels.buffer);
      for (let row = 0; row < rows; row++) {
        const changed = drawRow(page, row, cellAt);
        if (changed === null) continue;
        const x = changed.first * cellWidth;
        const y = row * cellHeight;
        const width = (changed.last + 1) * cellWidth - x;
        put({ pixels: bytes, stride, x, y, width, height: cellHeight, toX: x, toY: y });
      }
    },
  };
}

/** Nine columns, the leftmost in bit 8. */
function ninth(line: number, joined: boolean): number {
  return (line << 1) | (joined ? line & 1 : 0);
}

function inkOf(page: TextPage, attribute: number): { readonly ink: number; readonly paper: number } {
  const inkMask = page.twoFonts ? 7 : 15;
  const paperMask = page.blinks ? 7 : 15;
  return {
    ink: rgba(page.colours[attribute & inkMask] ?? 0),
    paper: rgba(page.colours[(attribute >> 4) & paperMask] ?? 0),
  };
}

/** A colour as four bytes in memory: red, green, blue, 255. */
function rgba(colour: number): number {
  return (opaque | ((colour & 0xff) << 16) | (colour & 0xff00) | ((colour >> 16) & 0xff)) >>> 0;
}

/** Everything but the cells that decides what a screen looks like. */
function lookOf({ mode, fonts, twoFonts, blinks, joinsLines, colours, cursor }: TextPage): string {
  const shape = cursor === null ? "" : `${cursor.first}-${cursor.last}`;
  const sums = fonts.map((font) => font.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, 0));
  return [mode.cellWidth, mode.cellHeight, twoFonts, blinks, joinsLines, ...colours, ...sums, shape].join();
}

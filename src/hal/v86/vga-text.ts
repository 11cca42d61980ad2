import type { DisplayMode, TextPage } from "../../vid/index.ts";
import type { V86Cpu } from "./shape.ts";
import type { V86Vga } from "./vga-shape.ts";

/** Attribute controller, mode control: ninth columns repeat the eighth in line drawings; attributes blink. */
const joinLines = 4;
const blink = 8;
/** Sequencer, clocking mode: eight columns a character instead of nine; each of them doubled. */
const eightColumns = 1;
const doubled = 8;
/** Cursor start register: no cursor. */
const cursorOff = 0x20;
const glyphs = 256;
/** Room of one glyph, and of one set of them, in plane 2. */
const glyphRoom = 32;
const fontRoom = glyphs * glyphRoom;
/** Where the eight character maps lie in plane 2, in sets. */
const fontPlaces = [0, 2, 4, 6, 1, 3, 5, 7];
const colours = 16;
/** Largest text that is looked at. Reason: no adapter shows more, and its registers could ask for thousands. */
const mostColumns = 200;
const mostRows = 128;

/** The text mode the adapter is in; `null` when its registers describe none that can be shown. */
export function textMode(vga: V86Vga): (DisplayMode & { readonly kind: "text" }) | null {
  const cellHeight = (vga.max_scan_line & 31) + 1;
  const { max_cols: columns, max_rows: rows } = vga;
  if (cellHeight < 2 || columns < 1 || rows < 1 || columns > mostColumns || rows > mostRows) return null;
  const cellWidth = vga.clocking_mode & doubled ? 16 : vga.clocking_mode & eightColumns ? 8 : 9;
  return { kind: "text", columns, rows, cellWidth, cellHeight };
}

/** Copies what lies on the screen. */
export function textPage(vga: V86Vga, mode: DisplayMode & { readonly kind: "text" }): TextPage {
  const [a, b] = fontMaps(vga);
  return {
    mode,
    cells: cellsOf(vga, mode),
    fonts: [fontAt(vga, a), fontAt(vga, b)],
    twoFonts: a !== b,
    blinks: (vga.attribute_mode & blink) !== 0,
    joinsLines: (vga.attribute_mode & joinLines) !== 0,
    colours: Uint32Array.from({ length: colours }, (_, index) => {
      const entry = vga.dac_mask & (vga.dac_map[index] ?? 0);
      return (vga.vga256_palette[entry] ?? 0) & 0xff_ffff;
    }),
    cursor: cursorOf(vga, mode),
  };
}

/** Cells from one line of text to the next. */
function pitchOf(vga: V86Vga): number {
  return Math.max(vga.max_cols, vga.offset_register * 2);
}

/** The row from which on memory is shown from its start; beyond the last one usually. */
function splitRow(vga: V86Vga): number {
  return vga.scan_line_to_screen_row(vga.line_compare);
}

function cellsOf(vga: V86Vga, { columns, rows }: { readonly columns: number; readonly rows: number }) {
  const cells = new Uint8Array(columns * rows * 2);
  const split = splitRow(vga);
  for (let row = 0; row < rows; row++) {
    const cell = row < split ? vga.start_address + row * pitchOf(vga) : (row - split) * pitchOf(vga);
    const at = cell * 2;
    cells.set(vga.vga_memory.subarray(at, at + columns * 2), row * columns * 2);
  }
  return cells;
}

function cursorOf(vga: V86Vga, mode: DisplayMode & { readonly kind: "text" }): TextPage["cursor"] {
  const last = Math.min(mode.cellHeight - 1, vga.cursor_scanline_end & 31);
  const first = vga.cursor_scanline_start & 31;
  if (vga.cursor_scanline_start & cursorOff || first > last) return null;
  const inFirstPart = vga.cursor_address >= vga.start_address;
  const cell = inFirstPart ? vga.cursor_address - vga.start_address : vga.cursor_address;
  const row = Math.floor(cell / pitchOf(vga)) + (inFirstPart ? 0 : splitRow(vga));
  const column = cell % pitchOf(vga);
  return row < mode.rows && column < mode.columns ? { row, column, first, last } : null;
}

/** Character maps of cells with intensity, and without. */
function fontMaps({ character_map_select: select }: V86Vga): readonly [number, number] {
  return [((select & 0x0c) >> 2) | ((select & 0x20) >> 3), (select & 3) | ((select & 0x10) >> 2)];
}

function fontAt(vga: V86Vga, map: number): Uint8Array<ArrayBuffer> {
  const at = (fontPlaces[map] ?? 0) * fontRoom;
  return vga.plane2.slice(at, at + fontRoom);
}

/** What a VGA BIOS writes for mode 3: 80 by 25 cells of 9 by 16 pixels. @vga FreeVGA, mode 03h */
const miscOutput = 0x67;
const sequencer = [0x03, 0x00, 0x03, 0x00, 0x02];
const crtController = [
  0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
  0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
];
const graphicsController = [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff];
const attributeController = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00,
  0x0f, 0x08, 0x00,
];
const port = { attribute: 0x3c0, misc: 0x3c2, sequencer: 0x3c4, dacIndex: 0x3c8, dac: 0x3c9 } as const;
const graphicsPort = 0x3ce;
const crtPort = 0x3d4;
const statusPort = 0x3da;
/** With the attribute controller's index: the screen is on. */
const screenOn = 0x20;
/** Grey on black. */
const blankCell = [0x20, 0x07];
const egaColours = 64;
const biosGlyphLines = 16;
const textBytes = 0x8000;

/** Leaves the adapter as a BIOS does. @param font  256 glyphs of 16 lines; `null`: none */
export function startTextMode(cpu: V86Cpu, vga: V86Vga, font: Uint8Array<ArrayBuffer> | null): void {
  const out = (at: number, value: number) => cpu.io.port_write8(at, value);
  const indexed = (at: number, values: readonly number[]) => {
    for (const [index, value] of values.entries()) {
      out(at, index);
      out(at + 1, value);
    }
  };
  out(port.misc, miscOutput);
  indexed(port.sequencer, sequencer);
  indexed(graphicsPort, graphicsController);
  indexed(crtPort, crtController);
  out(port.dacIndex, 0);
  for (let colour = 0; colour < egaColours; colour++)
    for (const part of [2, 1, 0]) out(port.dac, egaPart(colour, part));
  // Reading the status register is what makes the next write an index.
  cpu.io.port_read8(statusPort);
  for (const [index, value] of attributeController.entries()) {
    out(port.attribute, index);
    out(port.attribute, value);
  }
  out(port.attribute, screenOn);
  for (let at = 0; at < textBytes; at += 2) vga.vga_memory.set(blankCell, at);
  if (font === null) return;
  for (let glyph = 0; glyph < glyphs; glyph++) {
    const at = glyph * biosGlyphLines;
    vga.plane2.set(font.subarray(at, at + biosGlyphLines), glyph * glyphRoom);
  }
}

/** Two thirds of full light from bit `part` of a colour, one third from the bit three above. */
function egaPart(colour: number, part: number): number {
  return ((colour >> part) & 1) * 0x2a + ((colour >> (part + 3)) & 1) * 0x15;
}

const glyphLines = 16;
const glyphs = 256;
/** The letters A and B as every PC has drawn them since 1987: what a font is known by. */
const letters = [
  0x00, 0x00, 0x10, 0x38, 0x6c, 0xc6, 0xc6, 0xfe, 0xc6, 0xc6, 0xc6, 0xc6, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0xfc, 0x66, 0x66, 0x66, 0x7c, 0x66, 0x66, 0x66, 0x66, 0xfc, 0x00, 0x00, 0x00, 0x00,
];
const firstLetter = 0x41;

/**
 * Finds the font of 256 glyphs of 16 lines in a VGA BIOS.
 * @param bios  anything a visitor may have given
 * @returns a view of it, or `null` when it has none
 */
export function vgaFont(bios: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  for (let at = 0; at + letters.length <= bios.length; at++) {
    if (!letters.every((line, index) => bios[at + index] === line)) continue;
    const start = at - firstLetter * glyphLines;
    const end = start + glyphs * glyphLines;
    if (start >= 0 && end <= bios.length) return bios.subarray(start, end);
  }
  return null;
}

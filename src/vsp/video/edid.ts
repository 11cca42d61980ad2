/** Bytes of an EDID's base block. */
const blockBytes = 128;
const signature = [0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00];
/** "TVS": five bits a letter, A is 1. No maker has it. */
const maker = (20 << 10) | (22 << 5) | 19;
const madeIn = 2026 - 1990;

/** Structure version 1.3. Digital input; size not known; gamma 2.2; sRGB, preferred timing first. */
const basics = [1, 3, 0x80, 0, 0, 120, 0x06];
/** Chromaticity of sRGB. */
const colours = [0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54];
/** 640 by 480, 800 by 600, 1024 by 768, each 60 times a second. */
const established = [0x21, 0x08, 0x00];

/** Ratio of width to height as a standard timing says it. */
const ratios = { tenToSix: 0, fourToThree: 1, fiveToFour: 2, nineToSix: 3 } as const;
type Ratio = (typeof ratios)[keyof typeof ratios];
const standardTimings: readonly (readonly [number, Ratio])[] = [
  [1152, ratios.fourToThree],
  [1280, ratios.nineToSix],
  [1280, ratios.tenToSix],
  [1280, ratios.fourToThree],
  [1280, ratios.fiveToFour],
  [1440, ratios.tenToSix],
  [1600, ratios.nineToSix],
  [1600, ratios.fourToThree],
];

/** 1024 by 768 at 60 Hz: 65 MHz, blanking of 320 and 38, as VESA times it. No size; separate syncs, negative. */
const preferred = [
  0x64, 0x19, 0x00, 0x40, 0x41, 0x00, 0x26, 0x30, 0x18, 0x88, 0x36, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x18,
];
/** 50 to 75 Hz, 30 to 85 kHz, 170 MHz at most; no formula. */
const limits = [0, 0, 0, 0xfd, 0, 50, 75, 30, 85, 17, 0, 0x0a, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20];
const name = [0, 0, 0, 0xfc, 0, ...[..."Tabvisor\n    "].map((letter) => letter.charCodeAt(0))];
const nothing = [0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/** The EDID of the screen: 128 bytes whose sum is a multiple of 256. @vesa E-EDID release A, 3.1 */
export function screenEdid(): Uint8Array<ArrayBuffer> {
  const edid = Uint8Array.from([
    ...signature,
    maker >> 8,
    maker & 0xff,
    // Product, serial number, week: none.
    ...[1, 0, 0, 0, 0, 0, 0],
    madeIn,
    ...basics,
    ...colours,
    ...established,
    ...standardTimings.flatMap(([width, ratio]) => [width / 8 - 31, ratio << 6]),
    ...preferred,
    ...name,
    ...limits,
    ...nothing,
    // No further blocks; the sum.
    ...[0, 0],
  ]);
  edid[blockBytes - 1] = -edid.reduce((sum, byte) => sum + byte, 0) & 0xff;
  return edid;
}

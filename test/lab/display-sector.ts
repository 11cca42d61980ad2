const com1 = 0x3f8;
const lineStatus = com1 + 5;
const wordOf = (value: number) => [value & 0xff, value >> 8];

/** mov dx, com1; (mov al, letter; out dx, al)... */
const say = (word: string) => [
  0xba,
  ...wordOf(com1),
  ...[...`<${word}>`].flatMap((letter) => [0xb0, letter.charCodeAt(0), 0xee]),
];
/** Waits for a byte on COM1: mov dx, status; in al, dx; test al, 1; jz -5; mov dx, com1; in al, dx. */
const waitForByte = [0xba, ...wordOf(lineStatus), 0xec, 0xa8, 1, 0x74, 0xfb, 0xba, ...wordOf(com1), 0xec];
/** mov ax, ...; mov bx, ...; int 10h */
const video = (ax: number, bx: number) => [0xb8, ...wordOf(ax), 0xbb, ...wordOf(bx), 0xcd, 0x10];
/** mov ax, A000h; mov es, ax; xor di, di; cld */
const atWindow = [0xb8, 0, 0xa0, 0x8e, 0xc0, 0x31, 0xff, 0xfc];

/** What is written with the BIOS' own letters. */
export const sectorText = "VGA";
/** The colour of the first lines of the VBE mode: red, green, blue. */
export const sectorColour = [0xff, 0x80, 0x20] as const;

/**
 * A boot sector that shows something in one mode after the other, each time after a byte on COM1: text, 640 by 480
 * with 32 bits through the window at A0000h, mode 13h in colour 4, mode 12h with ten white lines. It names each of
 * them on COM1 when it is there: text, vbe, 13h, 12h.
 */
export function displaySector(): Uint8Array<ArrayBuffer> {
  const sector = new Uint8Array(512);
  const [red, green, blue] = sectorColour;
  sector.set([
    ...[...sectorText].flatMap((letter) => video(0x0e00 | letter.charCodeAt(0), 7)),
    ...say("text"),
    ...waitForByte,
    // SeaBIOS' number for 640 by 480 with 32 bits; then 64 KiB of one colour.
    ...video(0x4f02, 0x0142),
    ...atWindow,
    ...[0x66, 0xb8, blue, green, red, 0, 0xb9, 0, 0x40, 0x66, 0xf3, 0xab],
    ...say("vbe"),
    ...waitForByte,
    ...video(0x0013, 0),
    ...atWindow,
    ...[0xb0, 4, 0xb9, 0xff, 0xff, 0xf3, 0xaa],
    ...say("13h"),
    ...waitForByte,
    ...video(0x0012, 0),
    ...atWindow,
    // All four planes; ten lines of 80 bytes.
    ...[0xba, 0xc4, 0x03, 0xb8, 0x02, 0x0f, 0xef, 0xb0, 0xff, 0xb9, 0x20, 0x03, 0xf3, 0xaa],
    ...say("12h"),
    // hlt; jmp -3
    ...[0xf4, 0xeb, 0xfd],
  ]);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ScreenNews, VideoChange, VideoPicture, VideoTell } from "../../../src/hvdef/index.ts";
import { manualClock, micros } from "../../../src/support/index.ts";
import type { DisplayMode, EngineDisplay, PixelBlock, TextPage } from "../../../src/vid/index.ts";
import { vgaFont } from "../../../src/vmwp/firmware/vga-font.ts";
import { rowsOf } from "../../../src/vmwp/vdev/screen/code-page.ts";
import { openScreen } from "../../../src/vmwp/vdev/screen/serve.ts";
import { openTextPainter } from "../../../src/vmwp/vdev/screen/text-painter.ts";

const textMode = { kind: "text", columns: 4, rows: 2, cellWidth: 9, cellHeight: 16 } as const;

/** A page with these characters in grey, and a font whose glyphs are full in the lines their code says. */
function page(text: string, more: Partial<TextPage> = {}): TextPage {
  const cells = new Uint8Array(16);
  for (let at = 0; at < 8; at++) cells.set([text.charCodeAt(at) || 0x20, 0x07], at * 2);
  const font = new Uint8Array(256 * 32);
  // "A": the whole cell. 0xC4, a line: one line of it. All others: nothing.
  font.fill(0xff, 0x41 * 32, 0x41 * 32 + 16);
  font[0xc4 * 32 + 7] = 0xff;
  const colours = Uint32Array.from({ length: 16 }, (_, index) => index * 0x010203);
  const look = { twoFonts: false, blinks: true, joinsLines: true, colours, cursor: null };
  return { mode: textMode, cells, fonts: [font, font], ...look, ...more };
}

/** Collects blocks into a picture. */
function canvas(width: number, height: number) {
  const pixels = new Uint8ClampedArray(width * height * 4);
  const blocks: PixelBlock[] = [];
  return {
    blocks,
    put(block: PixelBlock): void {
      blocks.push({ ...block });
      for (let line = 0; line < block.height; line++) {
        const from = ((block.y + line) * block.stride + block.x) * 4;
        const to = ((block.toY + line) * width + block.toX) * 4;
        pixels.set(block.pixels.subarray(from, from + block.width * 4), to);
      }
    },
    at: (x: number, y: number) => [...pixels.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)],
  };
}
const ink = [7, 14, 21, 255];
const paper = [0, 0, 0, 255];
const lit = { cursor: true, characters: true };

describe("text", () => {
  test("glyphs are drawn in their colours, and only what changed is drawn again", () => {
    const painter = openTextPainter();
    const screen = canvas(36, 32);
    painter.paint(page(" A"), lit, true, screen.put);
    expect([screen.at(9, 0), screen.at(16, 15), screen.at(0, 0)]).toEqual([ink, ink, paper]);
    expect(screen.at(17, 0)).toEqual(paper);
    screen.blocks.length = 0;
    painter.paint(page(" A"), lit, false, screen.put);
    expect(screen.blocks).toEqual([]);
    painter.paint(page(" A    A"), lit, false, screen.put);
    expect(screen.blocks).toMatchObject([{ toX: 18, toY: 16, width: 9, height: 16 }]);
    expect(screen.at(18, 16)).toEqual(ink);
  });

  test("lines join over the ninth column, if the adapter says so", () => {
    for (const joinsLines of [true, false]) {
      const screen = canvas(36, 32);
      openTextPainter().paint(page("\u00c4", { joinsLines }), lit, true, screen.put);
      expect(screen.at(7, 7)).toEqual(ink);
      expect(screen.at(8, 7)).toEqual(joinsLines ? ink : paper);
    }
  });

  test("the cursor comes and goes, and blinking characters do", () => {
    const painter = openTextPainter();
    const screen = canvas(36, 32);
    const cursor = { row: 1, column: 0, first: 14, last: 15 };
    const blinking = page("A", { cursor });
    blinking.cells[1] = 0x87;
    painter.paint(blinking, lit, true, screen.put);
    expect([screen.at(0, 30), screen.at(0, 29), screen.at(0, 0)]).toEqual([ink, paper, ink]);
    painter.paint(blinking, { cursor: false, characters: false }, false, screen.put);
    expect([screen.at(0, 30), screen.at(0, 0)]).toEqual([paper, paper]);
  });

  test("is read as code page 437 has it", () => {
    const cells = Uint8Array.from([0xda, 7, 0xc4, 7, 0x41, 7, 0x20, 7, 0x81, 7, 0x01, 7, 0, 7, 0x20, 7]);
    expect(rowsOf(cells, 4)).toEqual(["┌─A", "ü☺"]);
  });

  test("the font of a VGA BIOS is found, and in noise there is none", () => {
    const font = vgaFont(new Uint8Array(readFileSync("public/firmware/vgabios.bin")));
    expect(font).toHaveLength(4096);
    // A full block, and a letter.
    expect(font?.subarray(0xdb * 16, 0xdc * 16).every((line) => line === 0xff)).toBe(true);
    expect(font?.[0x4c * 16 + 11]).toBe(0xfe);
    expect(vgaFont(new Uint8Array(5000))).toBeNull();
    expect(vgaFont(new Uint8Array(3))).toBeNull();
  });
});

/** A screen over a display that a test sets. */
function openRig() {
  const clock = manualClock(micros(0));
  const news: ScreenNews[] = [];
  const notes: number[] = [];
  const memory = new Uint8Array(8 << 20);
  const sizes: string[] = [];
  const drawn = canvas(1024, 768);
  let tasks: { readonly at: number; readonly task: () => void }[] = [];
  let mode: DisplayMode = { kind: "dark" };
  let text: TextPage | null = null;
  const screen = openScreen({
    clock,
    later(milliseconds, task) {
      const entry = { at: clock.now() + milliseconds * 1000, task };
      tasks.push(entry);
      return () => {
        tasks = tasks.filter((other) => other !== entry);
      };
    },
    told: (one) => void news.push(one),
    wake() {},
  });
  const display: EngineDisplay = {
    mode: () => mode,
    text: () => text,
    paint() {},
    memory: () => memory,
  };
  screen.attach(display);
  const surface = {
    resize: (width: number, height: number) => void sizes.push(`${width}x${height}`),
    put: drawn.put,
    [Symbol.dispose]() {},
  };
  return {
    screen,
    news,
    notes,
    memory,
    sizes,
    drawn,
    look: () => screen.look(surface),
    show(next: TextPage) {
      mode = next.mode;
      text = next;
    },
    open: () => screen.device.opened((payload) => void notes.push(payload[0] ?? -1)),
    picture(width: number, height: number) {
      const bytes = VideoPicture.bytes({
        kind: VideoTell.picture,
        offset: 0,
        width,
        height,
        pitch: width * 4,
      });
      screen.device.told(bytes);
    },
    change: (top: number, bottom: number) =>
      screen.device.told(VideoChange.bytes({ kind: VideoTell.change, top, bottom })),
    /** Lets so many milliseconds pass. Answers how many tasks ran. */
    pass(milliseconds: number): number {
      let ran = 0;
      for (let left = milliseconds; left > 0; left--) {
        clock.advance(micros(1000));
        const due = tasks.filter(({ at }) => at <= clock.now());
        tasks = tasks.filter(({ at }) => at > clock.now());
        for (const { task } of due) task();
        ran += due.length;
      }
      return ran;
    },
  };
}

describe("a screen", () => {
  test("is drawn only while somebody looks, and slower when nothing changes", () => {
    const rig = openRig();
    rig.show(page("A"));
    expect(rig.pass(1000)).toBe(0);
    rig.look();
    expect(rig.sizes).toEqual(["36x32"]);
    expect(rig.pass(1000)).toBeGreaterThan(25);
    rig.pass(3000);
    expect(rig.pass(1000)).toBeLessThanOrEqual(10);
    rig.screen.lookAway();
    expect(rig.pass(1000)).toBe(0);
  });

  test("tells its text four times a second at most, the last word always", () => {
    const rig = openRig();
    rig.show(page("A"));
    rig.look();
    rig.news.length = 0;
    for (let step = 0; step < 30; step++) {
      rig.show(page(String.fromCharCode(0x41 + step)));
      rig.pass(33);
    }
    rig.pass(300);
    expect(rig.news.length).toBeGreaterThanOrEqual(3);
    expect(rig.news.length).toBeLessThanOrEqual(6);
    expect(rig.news.at(-1)).toEqual({ kind: "rows", rows: [{ row: 0, text: "^" }] });
  });

  test("is the synthetic one from its picture on, until the driver goes", () => {
    const rig = openRig();
    rig.show(page("A"));
    rig.look();
    rig.open();
    expect(rig.notes).toEqual([1]);
    rig.memory.set([3, 2, 1, 0], 4);
    rig.picture(64, 48);
    rig.pass(40);
    expect(rig.screen.contents(false).mode).toEqual({ kind: "synthetic", width: 64, height: 48 });
    expect(rig.drawn.at(1, 0)).toEqual([1, 2, 3, 255]);
    rig.screen.device.closed();
    rig.pass(40);
    expect(rig.sizes).toEqual(["36x32", "64x48", "36x32"]);
  });

  test("copies the lines that changed and no others", () => {
    const rig = openRig();
    rig.look();
    rig.open();
    rig.picture(64, 48);
    rig.pass(40);
    rig.drawn.blocks.length = 0;
    rig.memory.fill(0x55, 0, 64 * 48 * 4);
    rig.change(2, 4);
    rig.change(3, 5);
    rig.change(40, 41);
    rig.pass(40);
    expect(rig.drawn.blocks).toMatchObject([
      { toX: 0, toY: 2, width: 64, height: 3 },
      { toX: 0, toY: 40, width: 64, height: 1 },
    ]);
    expect([rig.drawn.at(0, 1), rig.drawn.at(0, 2)]).toEqual([paper, [0x55, 0x55, 0x55, 255]]);
  });

  test("notes who looks with every opening of the channel", () => {
    const rig = openRig();
    rig.open();
    rig.look();
    rig.screen.lookAway();
    rig.screen.device.closed();
    rig.look();
    rig.open();
    expect(rig.notes).toEqual([0, 1, 0, 1]);
  });

  test("can be kept as a picture while nobody looks", () => {
    const rig = openRig();
    rig.open();
    rig.memory.fill(0x10, 0, 64 * 4);
    rig.picture(64, 2);
    const { mode, pixels } = rig.screen.contents(true);
    expect(mode).toEqual({ kind: "synthetic", width: 64, height: 2 });
    expect(pixels).toHaveLength(64 * 2 * 4);
    expect([...(pixels?.subarray(0, 4) ?? [])]).toEqual([16, 16, 16, 255]);
    expect([...(pixels?.subarray(64 * 4, 64 * 4 + 4) ?? [])]).toEqual(paper);
  });
});

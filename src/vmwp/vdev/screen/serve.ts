import {
  type ScreenContents,
  type ScreenMode,
  type ScreenNews,
  videoNoteBytes,
} from "../../../hvdef/index.ts";
import type { Clock, InspectNode } from "../../../support/index.ts";
import type { EngineDisplay, PixelBlock, Surface, TextPage } from "../../../vid/index.ts";
import type { DeviceBeside } from "../../../vmbus/index.ts";
import { rowsOf } from "./code-page.ts";
import { openRowMirror } from "./row-mirror.ts";
import { openSyntheticPicture } from "./synthetic.ts";
import { openTextPainter } from "./text-painter.ts";

/** The hands of a screen. */
export interface ScreenEffects {
  readonly clock: Clock;
  /** Runs a task once, after so many milliseconds. Answers how to give it up. */
  later(milliseconds: number, task: () => void): () => void;
  told(news: ScreenNews): void;
  /** A word to the guest waits: end the run loop's sleep. */
  wake(): void;
}

/** The screen of one virtual machine, over all its resets. */
export interface Screen {
  /** Beside the guest's synthetic screen. */
  readonly device: DeviceBeside;
  /** The display of the machine there is now; `null`: none, the screen is dark. */
  attach(display: EngineDisplay | null): void;
  /** Somebody looks: draws there from now on, and only there. */
  look(surface: Surface): void;
  /** Nobody looks: nothing is drawn. */
  lookAway(): void;
  contents(withPixels: boolean): ScreenContents;
  inspect(): InspectNode;
}

/** Milliseconds between two frames while something changes, and when nothing has for a while. */
const lively = 33;
const calm = 100;
/** Frames without a change after which the pace is calm. */
const quietFrames = 60;
/** Microseconds for which cursor and characters are seen, and not seen. @vga 16 and 32 frames at 60 Hz */
const cursorPhase = 266_000;
const characterPhase = 533_000;
const dark: ScreenMode = { kind: "dark" };
/** What a canvas is while the screen is dark. */
const darkSize = { width: 720, height: 400 };

/** Opens the screen of a machine that has no power yet. */
export function openScreen(effects: ScreenEffects): Screen {
  const { clock, later, told, wake } = effects;
  const synthetic = openSyntheticPicture();
  const painter = openTextPainter();
  const mirror = openRowMirror();
  let display: EngineDisplay | null = null;
  let surface: Surface | null = null;
  let shown: ScreenMode | null = null;
  let note: ((payload: Uint8Array) => void) | null = null;
  let stop: (() => void) | null = null;
  let still = 0;
  const counters = { frames: 0, blocks: 0 };

  function mode(): ScreenMode {
    const size = synthetic.size();
    if (display === null) return dark;
    if (size !== null) return { kind: "synthetic", ...size };
    const emulated = display.mode();
    if (emulated.kind !== "text") return emulated;
    const { columns, rows, cellWidth, cellHeight } = emulated;
    return { kind: "text", columns, rows, width: columns * cellWidth, height: rows * cellHeight };
  }
  function paint(all: boolean, put: (block: PixelBlock) => void): void {
    if (display === null) return;
    if (synthetic.size() !== null) {
      synthetic.paint(display.memory(), all, put);
      return;
    }
    const page = display.text();
    if (page === null) display.paint(all, put);
    else paintText(page, all, put);
  }
  function paintText(page: TextPage, all: boolean, put: (block: PixelBlock) => void): void {
    const now = clock.now();
    const lit = {
      cursor: Math.floor(now / cursorPhase) % 2 === 0,
      characters: Math.floor(now / characterPhase) % 2 === 0,
    };
    painter.paint(page, lit, all, put);
    const news = mirror.see(rowsOf(page.cells, page.mode.columns), now);
    if (news.length > 0) told({ kind: "rows", rows: news });
  }

  function frame(): void {
    const target = surface;
    if (target === null) return;
    const next = mode();
    const all = shown === null || !isSame(shown, next);
    if (all) {
      const { width, height } = next.kind === "dark" ? darkSize : next;
      target.resize(width, height);
      told({ kind: "mode", mode: next });
      mirror.forget();
      shown = next;
    }
    let blocks = 0;
    paint(all, (block) => {
      blocks++;
      target.put(block);
    });
    counters.frames++;
    counters.blocks += blocks;
    still = blocks > 0 && next.kind !== "text" ? 0 : still + 1;
    if (next.kind === "text" && (blocks > 1 || mirror.owes())) still = 0;
    stop = later(still > quietFrames ? calm : lively, frame);
  }
  function noteViewer(): void {
    if (note === null) return;
    note(new Uint8Array(videoNoteBytes).fill(surface === null ? 0 : 1));
    wake();
  }
  function lookAway(): void {
    stop?.();
    stop = null;
    surface?.[Symbol.dispose]();
    surface = null;
    shown = null;
  }

  return {
    device: {
      opened(send) {
        note = send;
        noteViewer();
      },
      told: synthetic.told,
      closed() {
        note = null;
        synthetic.forget();
      },
    },
    attach(next) {
      display = next;
      synthetic.forget();
      shown = null;
    },
    look(next) {
      lookAway();
      surface = next;
      still = 0;
      noteViewer();
      frame();
    },
    lookAway() {
      if (surface === null) return;
      lookAway();
      noteViewer();
    },
    contents(withPixels) {
      const now = mode();
      const page = now.kind === "text" ? (display?.text() ?? null) : null;
      // What was painted for this picture is news to whoever looks, and the other way round.
      const pixels = withPixels && now.kind !== "dark" ? pictureOf(now, (put) => paint(true, put)) : null;
      if (withPixels) shown = null;
      return { mode: now, rows: page === null ? [] : rowsOf(page.cells, page.mode.columns), pixels };
    },
    inspect: () => ({ looked: surface !== null, mode: modeText(mode()), ...counters }),
  };
}

/** Puts all blocks of a screen into one picture. */
function pictureOf(
  { width, height }: { readonly width: number; readonly height: number },
  paint: (put: (block: PixelBlock) => void) => void,
): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(width * height * 4);
  for (let at = 3; at < out.length; at += 4) out[at] = 255;
  paint((block) => {
    for (let line = 0; line < block.height; line++) {
      const y = block.toY + line;
      if (y < 0 || y >= height) continue;
      const skipped = Math.max(0, -block.toX);
      const count = Math.min(block.width, width - block.toX) - skipped;
      if (count <= 0) continue;
      const from = ((block.y + line) * block.stride + block.x + skipped) * 4;
      out.set(block.pixels.subarray(from, from + count * 4), (y * width + block.toX + skipped) * 4);
    }
  });
  return out;
}

function isSame(a: ScreenMode, b: ScreenMode): boolean {
  return modeText(a) === modeText(b);
}

function modeText(mode: ScreenMode): string {
  switch (mode.kind) {
    case "dark":
      return "dark";
    case "text":
      return `text ${mode.columns}x${mode.rows}, ${mode.width}x${mode.height}`;
    case "graphics":
      return `graphics ${mode.width}x${mode.height}, ${mode.depth} bits`;
    case "synthetic":
      return `synthetic ${mode.width}x${mode.height}`;
  }
}

import { signal } from "@preact/signals";
import type { ScreenMode } from "../../../src/hvdef/index.ts";
import type { ScreenSession } from "../../../src/ui/index.ts";
import { bootText } from "./recorded-boot.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are written with one
const plain = bootText.replaceAll(/\r|\x1b\[[0-9;]*m/g, "");
const rows = plain.split("\n").slice(-24);
const text = { kind: "text", columns: 80, rows: 25, width: 720, height: 400 } as const;

/** A text screen that shows the end of a boot; dark when its machine is off. */
export function openRecordedScreen(on: boolean): ScreenSession {
  const mode = signal<ScreenMode | null>(null);
  const shown = signal<readonly string[]>([]);
  const draw = (canvas: HTMLCanvasElement) => {
    canvas.width = text.width;
    canvas.height = text.height;
    const context = canvas.getContext("2d");
    if (context === null) return;
    context.fillStyle = "#000";
    context.fillRect(0, 0, text.width, text.height);
    context.fillStyle = "#aaa";
    context.font = "15px monospace";
    for (const [row, line] of rows.entries()) context.fillText(line, 0, row * 16 + 13);
  };
  return {
    power: signal(on ? 1 : 0),
    mode,
    rows: shown,
    look(canvas) {
      draw(canvas);
      mode.value = text;
      shown.value = rows;
      return () => {};
    },
    async read() {
      const canvas = document.createElement("canvas");
      draw(canvas);
      const image = canvas.getContext("2d")?.getImageData(0, 0, text.width, text.height);
      return { mode: text, rows, pixels: image === undefined ? null : new Uint8ClampedArray(image.data) };
    },
  };
}

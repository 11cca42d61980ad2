import type { ScreenContents, ScreenNews } from "../hvdef/index.ts";
import type { PixelBlock, Surface } from "../vid/index.ts";
import type { ScreenOrder, ScreenReport } from "./screen-messages.ts";

/** A machine's screen, as this thread serves it to the page. */
export interface ServedScreen {
  look(surface: Surface): void;
  lookAway(): void;
  contents(withPixels: boolean): ScreenContents;
}

/** The hands of a screen in this thread; its news go to the page. */
export function screenEffects(port: MessagePort): {
  later(milliseconds: number, task: () => void): () => void;
  told(news: ScreenNews): void;
} {
  return {
    later(milliseconds, task) {
      const timer = setTimeout(task, milliseconds);
      return () => clearTimeout(timer);
    },
    told: (news) => port.postMessage(news satisfies ScreenReport),
  };
}

/** Carries out what the page orders. */
export function serveScreen(port: MessagePort, screen: ServedScreen): void {
  port.onmessage = ({ data: order }: MessageEvent<ScreenOrder>) => {
    switch (order.kind) {
      case "look":
        return screen.look(order.canvas === null ? messageSurface(port) : canvasSurface(order.canvas));
      case "lookAway":
        return screen.lookAway();
      case "read": {
        const contents = screen.contents(order.withPixels);
        const report: ScreenReport = { kind: "contents", request: order.request, contents };
        return port.postMessage(report, contents.pixels === null ? [] : [contents.pixels.buffer]);
      }
    }
  };
}

/** Draws into a canvas that the page has handed over. */
function canvasSurface(canvas: OffscreenCanvas): Surface {
  // Pixels come from memory only: a canvas on the graphics card would have to fetch every one of them.
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  return {
    resize(width, height) {
      canvas.width = width;
      canvas.height = height;
    },
    put({ pixels, stride, x, y, width, height, toX, toY }) {
      context?.putImageData(new ImageData(pixels, stride), toX - x, toY - y, x, y, width, height);
    },
    [Symbol.dispose]() {},
  };
}

/** Sends frames as messages. */
function messageSurface(port: MessagePort): Surface {
  const report = (message: ScreenReport, transfer: Transferable[]) => port.postMessage(message, transfer);
  return {
    resize: (width, height) => report({ kind: "size", width, height }, []),
    put(block) {
      const pixels = cutOut(block);
      const { width, toX, toY } = block;
      report({ kind: "piece", pixels, width, toX, toY }, [pixels.buffer]);
    },
    [Symbol.dispose]() {},
  };
}

function cutOut({ pixels, stride, x, y, width, height }: PixelBlock): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(width * height * 4);
  for (let line = 0; line < height; line++) {
    const from = ((y + line) * stride + x) * 4;
    out.set(pixels.subarray(from, from + width * 4), line * width * 4);
  }
  return out;
}

import type { ScreenContents, ScreenNews } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import type { ScreenOrder, ScreenReport } from "../screen-messages.ts";

/** The page's end of a machine's screen. */
export interface ScreenLine {
  /**
   * Lets the machine draw into a canvas, which nobody else may draw into from now on, and which no other machine
   * can ever get.
   */
  look(canvas: HTMLCanvasElement): void;
  lookAway(): void;
  /** Rejects when the machine is gone. */
  read(withPixels: boolean): Promise<ScreenContents>;
}

/** Milliseconds after which a worker that is busy has had its time to answer. */
const patience = 10_000;

/** Opens the end over its port. @param told  news, while somebody looks */
export function screenLine(port: MessagePort, told: (news: ScreenNews) => void): ScreenLine {
  const waiting = new Map<number, (contents: ScreenContents) => void>();
  let requests = 0;
  let drawn: HTMLCanvasElement | null = null;

  const order = (message: ScreenOrder, transfer: Transferable[] = []) => port.postMessage(message, transfer);
  port.onmessage = ({ data: report }: MessageEvent<ScreenReport>) => {
    switch (report.kind) {
      case "contents":
        waiting.get(report.request)?.(report.contents);
        waiting.delete(report.request);
        return;
      case "size":
        if (drawn === null) return;
        drawn.width = report.width;
        drawn.height = report.height;
        return;
      case "piece": {
        const piece = new ImageData(report.pixels, report.width);
        drawn?.getContext("2d")?.putImageData(piece, report.toX, report.toY);
        return;
      }
      default:
        told(report);
    }
  };
  return {
    look(canvas) {
      drawn = null;
      if (typeof canvas.transferControlToOffscreen === "function") {
        const offscreen = canvas.transferControlToOffscreen();
        order({ kind: "look", canvas: offscreen }, [offscreen]);
        return;
      }
      drawn = canvas;
      order({ kind: "look", canvas: null });
    },
    lookAway() {
      drawn = null;
      order({ kind: "lookAway" });
    },
    read(withPixels) {
      const request = ++requests;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(request);
          reject(
            new HvError("screen.silent", "The machine does not answer. Try again when it is less busy."),
          );
        }, patience);
        waiting.set(request, (contents) => {
          clearTimeout(timer);
          resolve(contents);
        });
        order({ kind: "read", request, withPixels });
      });
    },
  };
}

import { VideoChange, VideoPicture, VideoTell } from "../../../hvdef/index.ts";
import type { PixelBlock } from "../../../vid/index.ts";

/** What the synthetic screen shows, as its provider tells. */
export interface SyntheticPicture {
  /** Word of the provider. */
  told(payload: Uint8Array<ArrayBuffer>): void;
  /** The guest's driver is gone. */
  forget(): void;
  /** `null`: it is dark. */
  size(): { readonly width: number; readonly height: number } | null;
  /** Hands over the lines that changed since the last call, or all of them. */
  paint(memory: Uint8Array<ArrayBuffer>, all: boolean, put: (block: PixelBlock) => void): void;
}

const opaque = 0xff00_0000;
const bytesPerPixel = 4;

/** Opens a screen that is dark. */
export function openSyntheticPicture(): SyntheticPicture {
  let picture: VideoPicture | null = null;
  /** One for each line that changed. */
  let changed = new Uint8Array(0);
  let pixels = new Uint32Array(0);

  /** From four bytes blue, green, red, nothing to red, green, blue, 255. */
  function copyLine(from: VideoPicture, memory: Uint32Array, line: number): void {
    const source = (from.offset + from.pitch * line) / bytesPerPixel;
    const target = line * from.width;
    for (let x = 0; x < from.width; x++) {
      const pixel = memory[source + x] ?? 0;
      pixels[target + x] = opaque | ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >>> 16) & 0xff);
    }
  }
  function show(next: VideoPicture): void {
    picture = next.width === 0 ? null : next;
    changed = new Uint8Array(next.height).fill(1);
  }
  return {
    told(payload) {
      const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
      if (payload.length === VideoPicture.size && VideoPicture.read(view).kind === VideoTell.picture)
        show(VideoPicture.read(view));
      if (payload.length === VideoChange.size && VideoChange.read(view).kind === VideoTell.change)
        changed.fill(1, VideoChange.read(view).top, VideoChange.read(view).bottom);
    },
    forget() {
      picture = null;
    },
    size: () => (picture === null ? null : { width: picture.width, height: picture.height }),
    paint(memory, all, put) {
      const shown = picture;
      if (shown === null) return;
      const { width, height } = shown;
      if (all) changed.fill(1);
      if (pixels.length !== width * height) pixels = new Uint32Array(width * height);
      const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length / bytesPerPixel);
      const bytes = new Uint8ClampedArray(pixels.buffer);
      for (let top = changed.indexOf(1); top >= 0; top = changed.indexOf(1, top)) {
        const end = changed.indexOf(0, top);
        const bottom = end < 0 ? height : end;
        for (let line = top; line < bottom; line++) copyLine(shown, words, line);
        changed.fill(0, top, bottom);
        put({ pixels: bytes, stride: width, x: 0, y: top, width, height: bottom - top, toX: 0, toY: top });
      }
    },
  };
}

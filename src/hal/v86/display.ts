import type { DisplayMode, EngineDisplay, PixelBlock } from "../../vid/index.ts";
import type { CoreExports, V86Cpu } from "./shape.ts";
import type { V86Layer } from "./vga-shape.ts";
import { startTextMode, textMode, textPage } from "./vga-text.ts";

/** The engine's display with what the engine itself needs of it. */
export interface CoreDisplay {
  readonly display: EngineDisplay;
  /** Called before each slice: a guest that waits for the vertical retrace waits for this. */
  beforeSlice(now: number): void;
  startText(font: Uint8Array<ArrayBuffer> | null): void;
}

/** Depths of linear frame buffers that can be shown. */
const linearDepths: ReadonlySet<number> = new Set([8, 15, 16, 24, 32]);
/** Where the core says which bytes of video memory changed since the last look: first and last. */
const changedFirstAt = 716;
const changedLastAt = 720;
const nothingChanged = 0xffff_ffff;
/** The screen off bit of the sequencer's clocking mode. */
const screenOff = 0x20;
const wideColours = 0x40;
/** Microseconds of a refresh at 60 Hz. */
const refreshPeriod = 16_667;
const opaque = 0xff00_0000;

/** Opens the display of a machine that does not run yet. */
export function openDisplay(cpu: V86Cpu, core: CoreExports): CoreDisplay {
  const { vga } = cpu.devices;
  /** Offset of the picture in the core's memory. */
  let picture: number | null = null;
  let lastLayers: readonly V86Layer[] | null = null;
  let retraceDue = 0;
  let own = new Uint32Array(0);

  // The engine makes room for its picture only where a browser's ImageData is: here it always is there.
  const resize = vga.screen.set_size_graphical.bind(vga.screen);
  vga.screen.set_size_graphical = (width, height, virtualWidth, virtualHeight) => {
    picture = cpu.svga_allocate_dest_buffer(virtualWidth * virtualHeight) >>> 0;
    vga.dest_buffet_offset = picture;
    lastLayers = null;
    cpu.svga_mark_dirty();
    resize(width, height, virtualWidth, virtualHeight);
  };

  function mode(): DisplayMode {
    if (vga.graphical_mode) {
      const { screen_width: width, screen_height: height } = vga;
      const depth = vga.svga_enabled ? vga.svga_bpp : vga.attribute_mode & wideColours ? 8 : 4;
      const known = !vga.svga_enabled || linearDepths.has(depth);
      return isLit() && known && width > 0 && height > 0
        ? { kind: "graphics", width, height, depth }
        : { kind: "dark" };
    }
    return (isLit() ? textMode(vga) : null) ?? { kind: "dark" };
  }
  function isLit(): boolean {
    return vga.svga_enabled || (vga.palette_source !== 0 && (vga.clocking_mode & screenOff) === 0);
  }

  function pixelsOf(at: number, count: number): Uint8ClampedArray<ArrayBuffer> {
    return new Uint8ClampedArray(core.memory.buffer, at, count * 4);
  }
  /** Bytes of video memory that changed, which are then forgotten. */
  function takeChanges(depth: number): { readonly first: number; readonly last: number } | null {
    cpu.svga_fill_pixel_buffer(depth, vga.svga_offset);
    const words = new Uint32Array(core.memory.buffer);
    const first = words[changedFirstAt / 4] ?? nothingChanged;
    const last = words[changedLastAt / 4] ?? 0;
    return first === nothingChanged ? null : { first, last };
  }
  function paintLinear(at: number, all: boolean, put: (block: PixelBlock) => void): void {
    const { virtual_width: width, screen_height: height, svga_bpp: depth, svga_offset: offset } = vga;
    if (all) cpu.svga_mark_dirty();
    const changes = takeChanges(depth);
    if (changes === null) return;
    const bytes = depth === 15 ? 2 : depth / 8;
    const lineOf = (byte: number) => Math.floor((byte / bytes - offset) / width);
    const top = Math.max(0, lineOf(changes.first));
    const bottom = Math.min(height, lineOf(changes.last) + 1);
    if (top >= bottom) return;
    const pixels = depth === 8 ? throughPalette(top, bottom) : pixelsOf(at, width * height);
    put({ pixels, stride: width, x: 0, y: top, width, height: bottom - top, toX: 0, toY: top });
  }
  /** The engine leaves pixels that are palette entries to us. */
  function throughPalette(top: number, bottom: number): Uint8ClampedArray<ArrayBuffer> {
    const { virtual_width: width, screen_height: height, svga_offset: offset } = vga;
    if (own.length !== width * height) own = new Uint32Array(width * height);
    const entries = memory();
    for (let at = top * width; at < bottom * width; at++) {
      const colour = vga.vga256_palette[entries[offset + at] ?? 0] ?? 0;
      own[at] = opaque | ((colour & 0xff) << 16) | (colour & 0xff00) | ((colour >> 16) & 0xff);
    }
    return new Uint8ClampedArray(own.buffer);
  }
  function paintPlanes(at: number, all: boolean, put: (block: PixelBlock) => void): void {
    if (all) vga.complete_replot();
    const changed = vga.diff_addr_min < vga.diff_addr_max || vga.diff_plot_min < vga.diff_plot_max;
    if (!all && !changed && vga.layers === lastLayers) return;
    lastLayers = vga.layers;
    vga.vga_replot();
    vga.vga_redraw();
    vga.reset_diffs();
    const { virtual_width: stride, virtual_height: lines } = vga;
    const pixels = pixelsOf(at, stride * lines);
    for (const layer of vga.layers) {
      const y = Math.max(0, layer.buffer_y);
      const height = Math.min(layer.buffer_height, lines - y);
      if (height <= 0) continue;
      const place = { toX: layer.screen_x, toY: layer.screen_y };
      put({ pixels, stride, x: 0, y, width: stride, height, ...place });
    }
  }
  function memory(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(core.memory.buffer, vga.svga_memory.byteOffset, vga.vga_memory_size);
  }

  return {
    display: {
      mode,
      text() {
        const now = mode();
        return now.kind === "text" ? textPage(vga, now) : null;
      },
      paint(all, put) {
        if (picture === null || mode().kind !== "graphics") return;
        if (vga.svga_enabled) paintLinear(picture, all, put);
        else paintPlanes(picture, all, put);
      },
      memory,
    },
    beforeSlice(now) {
      if (!vga.graphical_mode || now < retraceDue) return;
      retraceDue = now + refreshPeriod;
      vga.update_vertical_retrace();
    },
    startText: (font) => startTextMode(cpu, vga, font),
  };
}

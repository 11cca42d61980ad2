import { useEffect, useRef } from "preact/hooks";
import type { BlockMap } from "../hvdef/index.ts";
import {
  cellAt,
  layerSentence,
  layerShare,
  type MapGrid,
  mapGrid,
  shadeOf,
  shadeSteps,
} from "./block-map-picture.ts";
import { formatWord } from "./disk-words.ts";
import type { Scheme } from "./theme.ts";

interface LayerProps {
  readonly map: BlockMap;
  /** Place in the chain: 0 answers first. */
  readonly layer: number;
  /** CSS pixels it may be wide. */
  readonly width: number;
  /** Drawn anew when it changes: the colours come from the style sheet. */
  readonly scheme: Scheme;
  /** The cell looked at; `null` for none. */
  readonly marked: number | null;
  readonly onPoint: (cell: number | null) => void;
}

interface Palette {
  readonly empty: string;
  readonly held: string;
  readonly covered: string;
  readonly mark: string;
}

function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    empty: token("--map-empty"),
    held: token("--map-held"),
    covered: token("--map-covered"),
    mark: token("--ink"),
  };
}

// A cell with anything in it must be told from an empty one at a glance.
function strength(step: number): number {
  return step === 0 ? 1 : 0.3 + (0.7 * step) / shadeSteps;
}

function drawCells(
  context: CanvasRenderingContext2D,
  props: LayerProps,
  grid: MapGrid,
  palette: Palette,
): void {
  const { map, layer } = props;
  const count = map.layers[layer]?.cells.length ?? 0;
  const size = grid.pitch - 1;
  for (let cell = 0; cell < count; cell += 1) {
    const { step, covered } = shadeOf(map, layer, cell);
    const x = (cell % grid.columns) * grid.pitch;
    const y = Math.floor(cell / grid.columns) * grid.pitch;
    context.globalAlpha = 1;
    context.fillStyle = palette.empty;
    context.fillRect(x, y, size, size);
    if (step === 0) continue;
    context.globalAlpha = strength(step);
    context.fillStyle = covered ? palette.covered : palette.held;
    context.fillRect(x, y, size, size);
  }
  context.globalAlpha = 1;
}

function drawMark(context: CanvasRenderingContext2D, grid: MapGrid, cell: number, colour: string): void {
  const x = (cell % grid.columns) * grid.pitch;
  const y = Math.floor(cell / grid.columns) * grid.pitch;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.strokeRect(x - 0.75, y - 0.75, grid.pitch + 0.5, grid.pitch + 0.5);
}

function draw(canvas: HTMLCanvasElement, props: LayerProps, grid: MapGrid): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const scale = Math.max(1, devicePixelRatio);
  const width = grid.columns * grid.pitch;
  const height = grid.rows * grid.pitch;
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  context.scale(scale, scale);
  const palette = paletteOf(canvas);
  drawCells(context, props, grid, palette);
  if (props.marked !== null) drawMark(context, grid, props.marked, palette.mark);
}

/** One layer of a chain: its line, and its cells from the first byte to the last. */
export function BlockMapLayer(props: LayerProps) {
  const { map, layer, width } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = map.layers[layer];
  const count = shown?.cells.length ?? 0;
  const grid = mapGrid(count, width);
  useEffect(() => {
    if (canvas.current !== null) draw(canvas.current, props, grid);
  }, [map, layer, width, props.scheme, props.marked]);
  if (shown === undefined) return null;
  return (
    <li class="map-layer">
      <p class="map-layer-head" aria-hidden="true">
        <span class="map-place">{layer + 1}</span>
        <span class="map-name" title={shown.name}>
          {shown.name}
        </span>
        <span class="map-share">
          <span class="map-type">{formatWord(shown.format)}, </span>
          {layerShare(shown.cells)}
        </span>
      </p>
      <canvas
        ref={canvas}
        class="map-cells"
        role="img"
        aria-label={layerSentence(map, layer)}
        style={{ inlineSize: `${grid.columns * grid.pitch}px`, blockSize: `${grid.rows * grid.pitch}px` }}
        onPointerMove={(event) => props.onPoint(cellAt(grid, count, event.offsetX, event.offsetY))}
        onPointerDown={(event) => props.onPoint(cellAt(grid, count, event.offsetX, event.offsetY))}
        onPointerLeave={() => props.onPoint(null)}
      />
    </li>
  );
}

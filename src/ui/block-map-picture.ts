import type { BlockMap } from "../hvdef/index.ts";

/** How the cells of a layer stand: in rows from the first byte to the last. */
export interface MapGrid {
  readonly columns: number;
  readonly rows: number;
  /** CSS pixels from one cell to the next, the gap included. */
  readonly pitch: number;
}

/** A cell as it is drawn. */
export interface MapShade {
  /** 0 nothing of it is here, up to {@link shadeSteps}: all of it. */
  readonly step: number;
  /** A layer above holds all of it, so that reads never come down here. */
  readonly covered: boolean;
}

/** Shades beside the empty one: more are not told apart by eye. */
export const shadeSteps = 6;

const smallestPitch = 5;
const largestPitch = 12;
// A layer of a small disk need not be taller than this, one of a large disk is as tall as its cells need.
const pleasantHeight = 96;
const full = 255;

/** Lays cells out in a width. @param width  CSS pixels */
export function mapGrid(cells: number, width: number): MapGrid {
  const room = Math.max(width, smallestPitch);
  const fitting = Math.floor(Math.sqrt((room * pleasantHeight) / Math.max(cells, 1)));
  const pitch = Math.min(largestPitch, Math.max(smallestPitch, fitting));
  const columns = Math.max(1, Math.min(Math.floor(room / pitch), cells));
  return { columns, rows: Math.ceil(cells / columns), pitch };
}

/** The cell at a point; `null` beside them. @param x  CSS pixels from the first cell's corner, as `y` */
export function cellAt(grid: MapGrid, cells: number, x: number, y: number): number | null {
  const column = Math.floor(x / grid.pitch);
  const row = Math.floor(y / grid.pitch);
  if (column < 0 || column >= grid.columns || row < 0) return null;
  const cell = row * grid.columns + column;
  return cell < cells ? cell : null;
}

function stepOf(held: number): number {
  if (held === 0 || held === full) return held === 0 ? 0 : shadeSteps;
  return Math.min(shadeSteps - 1, Math.max(1, Math.round((held / full) * shadeSteps)));
}

/** How a cell of a layer is drawn. Whatever is there at all is not drawn as nothing, and only all of it as all. */
export function shadeOf(map: BlockMap, layer: number, cell: number): MapShade {
  const step = stepOf(map.layers[layer]?.cells[cell] ?? 0);
  for (let above = 0; above < layer; above += 1) {
    if (map.layers[above]?.cells[cell] === full) return { step, covered: true };
  }
  return { step, covered: false };
}

/** Share of the disk that a layer holds, 0 to 1. */
export function heldShare(cells: Uint8Array): number {
  if (cells.length === 0) return 0;
  let sum = 0;
  for (const held of cells) sum += held;
  return sum / (cells.length * full);
}

function shareWords(share: number): string {
  if (share <= 0) return "nothing";
  if (share < 0.01) return "less than 1%";
  // All of it means all of it.
  return share === 1 ? "all" : `${Math.min(99, Math.round(share * 100))}%`;
}

/** A layer for people who listen instead of looking. */
export function layerSentence(map: BlockMap, layer: number): string {
  const { name, cells } = map.layers[layer] ?? { name: "", cells: new Uint8Array() };
  return `Layer ${layer + 1} of ${map.layers.length}, ${name} holds ${shareWords(heldShare(cells))} of the disk`;
}

/** The share a layer holds, as its line says it. */
export function layerShare(cells: Uint8Array): string {
  return `holds ${shareWords(heldShare(cells))}`;
}

const offsetUnits = [
  ["TB", 1024 ** 4],
  ["GB", 1024 ** 3],
  ["MB", 1024 ** 2],
  ["KB", 1024],
] as const;

/** A place in the disk, told so finely that neighbouring cells differ. */
function offsetWords(bytes: number, cellBytes: number): string {
  const [word, unit] = offsetUnits.find(([, size]) => bytes >= size) ?? ["bytes", 1];
  const digits = Math.min(6, Math.max(0, Math.ceil(Math.log10(unit / cellBytes))));
  return `${(bytes / unit).toFixed(digits)} ${word}`;
}

function heldWord(held: number): string {
  if (held === 0) return "nothing";
  return held === full ? "all" : "part";
}

/** The bytes of a cell and which layer holds how much of them, the one that answers first at the front. */
export function cellSentence(map: BlockMap, cell: number): string {
  const from = offsetWords(cell * map.cellBytes, map.cellBytes);
  const to = offsetWords((cell + 1) * map.cellBytes, map.cellBytes);
  const range = `From ${from} to ${to}`;
  const holders: string[] = [];
  for (const [place, layer] of map.layers.entries()) {
    const held = layer.cells[cell] ?? 0;
    if (held === 0) continue;
    holders.push(`layer ${place + 1} holds ${heldWord(held)}`);
    // Below a full cell nothing is read any more.
    if (held === full) break;
  }
  if (holders.length === 0) return `${range}: no layer holds any of it, so it reads as zeros`;
  return `${range}: ${holders.join(", ")}`;
}

/** Whether two pictures show the same, so that nothing needs drawing. */
export function sameMap(one: BlockMap | null, other: BlockMap): boolean {
  if (one === null || one.cellBytes !== other.cellBytes || one.layers.length !== other.layers.length)
    return false;
  return one.layers.every((layer, place) => {
    const beside = other.layers[place];
    if (beside === undefined || beside.name !== layer.name) return false;
    if (beside.format !== layer.format || beside.cells.length !== layer.cells.length) return false;
    return layer.cells.every((held, cell) => beside.cells[cell] === held);
  });
}

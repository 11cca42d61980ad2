/**
 * Which of `cells` equal parts of a chunked disk are here, for a block map: 0 nothing of it, 255 all of it.
 * A part of which anything is here is never 0, and one that lacks anything never 255.
 */
export function shareOf(disk: {
  readonly byteLength: number;
  readonly chunkBytes: number;
  readonly cells: number;
  readonly isHere: (chunk: number) => boolean;
}): Uint8Array<ArrayBuffer> {
  const { byteLength, chunkBytes, cells, isHere } = disk;
  const cell = byteLength / cells;
  const out = new Uint8Array(cells);
  let held = 0;
  let place = 0;
  let chunk = 0;
  // Walks the borders of cells and chunks together.
  for (let at = 0; place < cells; ) {
    const cellEnd = place === cells - 1 ? byteLength : (place + 1) * cell;
    const chunkEnd = (chunk + 1) * chunkBytes;
    const stop = Math.min(cellEnd, chunkEnd);
    if (isHere(chunk)) held += stop - at;
    at = stop;
    if (chunkEnd <= stop) chunk++;
    if (cellEnd <= stop) {
      const exact = (held / cell) * 255;
      out[place++] = exact > 254.999 ? 255 : Math.min(254, Math.ceil(exact));
      held = 0;
    }
  }
  return out;
}

/** Size of the picture in its own units; `slots` is how many values fit from left to right. */
export interface SparklineFrame {
  readonly width: number;
  readonly height: number;
  readonly slots: number;
}

/** The largest value of some series, at least 1, so that silence is drawn at the bottom. */
export function peakOf(...series: readonly (readonly (number | null)[])[]): number {
  return Math.max(1, ...series.flat().map((value) => value ?? 0));
}

/**
 * One line of a small chart, latest value at the right edge.
 *
 * @param values rates, oldest first; where one is missing the line has a gap
 * @param peak   the value at the upper edge, above zero
 * @returns SVG path text; empty when there is nothing to draw
 */
export function sparklinePath(
  values: readonly (number | null)[],
  peak: number,
  frame: SparklineFrame,
): string {
  const shown = values.slice(-frame.slots);
  const step = frame.width / Math.max(1, frame.slots - 1);
  const left = frame.width - (shown.length - 1) * step;
  let path = "";
  let pen = "M";
  for (const [place, value] of shown.entries()) {
    if (value === null) {
      pen = "M";
      continue;
    }
    const x = left + place * step;
    const y = frame.height - 1 - (Math.min(value, peak) / peak) * (frame.height - 2);
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  }
  return path;
}

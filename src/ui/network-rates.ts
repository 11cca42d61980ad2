import type { DirectPath, NetworkId, NetworkSummary, PortSummary } from "../hvdef/index.ts";

/** All networks as they were at one time, milliseconds since 1970. */
export interface NetworksSample {
  readonly at: number;
  readonly networks: readonly NetworkSummary[];
}

/** What passes a port in a second, of the last time between two samples. `toSwitch` is what its holder sends. */
export interface PortRates {
  readonly framesToSwitch: number;
  readonly framesFromSwitch: number;
  readonly bytesToSwitch: number;
  readonly bytesFromSwitch: number;
  readonly dropped: number;
}

// Two answers that come closer together say nothing about a rate.
const shortestSpanMs = 100;
// After a pause (another workspace, a hidden page) the rate since then is not the rate now.
const longestSpanMs = 5000;

function portOf(sample: NetworksSample, network: NetworkId, port: number): PortSummary | undefined {
  return sample.networks.find(({ id }) => id === network)?.ports.find(({ id }) => id === port);
}

/**
 * The rates of a port between two samples.
 *
 * @returns `null` when there is no earlier sample of this port, too little or too much time passed, or a counter
 *          went back because the port is another one
 */
export function portRates(
  older: NetworksSample | null,
  newer: NetworksSample,
  at: { readonly network: NetworkId; readonly port: number },
): PortRates | null {
  if (older === null) return null;
  const span = newer.at - older.at;
  if (span < shortestSpanMs || span > longestSpanMs) return null;
  const before = portOf(older, at.network, at.port);
  const now = portOf(newer, at.network, at.port);
  if (before === undefined || now === undefined) return null;
  const rate = (pick: (port: PortSummary) => number): number => ((pick(now) - pick(before)) * 1000) / span;
  const rates = {
    framesToSwitch: rate((port) => port.framesIn),
    framesFromSwitch: rate((port) => port.framesOut),
    bytesToSwitch: rate((port) => port.bytesIn),
    bytesFromSwitch: rate((port) => port.bytesOut),
    dropped: rate((port) => port.dropped),
  };
  return Object.values(rates).every((value) => value >= 0) ? rates : null;
}

/** What goes past the switch from one port to another in a second; 0 when nothing did. */
export type DirectRates = DirectPath;

/** The rates of what goes past the switch, of each path that was ever used. `null`: no time was measured. */
export function directRates(
  older: NetworksSample | null,
  newer: NetworksSample,
  network: NetworkId,
): readonly DirectRates[] | null {
  const span = newer.at - (older?.at ?? newer.at);
  const before = older?.networks.find(({ id }) => id === network);
  const now = newer.networks.find(({ id }) => id === network);
  if (before === undefined || now === undefined || span < shortestSpanMs || span > longestSpanMs) return null;
  return now.direct.map(({ from, to, frames, bytes }) => {
    // A path begins with its first frame: one that is new had none before.
    const then = before.direct.find((one) => one.from === from && one.to === to);
    const rate = (count: number): number => (count >= 0 ? (count * 1000) / span : 0);
    return { from, to, frames: rate(frames - (then?.frames ?? 0)), bytes: rate(bytes - (then?.bytes ?? 0)) };
  });
}

/** What of a port's rates passes through the switch: its counters hold what goes past it too. */
export function throughSwitch(port: number, rates: PortRates, direct: readonly DirectRates[]): PortRates {
  const sum = (end: "from" | "to", what: "frames" | "bytes"): number =>
    direct.filter((path) => path[end] === port).reduce((all, path) => all + path[what], 0);
  // The counters of two threads are read one after the other, so a difference may be a little below nothing.
  return {
    ...rates,
    framesToSwitch: Math.max(0, rates.framesToSwitch - sum("from", "frames")),
    framesFromSwitch: Math.max(0, rates.framesFromSwitch - sum("to", "frames")),
    bytesToSwitch: Math.max(0, rates.bytesToSwitch - sum("from", "bytes")),
    bytesFromSwitch: Math.max(0, rates.bytesFromSwitch - sum("to", "bytes")),
  };
}

/** The newest sample and the one that its rates are measured from. */
export interface SamplePair {
  readonly older: NetworksSample | null;
  readonly newer: NetworksSample;
}

/** Goes on to a sample. One that follows at once takes the place of the newest: rates need time between them. */
export function nextPair(pair: SamplePair | null, sample: NetworksSample): SamplePair {
  if (pair === null) return { older: null, newer: sample };
  if (pair.newer === sample) return pair;
  const tooSoon = sample.at - pair.newer.at < shortestSpanMs;
  return { older: tooSoon ? pair.older : pair.newer, newer: sample };
}

/** Frames a second at which the picture moves fastest. */
const fastest = 100_000;

/** How fast a line moves, 0 (it stands still) to 1, by frames a second: each step is ten times as many. */
export function flowPace(framesPerSecond: number): number {
  if (!(framesPerSecond > 0)) return 0;
  const pace = Math.log10(1 + framesPerSecond) / Math.log10(1 + fastest);
  return Math.min(1, Math.max(0.05, pace));
}

/** How wide what moves is drawn, in pixels, by bytes a second: 1.5 for a trickle, 4 from 100 MB/s on. */
export function flowWidth(bytesPerSecond: number): number {
  if (!(bytesPerSecond > 0)) return 1.5;
  const share = Math.min(1, Math.log10(1 + bytesPerSecond / 1000) / 5);
  return 1.5 + 2.5 * share;
}

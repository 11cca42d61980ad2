import type { InspectNode } from "../../support/index.ts";

/**
 * Cells of a port's counters. Frames and bytes are as they passed the port, tag included.
 *
 * `sent` and `received` are the holder's: what the switch accepted from it, what it took. Each frame that the holder
 * sends is either accepted or dropped for one of the reasons; `noRoom` are frames for the holder that it refused.
 */
export const Cell = {
  sentFrames: 0,
  sentBytes: 1,
  receivedFrames: 2,
  receivedBytes: 3,
  noRoom: 4,
  vlan: 5,
  spoofed: 6,
  malformed: 7,
  blocked: 8,
} as const;

/** One of the cells. */
export type Cell = (typeof Cell)[keyof typeof Cell];

/** Why a frame from a port's holder goes no further. */
export type DropCell = typeof Cell.vlan | typeof Cell.spoofed | typeof Cell.malformed | typeof Cell.blocked;

/** A row of counters. Doubles, since bytes outgrow 32 bits; in an array, so that counting never allocates. */
export type Counters = Float64Array<ArrayBuffer>;

/** What passed a port since it was plugged in. */
export interface PortCounters {
  /** Accepted from the holder. */
  readonly sentFrames: number;
  readonly sentBytes: number;
  /** Taken by the holder. */
  readonly receivedFrames: number;
  readonly receivedBytes: number;
  /** Frames that were lost, by reason. */
  readonly dropped: {
    /** For the holder, which had no room. */
    readonly noRoom: number;
    /** From the holder, with a tag that its port does not allow. */
    readonly vlan: number;
    /** From the holder, with a source address that is not its own. */
    readonly spoofed: number;
    /** From the holder: too short, too long, tagged twice, or from the address of a group. */
    readonly malformed: number;
    /** From the holder after it was unplugged, pause frames, and answers within answers beyond the limit. */
    readonly blocked: number;
  };
}

/** A row of zeros. */
export function openCounters(cells: number = Object.keys(Cell).length): Counters {
  return new Float64Array(cells);
}

/** Counts. */
export function add(counters: Counters, cell: number, amount: number): void {
  counters[cell] = (counters[cell] ?? 0) + amount;
}

/** A picture of a port's row. */
export function readCounters(counters: Counters): PortCounters {
  const at = (cell: Cell) => counters[cell] ?? 0;
  return {
    sentFrames: at(Cell.sentFrames),
    sentBytes: at(Cell.sentBytes),
    receivedFrames: at(Cell.receivedFrames),
    receivedBytes: at(Cell.receivedBytes),
    dropped: {
      noRoom: at(Cell.noRoom),
      vlan: at(Cell.vlan),
      spoofed: at(Cell.spoofed),
      malformed: at(Cell.malformed),
      blocked: at(Cell.blocked),
    },
  };
}

/**
 * Cells of the switch's own counters. The first three are frames accepted, by whom they are for; `flooded` those of
 * them for an address nobody is known to have, `direct` those that never passed the switch, `mirrored` copies made.
 * The rest counts addresses; `notLearned` were those for which there was no room.
 */
export const SwitchCell = {
  directed: 0,
  broadcast: 1,
  multicast: 2,
  flooded: 3,
  mirrored: 4,
  learned: 5,
  moved: 6,
  purged: 7,
  notLearned: 8,
  direct: 9,
} as const;

/** A picture of the switch's row. */
export function inspectSwitchCounters(counters: Counters): InspectNode {
  return Object.fromEntries(Object.entries(SwitchCell).map(([name, cell]) => [name, counters[cell] ?? 0]));
}

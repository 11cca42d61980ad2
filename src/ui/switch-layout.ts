import type { DirectPath, PortSummary } from "../hvdef/index.ts";

/** Where one port is drawn, pixels from the top left of the picture. */
export interface PortPlace {
  readonly port: PortSummary;
  /** Which side of the switch its holder stands on. */
  readonly side: "left" | "right";
  /** The holder's box. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number };
  /** The middle of its line. */
  readonly y: number;
  /** Where the line leaves the switch, and where it meets the box. */
  readonly atSwitch: number;
  readonly atBox: number;
}

/** The picture of a switch, in pixels. */
export interface SwitchLayout {
  readonly width: number;
  readonly height: number;
  readonly body: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly places: readonly PortPlace[];
  /**
   * The way past the switch: one rail beside the boxes of the machines, with room for several lanes towards the
   * switch. `null`: no port has a queue, and nothing went past.
   */
  readonly rail: {
    readonly x: number;
    readonly from: number;
    readonly to: number;
    readonly room: number;
  } | null;
}

/** A way past the switch from one machine to another. */
export interface DirectWay {
  readonly from: PortPlace;
  readonly to: PortPlace;
  /** From the sender's box to the target's. */
  readonly path: string;
}

/** The switch is never so low that its name does not fit on it. */
const leastInner = 104;
/** Height of a holder's box, and the room between two. */
export const boxHeight = 62;
const gap = 10;
const edge = 8;
/** Below this width everything stands on one side of the switch. */
const narrow = 680;
/** How far below its line a port's queue enters the box. */
export const queueDrop = 18;

function isHost(port: PortSummary): boolean {
  return port.holder.kind !== "machine";
}

function column(count: number): number {
  return count === 0 ? 0 : count * boxHeight + (count - 1) * gap;
}

interface Columns {
  readonly bodyX: number;
  readonly bodyWidth: number;
  readonly leftWidth: number;
  readonly rightX: number;
  readonly rightWidth: number;
}

function columnsOf(width: number, hasLeft: boolean): Columns {
  if (width < narrow) {
    const rightX = 96;
    return { bodyX: 0, bodyWidth: 36, leftWidth: 0, rightX, rightWidth: Math.max(0, width - rightX) };
  }
  const bodyWidth = 64;
  if (!hasLeft) {
    const rightX = bodyWidth + Math.min(300, Math.floor(width * 0.28));
    return { bodyX: 0, bodyWidth, leftWidth: 0, rightX, rightWidth: Math.min(560, width - rightX) };
  }
  const leftWidth = Math.min(340, Math.floor(width * 0.31));
  const rightWidth = Math.min(440, Math.floor(width * 0.4));
  const lines = width - leftWidth - rightWidth;
  const bodyX = leftWidth + Math.floor((lines - bodyWidth) * 0.42);
  return { bodyX, bodyWidth, leftWidth, rightX: width - rightWidth, rightWidth };
}

/**
 * Places the ports of a switch: uplink and management OS on the left, machines on the right; all on the right
 * where there is no room for two sides.
 *
 * @param width  of the picture, pixels
 * @param direct  paths past the switch that were ever used
 */
export function switchLayout(
  ports: readonly PortSummary[],
  width: number,
  direct: readonly Pick<DirectPath, "from" | "to">[] = [],
): SwitchLayout {
  const hosts = ports.filter(isHost);
  const machines = ports.filter((port) => !isHost(port));
  const oneSided = width < narrow;
  const right = oneSided ? [...hosts, ...machines] : machines;
  const left = oneSided ? [] : hosts;
  const columns = columnsOf(width, left.length > 0);
  const inner = Math.max(column(left.length), column(right.length), leastInner);
  const height = inner + 2 * edge;
  const place = (side: "left" | "right", list: readonly PortSummary[]): readonly PortPlace[] => {
    const top = edge + (inner - column(list.length)) / 2;
    return list.map((port, row) => {
      const y = top + row * (boxHeight + gap);
      const isLeft = side === "left";
      return {
        port,
        side,
        box: {
          x: isLeft ? 0 : columns.rightX,
          y,
          width: isLeft ? columns.leftWidth : columns.rightWidth,
        },
        y: y + boxHeight / 2 - (isLeft ? 0 : 8),
        atSwitch: isLeft ? columns.bodyX : columns.bodyX + columns.bodyWidth,
        atBox: isLeft ? columns.leftWidth : columns.rightX,
      };
    });
  };
  const places = [...place("left", left), ...place("right", right)];
  return {
    width,
    height,
    body: { x: columns.bodyX, y: 0, width: columns.bodyWidth, height },
    places,
    rail: railOf(places, columns, direct.length > 0),
  };
}

/** Distance of two lanes, and of the two ways at one box. */
const laneStep = 8;
const wayOffset = 3;

/** Lays paths past the switch: each on a lane of its own as long as there is room, the first next to the boxes. */
export function directWays(
  layout: Pick<SwitchLayout, "places" | "rail">,
  direct: readonly Pick<DirectPath, "from" | "to">[],
): readonly DirectWay[] {
  const { places, rail } = layout;
  if (rail === null) return [];
  const machineAt = (id: number): PortPlace | undefined =>
    places.find(({ port }) => port.id === id && !isHost(port));
  const lanes = 1 + Math.floor(rail.room / laneStep);
  const ends = direct.flatMap((path) => {
    const [from, to] = [machineAt(path.from), machineAt(path.to)];
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
  return ends.map(({ from, to }, place) => {
    const x = rail.x - (place % lanes) * laneStep;
    const path = `M${from.atBox} ${from.y + queueDrop - wayOffset}H${x}V${to.y + queueDrop + wayOffset}H${to.atBox}`;
    return { from, to, path };
  });
}

function railOf(places: readonly PortPlace[], columns: Columns, used: boolean): SwitchLayout["rail"] {
  const machines = places.filter(({ port }) => !isHost(port));
  const first = machines[0];
  const last = machines.at(-1);
  if (first === undefined || last === undefined || !(used || machines.some(({ port }) => port.queue)))
    return null;
  const bodyEnd = columns.bodyX + columns.bodyWidth;
  const lines = columns.rightX - bodyEnd;
  const x = columns.rightX - Math.min(40, lines * 0.4);
  // The last lane keeps clear of the jacks.
  return { x, from: first.y + queueDrop, to: last.y + queueDrop, room: Math.max(0, lines * 0.45 - 12) };
}

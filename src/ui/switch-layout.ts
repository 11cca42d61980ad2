import type { PortSummary } from "../hvdef/index.ts";

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
  /** The way past the switch: one rail beside the boxes of the machines. `null`: no port has a queue. */
  readonly rail: { readonly x: number; readonly from: number; readonly to: number } | null;
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
 */
export function switchLayout(ports: readonly PortSummary[], width: number): SwitchLayout {
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
    rail: railOf(places, columns),
  };
}

function railOf(places: readonly PortPlace[], columns: Columns): SwitchLayout["rail"] {
  const machines = places.filter(({ port }) => !isHost(port));
  const first = machines[0];
  const last = machines.at(-1);
  if (first === undefined || last === undefined || !machines.some(({ port }) => port.queue)) return null;
  const bodyEnd = columns.bodyX + columns.bodyWidth;
  const x = columns.rightX - Math.min(40, (columns.rightX - bodyEnd) * 0.4);
  return { x, from: first.y + queueDrop, to: last.y + queueDrop };
}

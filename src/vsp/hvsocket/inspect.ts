import type { InspectNode } from "../../support/index.ts";
import type { ConnectionState } from "./connection.ts";
import type { StreamSide } from "./stream.ts";

/** What happened to the connections of a machine. */
export interface SocketCounters {
  /** Connections that stood, by who asked for them. */
  fromGuest: number;
  fromHost: number;
  /** Connections that nobody took. */
  refused: number;
  /** Packets that no socket sends; each ended its connection. */
  violations: number;
}

/** Counters at zero. */
export function freshSocketCounters(): SocketCounters {
  return { fromGuest: 0, fromHost: 0, refused: 0, violations: 0 };
}

/** The sockets of a machine as a plain tree: `connections` by channel. */
export function socketTree(
  counters: SocketCounters,
  connections: Iterable<
    readonly [number, { readonly state: ConnectionState; readonly side: StreamSide | null }]
  >,
): InspectNode {
  const tree: Record<string, InspectNode> = {};
  for (const [channel, { state, side }] of connections) {
    tree[String(channel)] = { state: state.kind, ...(side === null ? {} : side.inspect()) };
  }
  return { ...counters, connections: tree };
}

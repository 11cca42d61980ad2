import type { InspectNode } from "../../support/index.ts";
import type { Lane, RelayState } from "./lane.ts";

/** The relay as a tree: `link`, and open `channels` by number. Bytes unless the name says otherwise. */
export function inspectRelay(relay: RelayState): InspectNode {
  const channels: Record<string, InspectNode> = {};
  for (const [channel, lane] of relay.lanes) channels[String(channel)] = inspectLane(lane);
  return {
    link: { ...relay.link.counts() },
    stale: relay.stale,
    internalChannels: relay.internal.size,
    queues: relay.queues.size,
    pathsIn: relay.arrivals.size,
    pathsOut: relay.departures.size,
    channels,
  };
}

function inspectLane(lane: Lane): InspectNode {
  return {
    ...lane.counters,
    ringBytesIn: lane.ringBytesIn,
    ringBytesOut: lane.ringBytesOut,
    waitingIn: lane.reader.waiting(),
    waitingOut: lane.writer.waiting(),
    inFlight: lane.transactions.size,
    heldBytes: lane.heldBytes + lane.uncreditedBytes,
    transfers: lane.transfers.size + lane.queued.size,
    backlog: lane.waiting.length,
    stopped: lane.stopped,
  };
}

import type { MacAddress } from "../../network/index.ts";
import type { InspectNode } from "../../support/index.ts";

/**
 * What an adapter did since it was made, over all openings. Sent and received are the guest's words.
 * @perf Hyper-V Legacy Network Adapter
 */
export interface LegacyNicCounters {
  framesSent: number;
  bytesSent: number;
  framesReceived: number;
  bytesReceived: number;
  /** Either way: not connected, the guest was behind or not running, too long. */
  framesDropped: number;
  bytesDropped: number;
}

/** Counters at zero. */
export function freshNicCounters(): LegacyNicCounters {
  return {
    framesSent: 0,
    bytesSent: 0,
    framesReceived: 0,
    bytesReceived: 0,
    framesDropped: 0,
    bytesDropped: 0,
  };
}

/** An adapter as a plain tree. */
export function nicTree(shown: {
  readonly mac: MacAddress;
  readonly running: boolean;
  readonly plugged: boolean;
  readonly counters: LegacyNicCounters;
}): InspectNode {
  const { mac, running, plugged, counters } = shown;
  return { mac, state: running ? "open" : "closed", plugged, ...counters };
}

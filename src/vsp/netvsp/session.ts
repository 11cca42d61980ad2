import type { FrameHeaders, FrameSource, LargeFrame, Segmenter } from "../../network/index.ts";
import type { Channel, Transfer } from "../../vmbus/index.ts";
import type { AdapterFacts } from "./objects.ts";
import type { Parts } from "./parts.ts";
import type { AdapterState, NetState } from "./state.ts";

/** What a provider counts. Grows only. */
export interface NetCounters {
  /** Frames and bytes of the guest that went into the port, and that the guest was given. */
  sent: number;
  sentBytes: number;
  received: number;
  receivedBytes: number;
  /** Large sends, and those of them that the port took whole instead of cut. */
  largeSends: number;
  wholeSends: number;
  /** Large frames that the guest was given whole. */
  wholeReceived: number;
  /** Packets to the guest; each carries one frame or several. */
  packets: number;
  /** Frames for the guest that its filter does not want. */
  filtered: number;
  /** Frames for the guest lost because its receive buffer, its ring or the way there was full. */
  busy: number;
  /** Frames for the guest lost because nobody there listens, or because they are longer than it expects. */
  dropped: number;
  tooLong: number;
  /** Frames of the guest that no port took. */
  unplugged: number;
  /** Messages of the guest that made no sense or were out of place. */
  refused: number;
  /** Completions of packets that are not out. */
  strays: number;
}

/** What stays when the guest opens its channel anew. */
export interface NetAdapter {
  readonly facts: AdapterFacts;
  readonly counters: NetCounters;
  readonly segmenter: Segmenter;
  /** Where the headers of the frame at hand are. */
  readonly headers: FrameHeaders;
  /** What the large send at hand is. */
  readonly large: LargeFrame;
  /** Where the guest's frames go; `null`: the cable is out. */
  port: FrameSource | null;
  /** What a person has switched on; the link is up when there is a port as well. */
  enabled: boolean;
  /** The machine stands still and is about to be saved. */
  held: boolean;
}

/** What frames for a guest need: a session has it, and so has a queue beside the guest. */
export interface Receiver {
  readonly adapter: NetAdapter;
  readonly channel: Pick<Channel, "beginTransfer">;
  negotiation: NetState;
  state: AdapterState;
  /** The address the filter compares with, as bytes. */
  mac: Uint8Array<ArrayBuffer>;
  /** Of the receive buffer; `null`: there is none. */
  parts: Parts | null;
  partBytes: number;
  /** The packet with frames that may still grow, and its first part. */
  packet: Transfer | null;
  packetFirst: number;
  /** Number of the last large frame, 16 bits. */
  largeNumber: number;
  /** Answers and news that wait for a free part, in order. */
  readonly owed: Uint8Array<ArrayBuffer>[];
}

/** One opening of the channel. */
export interface NetSession extends Receiver {
  readonly channel: Channel;
  /** How many parts of the receive buffer queues beside the guest have. */
  readonly queues: Map<number, number>;
  /** What the guest was last told of the link, and whether that may have been before it listened. */
  told: boolean;
  toldEarly: boolean;
}

/** Whether the guest sees a carrier. */
export function isLinkUp(adapter: NetAdapter): boolean {
  return adapter.enabled && adapter.port !== null;
}

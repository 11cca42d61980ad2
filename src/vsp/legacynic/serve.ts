import { type FrameSink, type FrameSource, type MacAddress, shortestFrame } from "../../network/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { FrameChannel, FrameOwner } from "../../vmbus/index.ts";
import { freshNicCounters, type LegacyNicCounters, nicTree } from "./inspect.ts";
import { legacyLongestFrame } from "./offer.ts";
import type { LegacyNicState } from "./state.ts";

/**
 * The parent's end of one emulated network adapter: give it to its channel with `attachFrames`, and to a port as
 * its sink.
 */
export type LegacyNic = FrameOwner &
  FrameSink & {
    /**
     * Plugs the cable in, or out with `null`, also while the guest runs. The guest does not see it: the emulated
     * card has no means to tell. The port stays the caller's.
     */
    plug(port: FrameSource | null): void;
    counters(): LegacyNicCounters;
    inspect(): InspectNode;
    /** What a saved machine keeps of it. */
    save(): LegacyNicState;
  };

/** What an adapter is made with. */
export interface LegacyNicOptions {
  /** As in the machine's configuration. */
  readonly mac: MacAddress;
  /** Where its frames go; absent or `null`: not connected yet. */
  readonly port?: FrameSource | null;
}

/**
 * Serves an emulated network adapter. Called again for every opening, of which at most one is alive; counters go
 * on over all of them. Frames are copied once, into the batch; when the guest is behind they are dropped.
 */
export function legacyNic({ mac, port: first = null }: LegacyNicOptions): LegacyNic {
  const counters = freshNicCounters();
  let port = first;
  let live: FrameChannel | null = null;

  function drop(length: number): void {
    counters.framesDropped++;
    counters.bytesDropped += length;
  }
  function own(channel: FrameChannel) {
    live = channel;
    return {
      frame(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void {
        if (port === null || length < shortestFrame || length > legacyLongestFrame) {
          drop(length);
          return;
        }
        counters.framesSent++;
        counters.bytesSent += length;
        port.send(bytes, at, length);
      },
      closed(): void {
        if (live === channel) live = null;
      },
    };
  }
  function frame(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean {
    // A port that was just unplugged may still have had this one.
    const fits = port !== null && length >= shortestFrame && length <= legacyLongestFrame;
    if (!fits || live?.send(bytes, at, length) !== true) {
      drop(length);
      return false;
    }
    counters.framesReceived++;
    counters.bytesReceived += length;
    return true;
  }

  return Object.assign(own, {
    frame,
    plug(wanted: FrameSource | null): void {
      port = wanted;
    },
    counters: () => ({ ...counters }),
    inspect: () => nicTree({ mac, running: live !== null, plugged: port !== null, counters }),
    save: (): LegacyNicState => ({ format: 1, mac }),
  });
}

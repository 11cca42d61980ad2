import type { InspectNode } from "../support/index.ts";

/** Bytes of the shortest Ethernet frame without its check sequence, which no virtual wire carries. */
export const shortestFrame = 14;
/** Bytes of the longest frame: a jumbo payload, the header and one VLAN tag. */
export const longestFrame = 9216 + 14 + 4;

/**
 * Whoever is plugged into a port: a synthetic adapter, an emulated one, the management OS, an uplink.
 *
 * A frame is bytes `at` to `at + length` of a buffer of the caller's, valid only during the call: it is copied or
 * forgotten. Nothing is allocated per frame on either side.
 */
export interface FrameSink {
  /** Takes a frame. `false`: there is no room, the frame is lost and counted; nobody waits. */
  frame(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean;
}

/** A place where frames go in. Anything may come: what is no frame is dropped and counted. */
export interface FrameSource {
  send(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void;
}

/** A port of a switch as its holder sees it. Disposing unplugs it. */
export interface SwitchPort extends FrameSource, Disposable {
  inspect(): InspectNode;
}

import type { InspectNode } from "../support/index.ts";

/** Bytes of the shortest Ethernet frame without its check sequence, which no virtual wire carries. */
export const shortestFrame = 14;
/** Bytes of the longest frame: a jumbo payload, the header and one VLAN tag. */
export const longestFrame = 9216 + 14 + 4;

/** Bytes of the longest large frame: the longest IP packet and the header of an untagged frame. */
export const longestLarge = 0xffff + shortestFrame;

/**
 * What a large frame is: an untagged TCP packet that is longer than a wire takes and stands for the frames it would
 * be cut into. Lengths and IP checksum are right. The TCP checksum is not there: what never left the memory of this
 * host is known to be good. One mutable object per sender, valid during a call like the bytes.
 */
export interface LargeFrame {
  version: 4 | 6;
  /** Bytes of all headers, Ethernet's included; each of the frames begins with as many. */
  headerBytes: number;
  /** Bytes behind the headers; both together are the length. */
  dataBytes: number;
  /** Data of each of the frames but the last, which has the rest. */
  segmentBytes: number;
  /** How many frames it stands for; more than one. */
  frames: number;
}

/** How a holder takes large frames whole. */
export interface LargeSink {
  /** Whether such a frame may come whole now; otherwise the frames it stands for come one by one. */
  takes(large: Readonly<LargeFrame>): boolean;
  /** Takes one that it said yes to, all of it or nothing. `false`: all the frames it stands for are lost. */
  frame(bytes: Uint8Array<ArrayBuffer>, at: number, length: number, large: Readonly<LargeFrame>): boolean;
}

/**
 * Whoever is plugged into a port: a synthetic adapter, an emulated one, the management OS, an uplink.
 *
 * A frame is bytes `at` to `at + length` of a buffer of the caller's, valid only during the call: it is copied or
 * forgotten. Nothing is allocated per frame on either side.
 */
export interface FrameSink {
  /** Takes a frame. `false`: there is no room, the frame is lost and counted; nobody waits. */
  frame(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean;
  /** Absent: large frames are always cut for it. */
  readonly large?: LargeSink;
}

/** A place where frames go in. Anything may come: what is no frame is dropped and counted. */
export interface FrameSource {
  send(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void;
  /**
   * Carries a large frame whole, where nobody can tell that from the frames it stands for.
   * @returns `false`: it cannot, and nothing has happened; the sender cuts it
   */
  sendLarge?(
    bytes: Uint8Array<ArrayBuffer>,
    at: number,
    length: number,
    large: Readonly<LargeFrame>,
  ): boolean;
}

/** Bytes of all the frames that a large one stands for. */
export function bytesWhenCut({ frames, headerBytes, dataBytes }: Readonly<LargeFrame>): number {
  return frames * headerBytes + dataBytes;
}

/** A port of a switch as its holder sees it. Disposing unplugs it. */
export interface SwitchPort extends FrameSource, Disposable {
  inspect(): InspectNode;
}

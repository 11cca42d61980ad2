import { destinationOffset, isTagged, macHead, macTail, sourceOffset, tagBytes } from "../frame/index.ts";
import { bytesWhenCut, type LargeFrame, longestFrame, longestLarge, shortestFrame } from "../port.ts";
import { portOf, restOf } from "./addresses.ts";
import { add, Cell, SwitchCell } from "./counters.ts";
import { reachesAlone } from "./direct.ts";
import type { Fabric } from "./forward.ts";
import type { Passage } from "./passage.ts";
import type { Port } from "./port-state.ts";

/**
 * Carries a large frame whole to the adapter it is for. Only where each of the frames it stands for would reach that
 * adapter alone, unchanged and unseen by anybody else; it counts as all of them.
 *
 * @returns `false`: nothing has happened, the sender is to cut it
 */
export function forwardLarge(
  fabric: Fabric,
  from: Port,
  frame: Passage,
  large: Readonly<LargeFrame>,
): boolean {
  const { bytes, at, length } = frame;
  if (!isSoundLarge(frame, large) || isTagged(bytes, at)) return false;
  if (macTail(bytes, at + sourceOffset) !== from.tail || macHead(bytes, at + sourceOffset) !== from.head) {
    return false;
  }
  const head = macHead(bytes, at + destinationOffset);
  const to = portOf(fabric.own, head, restOf(macTail(bytes, at + destinationOffset), 0));
  if (to === null || !reachesAlone(from, to)) return false;
  const sink = to.sink.large;
  if (sink === undefined || !sink.takes(large)) return false;
  const { frames } = large;
  const cutBytes = bytesWhenCut(large);
  add(from.counters, Cell.sentFrames, frames);
  add(from.counters, Cell.sentBytes, cutBytes);
  add(fabric.counters, SwitchCell.directed, frames);
  if (sink.frame(bytes, at, length, large)) {
    add(to.counters, Cell.receivedFrames, frames);
    add(to.counters, Cell.receivedBytes, cutBytes);
  } else {
    add(to.counters, Cell.noRoom, frames);
  }
  return true;
}

/** Whether what is said of a large frame agrees with its place, and each frame cut from it would be one. */
export function isSoundLarge(
  { bytes, at, length }: Pick<Passage, "bytes" | "at" | "length">,
  large: Readonly<LargeFrame>,
): boolean {
  const { headerBytes, dataBytes, segmentBytes, frames } = large;
  if (!(at >= 0 && length <= longestLarge && at + length <= bytes.length)) return false;
  if (!(headerBytes >= shortestFrame && dataBytes > segmentBytes && segmentBytes > 0)) return false;
  if (headerBytes + dataBytes !== length || frames !== Math.ceil(dataBytes / segmentBytes)) return false;
  return headerBytes + segmentBytes <= longestFrame - tagBytes;
}

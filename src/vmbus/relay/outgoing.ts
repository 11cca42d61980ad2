import { LinkKind } from "../../hvdef/index.ts";
import type { OutgoingPacket } from "../ring/writer.ts";
import type { Lane, RelayState } from "./lane.ts";

/**
 * Writes a packet into the guest's ring, or keeps a copy until there is room. `answer`: it must not be lost.
 * @returns whether it was written or kept
 */
export function writeOrKeep(relay: RelayState, lane: Lane, answer: boolean): boolean {
  const { packet } = relay;
  const { counters } = lane;
  if (lane.waiting.length === 0) {
    const outcome = lane.writer.write(packet);
    if (outcome === "written") {
      written(relay, lane, packet);
      return true;
    }
    if (outcome !== "full") {
      if (outcome === "corrupt") lane.stopped = true;
      counters.dropped++;
      return false;
    }
  }
  // Answers are bounded by the requests that were let in; other packets are not, so they may be dropped.
  if (!answer && lane.waitingSends >= lane.limits.waitingSends) {
    counters.dropped++;
    return false;
  }
  lane.waiting.push(copyOf(packet));
  if (!answer) lane.waitingSends++;
  return true;
}

function copyOf(packet: OutgoingPacket): OutgoingPacket {
  const header = packet.header?.slice();
  return { ...packet, payload: packet.payload.slice(), ...(header === undefined ? {} : { header }) };
}

/** Writes packets that waited, as far as there is room now. */
export function writeWaiting(relay: RelayState, lane: Lane): void {
  let done = 0;
  for (const packet of lane.waiting) {
    const outcome = lane.writer.write(packet);
    if (outcome === "full") break;
    done++;
    if (outcome === "written") {
      written(relay, lane, packet);
      continue;
    }
    if (outcome === "corrupt") lane.stopped = true;
    lane.counters.dropped++;
  }
  if (done === 0) return;
  lane.waiting.splice(0, done);
  if (lane.waiting.length === 0) lane.waitingSends = 0;
}

function written(relay: RelayState, lane: Lane, packet: OutgoingPacket): void {
  lane.counters.packetsOut++;
  lane.counters.bytesOut += packet.payload.length;
  if (relay.trace.on) {
    const { payload, transactionLow: tag } = packet;
    relay.trace.note({ kind: "packetPlaced", subject: lane.channel, bytes: payload.length, tag });
  }
  if (lane.socket) {
    if (lane.unsaid === 0) relay.unsaid.push(lane);
    lane.unsaid++;
    lane.unsaidBytes += packet.payload.length;
  }
  if (lane.unsignalled) return;
  lane.unsignalled = true;
  relay.unsignalled.push(lane);
}

/** Interrupts the guest once for every lane that was written to, if it wants to be. @returns whether it was */
export function signalWritten(relay: RelayState): boolean {
  let any = false;
  for (const lane of relay.unsignalled) {
    lane.unsignalled = false;
    if (lane.closed || !lane.writer.wantsInterrupt()) continue;
    interrupt(relay, lane);
    any = true;
  }
  relay.unsignalled.length = 0;
  return any;
}

/** Tells the parent which packets of sockets are in their guests' rings, so that it can send more. */
export function tellWritten(relay: RelayState): void {
  const { head, link } = relay;
  for (const lane of relay.unsaid) {
    if (!lane.closed) {
      head.channel = lane.channel;
      head.kind = LinkKind.sent;
      head.flags = 0;
      head.transactionLow = lane.unsaid;
      head.transactionHigh = lane.unsaidBytes;
      head.payloadLength = 0;
      head.dataLength = 0;
      head.dataRoom = lane.generation;
      link.reserve(head);
      link.commit(0);
    }
    lane.unsaid = 0;
    lane.unsaidBytes = 0;
  }
  relay.unsaid.length = 0;
}

/** Interrupts the guest for this lane. */
export function interrupt(relay: RelayState, lane: Lane): void {
  lane.counters.interrupts++;
  if (relay.trace.on) relay.trace.note({ kind: "channelEvent", subject: lane.channel });
  relay.signal(lane.channel);
}

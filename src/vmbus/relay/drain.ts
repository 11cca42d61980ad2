import { LinkFlag, LinkKind, maxPayload, PacketFlag, PacketType, type TraceSink } from "../../hvdef/index.ts";
import { isHeld, type Lane, type RelayState, transactionKey } from "./lane.ts";
import { interrupt, signalWritten, writeOrKeep, writeWaiting } from "./outgoing.ts";
import { divide, isSettling, type Remainder } from "./path-out.ts";
import { gatherSource, noSource, type Source, sourceOf } from "./source.ts";
import { takeCompletion } from "./transfer.ts";

/**
 * Looks at every active lane once and takes what its guest has written.
 *
 * @returns whether a lane stopped at its share of the turn, so that more waits and no doorbell will tell, or the guest
 *          was interrupted
 */
export function drainLanes(relay: RelayState): boolean {
  const lanes = relay.active;
  relay.active = [];
  let more = false;
  for (const lane of lanes) {
    lane.active = false;
    if (lane.closed) continue;
    const next = drainLane(relay, lane);
    if (next === "rest") continue;
    lane.active = true;
    relay.active.push(lane);
    more ||= next === "more";
  }
  // A guest that halted has something to do again: its answers came within the turn.
  return signalWritten(relay) || more;
}

/** `rest`: the next doorbell tells. `again`: look again next turn. `more`: look again soon. */
type LaneNext = "rest" | "again" | "more";

function drainLane(relay: RelayState, lane: Lane): LaneNext {
  if (lane.waiting.length > 0) writeWaiting(relay, lane);
  if (relay.held) return "again";
  if (lane.stopped) return lane.waiting.length > 0 ? "again" : "rest";
  const { reader } = lane;
  reader.mask();
  let taken = 0;
  let outcome: "packet" | "empty" | "corrupt" | "held" = "packet";
  while (taken < lane.limits.packetsPerTurn) {
    outcome = isHeld(lane) || isSettling(lane) ? "held" : reader.next();
    if (outcome !== "packet") break;
    taken++;
    takePacket(relay, lane);
  }
  if (reader.publish()) interrupt(relay, lane);
  switch (outcome) {
    case "corrupt":
      lane.stopped = true;
      return lane.waiting.length > 0 ? "again" : "rest";
    case "held":
      return "again";
    case "packet":
      return "more";
    case "empty":
      // While packets keep coming the mask stays on and we look once a turn: no doorbells, no exits.
      if (taken > 0) return "again";
      if (reader.unmask()) return "more";
      return lane.waiting.length > 0 ? "again" : "rest";
  }
}

function takePacket(relay: RelayState, lane: Lane): void {
  const { packet } = lane.reader;
  const { counters } = lane;
  const payloadLength = packet.length - packet.headerLength;
  const wants = (packet.flags & PacketFlag.completionRequested) !== 0;
  counters.packetsIn++;
  counters.bytesIn += packet.length;
  if (relay.trace.on) notePacket(relay.trace, lane);
  if (packet.type === PacketType.completion) {
    takeCompletion(relay, lane);
    return;
  }
  const direct = packet.type === PacketType.gpaDirect;
  if (payloadLength > maxPayload || (!direct && packet.type !== PacketType.inBand)) {
    counters.refused++;
    if (wants) answerNothing(relay, lane);
    return;
  }
  const key = wants ? transactionKey(packet.transactionLow, packet.transactionHigh) : 0;
  if (wants && lane.transactions.has(key)) {
    // Two requests under one number: the answer to the first is all the guest can tell apart.
    counters.refused++;
    return;
  }
  const source = sourceOf(relay, lane);
  if (source === null) counters.badLists++;
  const { list, direction, room } = source ?? noSource;
  const rest = pastParent(relay, lane, source);
  if (rest?.length === 0) return;
  // Without an answer nothing can come back, so there is no room to speak of.
  const roomy = direction !== "toGuest" || wants;
  const { head } = relay;
  head.flags = (wants ? LinkFlag.wantsCompletion : 0) | (direct ? LinkFlag.hasPages : 0);
  head.dataRoom = roomy ? (rest?.length ?? room) : 0;
  head.dataLength = direction === "toHost" ? head.dataRoom : 0;
  sendRequest(relay, lane, rest ?? (direction === "toHost" ? source : null));
  const bytes = payloadLength + head.dataRoom;
  if (wants) {
    lane.transactions.set(key, { list: direction === "toGuest" ? list : null, bytes });
    lane.heldBytes += bytes;
  } else {
    lane.uncredited++;
    lane.uncreditedBytes += bytes;
  }
}

function notePacket(trace: TraceSink, { channel, reader }: Lane): void {
  const { length: bytes, transactionLow: tag } = reader.packet;
  trace.note({ kind: "packetTaken", subject: channel, bytes, tag });
}

/** What is left of the current packet when its bytes may go past the parent; `null`: they may not. */
function pastParent(relay: RelayState, lane: Lane, source: Source | null): Remainder | null {
  const { paths } = lane;
  if (paths === null || source === null) return null;
  const { packet } = lane.reader;
  const concerned = paths.rule.concerns(packet.bytes.subarray(packet.headerLength, packet.length));
  return concerned && source.direction === "toHost" ? divide(relay, lane, paths, source) : null;
}

/** Appends the lane's current packet to the batch. `source`: guest bytes that go along. */
function sendRequest(relay: RelayState, lane: Lane, source: Source | Remainder | null): void {
  const { head, link } = relay;
  const { packet } = lane.reader;
  head.channel = lane.channel;
  head.kind = LinkKind.request;
  head.transactionLow = packet.transactionLow;
  head.transactionHigh = packet.transactionHigh;
  head.payloadLength = packet.length - packet.headerLength;
  const place = link.reserve(head);
  place.bytes.set(packet.bytes.subarray(packet.headerLength, packet.length), place.payloadAt);
  const { dataLength } = head;
  if (source !== null && "copyTo" in source) source.copyTo(place);
  else if (source !== null) {
    gatherSource(relay, source, place);
    lane.paths?.rule.notice(place.bytes, place.dataAt, dataLength);
  }
  link.commit(dataLength);
}

const nothing = new Uint8Array(0);

/** A request we cannot carry still gets its one answer: an empty completion. */
function answerNothing(relay: RelayState, lane: Lane): void {
  const { packet } = relay;
  packet.type = PacketType.completion;
  packet.flags = 0;
  packet.header = nothing;
  packet.transactionLow = lane.reader.packet.transactionLow;
  packet.transactionHigh = lane.reader.packet.transactionHigh;
  packet.payload = nothing;
  writeOrKeep(relay, lane, true);
}

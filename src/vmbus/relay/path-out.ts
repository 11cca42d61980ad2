import { type Carrier, LinkKind, LinkRecord, PacketFlag, PacketType, roundUp8 } from "../../hvdef/index.ts";
import { openLink, type RecordPlace } from "../link.ts";
import { type Division, mostPieces, type PathEntrance, type PathRule, toParent } from "../straight.ts";
import { activate, type Departure, type Lane, type LanePaths, type RelayState } from "./lane.ts";
import { writeOrKeep } from "./outgoing.ts";
import { gatherSource, type Source } from "./source.ts";

/**
 * Most bytes that may be under way on a path; what is sent beyond them is lost. Reason: what a TCP of 4 MiB has out
 * at once, and nobody keeps more of a guest that does not listen.
 */
export const pathWindow = 4 << 20;

/** What is left of a packet for the parent. Bytes lie in a batch that has not left. */
export interface Remainder {
  /** 0: nothing. */
  readonly length: number;
  copyTo(place: RecordPlace): void;
}

/** Opens a path out of a lane. @returns `false` when there is no such opening */
export function openDeparture(
  relay: RelayState,
  start: PathEntrance,
  way: { readonly carrier: Carrier; readonly rule: () => PathRule },
): boolean {
  const lane = relay.lanes.get(start.channel);
  if (lane === undefined || lane.generation !== start.opening || relay.departures.has(start.path)) {
    way.carrier[Symbol.dispose]();
    return false;
  }
  const link = openLink(way.carrier);
  link.receive(() => {});
  const departure: Departure = { path: start.path, lane, link, sent: 0, taken: 0, untold: 0 };
  relay.departures.set(start.path, departure);
  lane.paths ??= freshPaths(way.rule(), departure);
  lane.paths.departures.set(start.path, departure);
  lane.paths.rule.add(start.path, start.to);
  lane.paths.settling = true;
  activate(relay, lane);
  return true;
}

function freshPaths(rule: PathRule, likely: Departure): LanePaths {
  const cells = () => new Int32Array(mostPieces);
  const division: Division = { count: 0, owners: cells(), ats: cells(), lengths: cells() };
  return { rule, division, departures: new Map(), likely, settling: true };
}

/** Closes a path: from here on nothing goes in, and what has not left yet is lost. */
export function closeDeparture(relay: RelayState, path: number): void {
  const departure = relay.departures.get(path);
  if (departure === undefined) return;
  relay.departures.delete(path);
  departure.link[Symbol.dispose]();
  const { paths } = departure.lane;
  if (paths === null) return;
  paths.departures.delete(path);
  paths.rule.remove(path);
  const [next] = paths.departures.values();
  if (next === undefined) departure.lane.paths = null;
  else if (paths.likely === departure) paths.likely = next;
}

/** Closes all paths of a lane. */
export function closeDepartures(relay: RelayState, lane: Lane): void {
  for (const path of lane.paths?.departures.keys() ?? []) closeDeparture(relay, path);
}

/** Whether the lane waits until the parent has taken what came before its paths. */
export function isSettling(lane: Lane): boolean {
  const { paths } = lane;
  if (paths === null || !paths.settling) return false;
  paths.settling = lane.transactions.size > 0 || lane.uncredited > 0;
  return paths.settling;
}

/** Hears from the other ends what they took. */
export function takeCredit(relay: RelayState): void {
  for (const departure of relay.departures.values()) {
    departure.link.read((record) => {
      if (record.kind !== LinkKind.straightTaken || record.channel !== departure.path) return;
      departure.taken = Math.min(departure.sent, departure.taken + record.transactionLow);
    });
  }
}

/** Sends what was put into the paths. */
export function flushDepartures(relay: RelayState): void {
  for (const departure of relay.departures.values()) departure.link.flush();
}

/**
 * Gathers the bytes of the lane's current packet once and sends straight what may go so.
 *
 * @returns what is left for the parent; when that is nothing, the guest is owed an answer here
 */
export function divide(relay: RelayState, lane: Lane, paths: LanePaths, source: Source): Remainder {
  const { division, likely, rule } = paths;
  const { room } = source;
  const place = reserve(relay, likely, room);
  gatherSource(relay, source, place);
  const { bytes, dataAt } = place;
  rule.divide(bytes, dataAt, room, division);
  const total = lengthOf(division, null);
  if (division.count > 0 && lengthOf(division, likely.path) === total && isInOnePiece(division, dataAt)) {
    commit(likely, total, division.count);
    return nothingLeft(relay, lane, likely);
  }
  for (const departure of paths.departures.values()) {
    if (departure === likely) continue;
    const length = lengthOf(division, departure.path);
    if (length === 0) continue;
    const to = reserve(relay, departure, length);
    copyPieces(division, departure.path, { from: bytes, to: to.bytes, at: to.dataAt });
    commit(departure, length, piecesOf(division, departure.path));
    paths.likely = departure;
  }
  const own = lengthOf(division, likely.path);
  const left = lengthOf(division, toParent);
  // A packet without a sound message goes to the parent as it is, which knows what to answer.
  if (division.count === 0) return { length: room, copyTo: (to) => copyAll(bytes, dataAt, room, to) };
  if (left === 0) {
    keepOwn(likely, division, { bytes, dataAt, own });
    return nothingLeft(relay, lane, likely);
  }
  return {
    length: left,
    copyTo(to) {
      copyPieces(division, toParent, { from: bytes, to: to.bytes, at: to.dataAt });
      keepOwn(likely, division, { bytes, dataAt, own });
    },
  };
}

const none: Remainder = { length: 0, copyTo() {} };

/** Last of all: pieces move over what the others have copied. */
function keepOwn(
  likely: Departure,
  division: Division,
  gathered: { readonly bytes: Uint8Array<ArrayBuffer>; readonly dataAt: number; readonly own: number },
): void {
  const { bytes, dataAt, own } = gathered;
  if (own === 0) return;
  copyPieces(division, likely.path, { from: bytes, to: bytes, at: dataAt });
  commit(likely, own, piecesOf(division, likely.path));
}

function nothingLeft(relay: RelayState, lane: Lane, departure: Departure): Remainder {
  const { packet } = lane.reader;
  lane.counters.straight++;
  if ((packet.flags & PacketFlag.completionRequested) === 0) return none;
  const { transactionLow: low, transactionHigh: high } = packet;
  const answer = lane.paths?.rule.answer ?? noHeader;
  relay.owed.push({ lane, low, high, answer, departure, taken: departure.sent, turn: relay.turn });
  return none;
}

/**
 * Turns after which a guest is answered though the other end has not taken its packet. Fewer than the run loop looks
 * for an answer before it sleeps. Reason for not answering at once: a guest puts small pieces together while it waits.
 */
const answerTurns = 20;

/** Gives the answers that are due. @returns whether there were any */
export function payAnswers(relay: RelayState): boolean {
  const before = relay.owed.length;
  if (before === 0) return false;
  relay.owed = relay.owed.filter((owed) => {
    const { lane, departure } = owed;
    if (lane.closed) return false;
    const isOpen = relay.departures.get(departure.path) === departure;
    if (isOpen && departure.taken < owed.taken && relay.turn - owed.turn < answerTurns) return true;
    const { packet } = relay;
    packet.type = PacketType.completion;
    packet.flags = 0;
    packet.header = noHeader;
    packet.transactionLow = owed.low;
    packet.transactionHigh = owed.high;
    packet.payload = owed.answer;
    writeOrKeep(relay, lane, true);
    return false;
  });
  return relay.owed.length < before;
}

const noHeader = new Uint8Array(0);

function reserve({ head }: RelayState, departure: Departure, length: number): RecordPlace {
  head.channel = departure.path;
  head.kind = LinkKind.straight;
  head.flags = 0;
  head.transactionLow = departure.untold;
  head.transactionHigh = 0;
  head.payloadLength = 0;
  head.dataLength = length;
  head.dataRoom = 0;
  return departure.link.reserve(head);
}

/** The record leaves with the next flush, unless the other end is behind. */
function commit(departure: Departure, length: number, messages: number): void {
  const cost = LinkRecord.size + roundUp8(length);
  if (departure.sent - departure.taken + cost > pathWindow) {
    departure.untold += messages;
    return;
  }
  departure.sent += cost;
  departure.untold = 0;
  departure.link.commit(length);
}

/** Bytes of the pieces of one owner, or of all. */
function lengthOf({ count, owners, lengths }: Division, owner: number | null): number {
  let sum = 0;
  for (let piece = 0; piece < count; piece++) {
    if (owner === null || owners[piece] === owner) sum += lengths[piece] ?? 0;
  }
  return sum;
}

function piecesOf({ count, owners }: Division, owner: number): number {
  let sum = 0;
  for (let piece = 0; piece < count; piece++) if (owners[piece] === owner) sum++;
  return sum;
}

function isInOnePiece({ count, ats, lengths }: Division, at: number): boolean {
  let next = at;
  for (let piece = 0; piece < count; piece++) {
    if (ats[piece] !== next) return false;
    next += lengths[piece] ?? 0;
  }
  return true;
}

function copyPieces(
  { count, owners, ats, lengths }: Division,
  owner: number,
  copy: { readonly from: Uint8Array; readonly to: Uint8Array; readonly at: number },
): void {
  let { at } = copy;
  for (let piece = 0; piece < count; piece++) {
    if (owners[piece] !== owner) continue;
    const from = ats[piece] ?? 0;
    const length = lengths[piece] ?? 0;
    copy.to.set(copy.from.subarray(from, from + length), at);
    at += length;
  }
}

function copyAll(bytes: Uint8Array, at: number, length: number, to: RecordPlace): void {
  to.bytes.set(bytes.subarray(at, at + length), to.dataAt);
}

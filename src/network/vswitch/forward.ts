import {
  destinationOffset,
  isBroadcastAt,
  isGroupAt,
  macHead,
  macTail,
  sourceOffset,
} from "../frame/index.ts";
import { type AddressTable, find, insert, portOf, restOf } from "./addresses.ts";
import { add, Cell, type Counters, SwitchCell } from "./counters.ts";
import { classify, clearPassage, type Form, formFor, newPassage, type Passage } from "./passage.ts";
import { carries, type Port, wearsTag } from "./port-state.ts";

/**
 * What the path knows of a switch. Nothing is allocated per frame: loops go by index, since an iterator would be an
 * object, and a number that may outgrow 30 bits lives in a typed array.
 */
export interface Fabric {
  /** Replaced when a port comes or goes, never changed: a frame under way goes on over the old list. */
  ports: readonly Port[];
  /** Ports that get copies of mirrored ones; replaced like `ports`. */
  mirrors: readonly Port[];
  /** Ports by their own address, under VLAN 0 whatever VLANs they carry: addresses are one of a kind in a switch. */
  readonly own: AddressTable;
  /** Addresses seen behind ports that may send from any. */
  readonly learned: AddressTable;
  /** Time of the last tick in seconds. */
  second: number;
  readonly counters: Counters;
  /** One for each frame under way: a holder may answer a frame while it gets it. */
  readonly passages: Passage[];
  depth: number;
}

/**
 * Frames sent while a frame is delivered, one inside the other, at most. An answer to an answer is two; more is a
 * loop between holders that answer at once, and is dropped before it fills the stack.
 */
const deepest = 8;

/** The address of pause frames, 01-80-C2-00-00-01, which nothing forwards. @spec IEEE 802.1Q 8.6.3 */
const pauseHead = 0x603080;
const pauseTail = 1;

/** Takes a frame from the holder of a port. The bytes may be anything. */
export function forward(fabric: Fabric, from: Port, frame: Passage): void {
  const reason = from.connected ? classify(frame, from) : Cell.blocked;
  if (reason !== -1) {
    add(from.counters, reason, 1);
    return;
  }
  const head = macHead(frame.bytes, frame.at + sourceOffset);
  const tail = macTail(frame.bytes, frame.at + sourceOffset);
  const foreign = head !== from.head || tail !== from.tail;
  if (foreign && from.guarded) {
    add(from.counters, Cell.spoofed, 1);
    return;
  }
  if (isPause(frame.bytes, frame.at)) {
    add(from.counters, Cell.blocked, 1);
    return;
  }
  add(from.counters, Cell.sentFrames, 1);
  add(from.counters, Cell.sentBytes, frame.length);
  if (from.observers !== null) observe(from, frame, "in");
  if (foreign) learn(fabric, from, frame);
  pass(fabric, from, frame);
}

/** A passage for a frame that comes in, or `null` when too many are under way. */
export function enter(fabric: Fabric): Passage | null {
  if (fabric.depth >= deepest) return null;
  let frame = fabric.passages[fabric.depth];
  if (frame === undefined) {
    frame = newPassage();
    fabric.passages.push(frame);
  }
  fabric.depth++;
  return frame;
}

/** Gives the passage entered last back. */
export function leave(fabric: Fabric, frame: Passage): void {
  clearPassage(frame);
  fabric.depth--;
}

/** Sends an accepted frame to whoever gets it, and copies to whoever listens. */
function pass(fabric: Fabric, from: Port, frame: Passage): void {
  const { bytes, at } = frame;
  if (isGroupAt(bytes, at)) {
    add(fabric.counters, isBroadcastAt(bytes, at) ? SwitchCell.broadcast : SwitchCell.multicast, 1);
    flood(fabric, from, frame);
    return;
  }
  add(fabric.counters, SwitchCell.directed, 1);
  const to = holderOf(fabric, frame);
  frame.to = to;
  if (to === null) {
    add(fabric.counters, SwitchCell.flooded, 1);
    flood(fabric, from, frame);
  } else if (to !== from) {
    deliver(frame, to);
  }
  if (fabric.mirrors.length > 0) copyToMirrors(fabric, from, frame);
}

/** Whom a frame is for: the port whose own address it is, else the one behind which that was seen. */
function holderOf(fabric: Fabric, frame: Passage): Port | null {
  const own = ownerOf(fabric, frame, destinationOffset);
  if (own !== null) return own;
  const head = macHead(frame.bytes, frame.at + destinationOffset);
  const tail = macTail(frame.bytes, frame.at + destinationOffset);
  return portOf(fabric.learned, head, restOf(tail, frame.vlan));
}

/** The port of the frame's VLAN whose adapter has the address at `offset`. */
function ownerOf(fabric: Fabric, frame: Passage, offset: number): Port | null {
  const head = macHead(frame.bytes, frame.at + offset);
  const tail = macTail(frame.bytes, frame.at + offset);
  const own = portOf(fabric.own, head, restOf(tail, 0));
  return own !== null && carries(own, frame.vlan) ? own : null;
}

/**
 * A group reaches every port of its VLAN. An address that nobody is known to have reaches only ports that may have
 * addresses besides their own: what is behind the others is known.
 */
function flood(fabric: Fabric, from: Port, frame: Passage): void {
  const group = isGroupAt(frame.bytes, frame.at);
  const { ports } = fabric;
  for (let place = 0; place < ports.length; place++) {
    const port = ports[place];
    if (port === undefined || port === from || (port.guarded && !group)) continue;
    if (carries(port, frame.vlan)) deliver(frame, port);
  }
}

/** What a mirrored port sent or got, for listeners that have not got it anyway. A group has reached them all. */
function copyToMirrors(fabric: Fabric, from: Port, frame: Passage): void {
  if (!concernsMirrored(fabric, from, frame)) return;
  const { mirrors } = fabric;
  for (let place = 0; place < mirrors.length; place++) {
    const port = mirrors[place];
    if (port === undefined) continue;
    const hasIt = port === from || (frame.to === null ? !port.guarded : port === frame.to);
    if (hasIt || !carries(port, frame.vlan)) continue;
    add(fabric.counters, SwitchCell.mirrored, 1);
    deliver(frame, port);
  }
}

function concernsMirrored(fabric: Fabric, from: Port, frame: Passage): boolean {
  if (from.mirrored) return true;
  if (frame.to !== null) return frame.to.mirrored;
  const { ports } = fabric;
  for (let place = 0; place < ports.length; place++) {
    const port = ports[place];
    if (port === undefined || port === from || port.guarded) continue;
    if (port.mirrored && carries(port, frame.vlan)) return true;
  }
  return false;
}

/**
 * Remembers behind which port an address is that is not the port's own. When the table is full, nobody is forgotten
 * for it.
 */
function learn(fabric: Fabric, from: Port, frame: Passage): void {
  if (ownerOf(fabric, frame, sourceOffset) !== null) return; // an adapter's own address stays with it
  const { learned, counters } = fabric;
  const head = macHead(frame.bytes, frame.at + sourceOffset);
  const rest = restOf(macTail(frame.bytes, frame.at + sourceOffset), frame.vlan);
  let slot = find(learned, head, rest);
  if (slot < 0) {
    slot = insert(learned, head, rest);
    add(counters, slot < 0 ? SwitchCell.notLearned : SwitchCell.learned, 1);
    if (slot < 0) return;
  } else if (learned.ports[slot] !== from) {
    add(counters, SwitchCell.moved, 1);
  }
  learned.ports[slot] = from;
  learned.seen[slot] = fabric.second;
}

function isPause(bytes: Uint8Array, at: number): boolean {
  return macTail(bytes, at) === pauseTail && macHead(bytes, at) === pauseHead;
}

function observe(port: Port, form: Pick<Form, "bytes" | "at" | "length">, direction: "in" | "out"): void {
  const observers = port.observers ?? [];
  for (let place = 0; place < observers.length; place++) {
    observers[place]?.(form.bytes, form.at, form.length, direction, port.number);
  }
}

/** Gives a frame to the holder of a port, if it has room. */
function deliver(frame: Passage, to: Port): void {
  if (!to.connected) return; // unplugged while the frame was under way
  const form = formFor(frame, wearsTag(to, frame.vlan));
  const { bytes, at, length } = form;
  if (to.observers !== null) observe(to, form, "out");
  if (to.sink.frame(bytes, at, length)) {
    add(to.counters, Cell.receivedFrames, 1);
    add(to.counters, Cell.receivedBytes, length);
  } else {
    add(to.counters, Cell.noRoom, 1);
  }
}

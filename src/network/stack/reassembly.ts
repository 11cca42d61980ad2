import type { Clock, InspectNode, OwnBytes } from "../../support/index.ts";

/** Packets put together at a time; the one begun first makes room. */
const packetLimit = 16;
/** Bytes of all pieces held. Four of the longest packets; a guest's pings and DNS need a hundredth. */
const heldLimit = 256 * 1024;
/** Pieces of one packet: the longest one over an MTU of 576 has 119. */
const pieceLimit = 128;
/** Longest payload that fits behind a header of 20 bytes. */
const longestPayload = 65535 - 20;
/** A packet is complete by then or never, microseconds. */
const patience = 15_000_000;

/** One piece as its header describes it. */
export interface Fragment {
  readonly from: number;
  readonly to: number;
  readonly protocol: number;
  /** Chosen by the sender, the same in all pieces. */
  readonly id: number;
  /** Place of this piece in the payload, bytes. */
  readonly offset: number;
  readonly more: boolean;
}

interface Piece {
  readonly offset: number;
  readonly bytes: OwnBytes;
}

interface Unfinished {
  readonly fragment: Fragment;
  readonly expiresAt: number;
  /** Sorted by offset, never overlapping. */
  readonly pieces: Piece[];
  held: number;
  /** Length of the payload, once its last piece is here. */
  total: number | null;
}

/** Puts fragments together. @rfc 815, with overlaps refused as in @rfc 5722 */
export interface Reassembly {
  /** Keeps a copy of a piece. Returns the whole payload, which is the caller's, when this was the last one. */
  add(fragment: Fragment, bytes: Uint8Array, at: number, length: number): OwnBytes | null;
  tick(): void;
  inspect(): InspectNode;
}

/** Starts with nothing. */
export function openReassembly(clock: Clock): Reassembly {
  const counters = { fragments: 0, complete: 0, timedOut: 0, refused: 0, crowdedOut: 0 };
  let unfinished: Unfinished[] = [];
  let held = 0;

  function forget(packet: Unfinished): void {
    held -= packet.held;
    unfinished = unfinished.filter((other) => other !== packet);
  }

  function begin(fragment: Fragment): Unfinished {
    const packet = { fragment, expiresAt: clock.now() + patience, pieces: [], held: 0, total: null };
    unfinished.push(packet);
    return packet;
  }

  function makeRoom(length: number): void {
    while (unfinished.length >= packetLimit || (held + length > heldLimit && unfinished.length > 0)) {
      const oldest = unfinished[0];
      if (oldest === undefined) return;
      counters.crowdedOut++;
      forget(oldest);
    }
  }

  function add(fragment: Fragment, bytes: Uint8Array, at: number, length: number): OwnBytes | null {
    counters.fragments++;
    let packet = unfinished.find((other) => isSamePacket(other.fragment, fragment));
    if (packet === undefined || held + length > heldLimit) {
      makeRoom(length);
      packet = unfinished.find((other) => other === packet) ?? begin(fragment);
    }
    const fate = place(packet, fragment, bytes.slice(at, at + length));
    if (fate === "refused") {
      counters.refused++;
      forget(packet);
    } else if (fate === "placed") {
      packet.held += length;
      held += length;
    }
    if (packet.total === null || packet.held !== packet.total || fate === "refused") return null;
    counters.complete++;
    forget(packet);
    return joined(packet.pieces, packet.total);
  }

  return {
    add,
    tick() {
      const now = clock.now();
      for (const packet of unfinished) {
        if (now < packet.expiresAt) continue;
        counters.timedOut++;
        forget(packet);
      }
    },
    inspect: () => ({ ...counters, unfinished: unfinished.length, heldBytes: held }),
  };
}

function isSamePacket(one: Fragment, other: Fragment): boolean {
  return (
    one.id === other.id && one.from === other.from && one.protocol === other.protocol && one.to === other.to
  );
}

/** Puts a piece where it belongs. A piece that is here already is no news; any other overlap spoils the packet. */
function place(packet: Unfinished, fragment: Fragment, bytes: OwnBytes): "placed" | "known" | "refused" {
  const { pieces } = packet;
  const { offset, more } = fragment;
  const end = offset + bytes.length;
  if (bytes.length === 0 || end > longestPayload || (more && bytes.length % 8 !== 0)) return "refused";
  const next = pieces.findIndex((piece) => piece.offset >= offset);
  const at = next === -1 ? pieces.length : next;
  const after = pieces[at];
  const before = pieces[at - 1];
  if (after !== undefined && after.offset === offset && after.bytes.length === bytes.length) return "known";
  if (after !== undefined && after.offset < end) return "refused";
  if (before !== undefined && before.offset + before.bytes.length > offset) return "refused";
  if (!more && (packet.total !== null || after !== undefined)) return "refused";
  if (more && packet.total !== null && end > packet.total) return "refused";
  if (pieces.length >= pieceLimit) return "refused";
  if (!more) packet.total = end;
  pieces.splice(at, 0, { offset, bytes });
  return "placed";
}

function joined(pieces: readonly Piece[], total: number): OwnBytes {
  const whole = new Uint8Array(total);
  for (const piece of pieces) whole.set(piece.bytes, piece.offset);
  return whole;
}

import type { FrameOutcome } from "../../vid/index.ts";
import type { V86Ne2kRegisters } from "./shape.ts";

/** Command: stopped. Receive configuration: broadcasts, groups, everything. @ns8390 10.3 */
const stopped = 0x01;
const wantsBroadcast = 0x04;
const wantsGroups = 0x08;
const wantsAll = 0x10;
/** What stands before each frame: status, next page, low and high byte of the length of both. */
const headerBytes = 4;
const goodFrame = 0x01;
const toMany = 0x20;
const pageBits = 8;
const pageBytes = 1 << pageBits;
/** Shorter frames are filled up with zeros, as the sender of a real wire would have done. */
const shortest = 60;

/**
 * Puts a frame into an adapter's receive ring; the caller tells the guest. The engine's own way loses frames
 * to groups, takes a ring that is just full for an empty one, and believes whatever the guest has written.
 *
 * @param frame  at most 1518 bytes
 * @ns8390 7
 */
export function receiveFrame(
  card: V86Ne2kRegisters,
  frame: { readonly bytes: Uint8Array; readonly at: number; readonly length: number },
): FrameOutcome {
  const { pstart, pstop, curpg, boundary, memory } = card;
  if (!isWanted(card, frame.bytes, frame.at)) return "ignored";
  const ringEnd = pstop << pageBits;
  const sane = pstart < pstop && ringEnd <= memory.length && curpg >= pstart && curpg < pstop;
  if (!sane) return "ignored";

  const length = Math.max(frame.length, shortest) + headerBytes;
  // One page more than needed when the frame ends with a page: this is what drivers compute, too.
  const pages = 1 + (length >> pageBits);
  const ahead = boundary > curpg ? boundary - curpg : pstop - pstart - (curpg - boundary);
  // A boundary outside the ring, or where the next frame goes: nothing waits there.
  const free = inRing(card) && boundary !== curpg ? ahead : pstop - pstart;
  if (pages >= free) return pages >= pstop - pstart ? "ignored" : "full";

  const next = curpg + pages >= pstop ? curpg + pages - (pstop - pstart) : curpg + pages;
  const start = curpg << pageBits;
  memory[start] = goodFrame | (((frame.bytes[frame.at] ?? 0) & 1) === 1 ? toMany : 0);
  memory[start + 1] = next;
  memory[start + 2] = length & (pageBytes - 1);
  memory[start + 3] = length >> pageBits;
  let to = start + headerBytes;
  // Byte by byte: a view for the engine's own copy would be an object per frame.
  for (let i = 0; i < length - headerBytes; i++) {
    if (to === ringEnd) to = pstart << pageBits;
    memory[to++] = i < frame.length ? (frame.bytes[frame.at + i] ?? 0) : 0;
  }
  card.curpg = next;
  return "received";
}

/**
 * Whether frames wait that the guest has not read. Drivers stop after a few; on a real wire the next frame would
 * soon remind them of the rest.
 */
export function holdsFrames(card: V86Ne2kRegisters): boolean {
  const { cr, pstart, pstop, curpg, boundary } = card;
  if ((cr & stopped) !== 0 || !inRing(card) || boundary === curpg) return false;
  // Drivers leave the boundary on the last page they have read, or on the one behind it.
  return (boundary + 1 >= pstop ? pstart : boundary + 1) !== curpg;
}

/** Decides when a guest is told again of frames that wait. */
export interface FrameReminder {
  /** A frame came, which the guest is told of anyway. */
  arrived(): void;
  /** Whether it is time; the guest is told then. */
  isDue(): boolean;
}

/**
 * Reminds once for each place up to which the guest has read. One that acknowledges and does not read, as Linux does
 * while it takes an adapter down, would be interrupted for ever otherwise.
 */
export function openFrameReminder(card: V86Ne2kRegisters): FrameReminder {
  let told: number | null = null;
  return {
    arrived() {
      told = null;
    },
    isDue() {
      if (!holdsFrames(card) || card.boundary === told) return false;
      told = card.boundary;
      return true;
    },
  };
}

/** The page before the ring is where drivers put the boundary when they have read up to the ring's end. */
function inRing({ pstart, pstop, boundary }: V86Ne2kRegisters): boolean {
  return boundary >= pstart - 1 && boundary < pstop;
}

function isWanted({ cr, rxcr, mac }: V86Ne2kRegisters, bytes: Uint8Array, at: number): boolean {
  if ((cr & stopped) !== 0) return false;
  if ((rxcr & wantsAll) !== 0) return true;
  let ownBytes = 0;
  let allOnes = 0;
  for (let i = 0; i < 6; i++) {
    if (bytes[at + i] === mac[i]) ownBytes++;
    if (bytes[at + i] === 0xff) allOnes++;
  }
  if (allOnes === 6) return (rxcr & wantsBroadcast) !== 0;
  // The engine keeps no table of groups: all of them or none.
  if (((bytes[at] ?? 0) & 1) === 1) return (rxcr & wantsGroups) !== 0;
  return ownBytes === 6;
}

/** Parts kept for control messages, so that a flooded guest still gets its answers; of few parts a quarter. */
const controlParts = 8;

/**
 * Parts of the receive buffer: free, or with the guest as parts of packets. A packet is known by its first part.
 * The guest says which packet it is done with, and may say anything.
 */
export interface Parts {
  readonly count: number;
  free(): number;
  /** Takes a free part for a frame; -1: none is left but those for control messages. */
  take(): number;
  /** Takes one for a control message; -1: none is left at all. */
  takeForControl(): number;
  /** How many times `take` would find one. */
  spare(): number;
  /** A packet begins with a part that was taken, and with so many frames. */
  begin(part: number, frames: number): void;
  /** A part that was taken goes into the packet that began with `first`, and so many frames with it. */
  join(first: number, part: number, frames: number): void;
  /** Frames in a packet that is out; 0: there is none such. */
  framesIn(first: number): number;
  /** The guest is done with a packet. @returns how many parts became free; 0: no such packet is out */
  give(first: number): number;
  /** Parts that are not free. */
  held(): number[];
  /** Packets that are out: the parts of each, its first one first. */
  packets(): number[][];
  /** Takes up to that many free parts out of use, until they are restored. @returns which */
  lend(most: number): number[];
  /** A part that was lent is free again. Any number may come. @returns whether it was lent */
  restore(part: number): boolean;
}

const lastInPacket = -1;

/** What is not free from the start. */
export interface PartsInUse {
  /** Parts out of use. */
  readonly held: readonly number[];
  /** Those of them that are with the guest as packets, as `packets` tells. */
  readonly packets: readonly (readonly number[])[];
}

/** All parts are free but those in use. */
export function openParts(count: number, { held, packets }: PartsInUse = { held: [], packets: [] }): Parts {
  /** The free ones as a stack: what was free last is warm in every cache. */
  const stack = new Int32Array(count);
  /** Of a part in a packet: the next one. */
  const next = new Int32Array(count);
  const isFirst = new Uint8Array(count);
  /** Of a first one: what its packet holds. */
  const frameCounts = new Int32Array(count);
  const isFree = new Uint8Array(count).fill(1);
  const isLent = new Uint8Array(count);
  const kept = Math.min(controlParts, count >> 2);
  let free = 0;
  for (const part of held) isFree[part] = 0;
  for (const packet of packets) {
    isFirst[packet[0] ?? count] = 1;
    for (const [place, part] of packet.entries()) next[part] = packet[place + 1] ?? lastInPacket;
  }
  for (let part = count - 1; part >= 0; part--) if (isFree[part] === 1) stack[free++] = part;

  function take(keep: number): number {
    if (free <= keep) return -1;
    free--;
    const part = stack[free] ?? -1;
    isFree[part] = 0;
    return part;
  }
  return {
    count,
    free: () => free,
    take: () => take(kept),
    takeForControl: () => take(0),
    spare: () => Math.max(0, free - kept),
    begin(part, frames) {
      isFirst[part] = 1;
      frameCounts[part] = frames;
      next[part] = lastInPacket;
    },
    join(first, part, frames) {
      frameCounts[first] = (frameCounts[first] ?? 0) + frames;
      next[part] = next[first] ?? lastInPacket;
      next[first] = part;
    },
    framesIn: (first) => (isFirst[first] === 1 ? (frameCounts[first] ?? 0) : 0),
    give(first) {
      // Any number may come; beyond the array there is nothing.
      if (isFirst[first] !== 1) return 0;
      isFirst[first] = 0;
      let given = 0;
      for (let part = first; part !== lastInPacket; part = next[part] ?? lastInPacket) {
        stack[free++] = part;
        isFree[part] = 1;
        given++;
      }
      return given;
    },
    lend(most) {
      const lent: number[] = [];
      for (let left = Math.min(most, free); left > 0; left--) {
        const part = take(0);
        isLent[part] = 1;
        lent.push(part);
      }
      return lent;
    },
    restore(part) {
      if (isLent[part] !== 1) return false;
      isLent[part] = 0;
      isFree[part] = 1;
      stack[free++] = part;
      return true;
    },
    held: () => [...isFree.keys()].filter((part) => isFree[part] === 0),
    packets() {
      const firsts = [...isFirst.keys()].filter((part) => isFirst[part] === 1);
      return firsts.map((first) => {
        const packet: number[] = [];
        for (let part = first; part !== lastInPacket; part = next[part] ?? lastInPacket) packet.push(part);
        return packet;
      });
    },
  };
}

import type { Clock } from "../../support/index.ts";

/** Bytes before the source address of a frame. */
const sourceAt = 6;
/** Most addresses remembered: the switch itself learns no more. */
const mostAddresses = 1024;
/** A relay echoes within a round trip; an adapter that has moved to the far side was silent here for longer. */
const echoMicros = 2_000_000;

/**
 * Remembers which addresses sent through here lately. Relays echo broadcasts to their sender; a switch that saw
 * its own guests come in from outside would send everybody's replies the wrong way.
 */
export interface RecentSenders {
  /** A frame leaves. */
  leaves(bytes: Uint8Array, at: number): void;
  /** Whether a frame that comes in was sent by one of ours a moment ago. */
  isEcho(bytes: Uint8Array, at: number): boolean;
}

/** Opens an empty memory. */
export function openRecentSenders(clock: Clock): RecentSenders {
  const lastSent = new Map<number, number>();

  return {
    leaves(bytes, at) {
      const sender = addressAt(bytes, at + sourceAt);
      // A guest that makes up addresses pushes out everybody's: then echoes get through, nothing worse.
      if (lastSent.size >= mostAddresses && !lastSent.has(sender)) lastSent.clear();
      lastSent.set(sender, clock.now());
    },
    isEcho(bytes, at) {
      const sent = lastSent.get(addressAt(bytes, at + sourceAt));
      return sent !== undefined && clock.now() - sent < echoMicros;
    },
  };
}

/** The MAC address at `at` as a number: a key that allocates nothing. */
export function addressAt(bytes: Uint8Array, at: number): number {
  let key = 0;
  for (let index = 0; index < 6; index++) key = key * 256 + (bytes[at + index] ?? 0);
  return key;
}

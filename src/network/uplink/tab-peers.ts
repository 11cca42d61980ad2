import type { Clock } from "../../support/index.ts";
import { type Allowance, openAllowance, type Rate } from "./allowance.ts";
import { tellEvery } from "./tab-backlog.ts";

/** Another tab on the segment. */
interface Peer {
  readonly allowance: Allowance;
  heard: number;
  /** How far we have read it, bytes, and how far it was told that we have. */
  read: number;
  told: number;
}

/** Most tabs that are listened to at once. */
const mostPeers = 64;
/** Tabs say that they are there every ten seconds: one that missed three is gone. */
const peerMicros = 35_000_000;
/** Most addresses remembered, and for how long without a frame: as in the switch. */
const mostAddresses = 1024;
const addressMicros = 300_000_000;

/** Who else is on the segment, and behind which tab each address was last seen. */
export interface TabPeers {
  /** A tab was heard. `null`: there are too many tabs, this one is not listened to. */
  heard(tab: string): Allowance | null;
  /** We have read a tab so far. Answers whether it is time to tell it. */
  read(tab: string, total: number): boolean;
  /** How far we have read whom, of those who have not been told yet. */
  unread(): readonly (readonly [tab: string, total: number])[];
  /** A tab said goodbye. */
  forget(tab: string): void;
  /** An address sent a frame from behind a tab. A key as `addressAt` gives it. */
  seen(address: number, tab: string): void;
  /** The tab an address was last seen behind; `null` when it is not known. */
  tabOf(address: number): string | null;
  /** Forgets what has been silent for too long. Answers the tabs that are gone. */
  tick(): readonly string[];
  forgetAll(): void;
  counts(): { readonly tabs: number; readonly addresses: number };
}

/** Opens an empty table. @param rate  what each tab may send */
export function openTabPeers(clock: Clock, rate: Rate): TabPeers {
  const peers = new Map<string, Peer>();
  const addresses = new Map<number, { tab: string; seen: number }>();

  function heard(tab: string): Allowance | null {
    const known = peers.get(tab);
    if (known !== undefined) {
      known.heard = clock.now();
      return known.allowance;
    }
    if (peers.size >= mostPeers) return null;
    const peer = { allowance: openAllowance(rate, clock), heard: clock.now(), read: 0, told: 0 };
    peers.set(tab, peer);
    return peer.allowance;
  }
  return {
    heard,
    read(tab, total) {
      const peer = peers.get(tab);
      if (peer === undefined) return false;
      peer.read = total;
      // One that begins anew counts from the start.
      return total < peer.told || total - peer.told >= tellEvery;
    },
    unread() {
      const told: (readonly [string, number])[] = [];
      for (const [tab, peer] of peers) {
        if (peer.read === peer.told) continue;
        peer.told = peer.read;
        told.push([tab, peer.read]);
      }
      return told;
    },
    forget: (tab) => void peers.delete(tab),
    seen(address, tab) {
      const known = addresses.get(address);
      if (known !== undefined) {
        known.tab = tab;
        known.seen = clock.now();
      } else if (addresses.size < mostAddresses) {
        addresses.set(address, { tab, seen: clock.now() });
      }
    },
    tabOf(address) {
      const known = addresses.get(address);
      return known !== undefined && peers.has(known.tab) ? known.tab : null;
    },
    tick() {
      const now = clock.now();
      const gone = [...peers].filter(([, peer]) => now - peer.heard >= peerMicros).map(([tab]) => tab);
      for (const tab of gone) peers.delete(tab);
      for (const [address, { tab, seen }] of addresses) {
        if (now - seen >= addressMicros || !peers.has(tab)) addresses.delete(address);
      }
      return gone;
    },
    forgetAll() {
      peers.clear();
      addresses.clear();
    },
    counts: () => ({ tabs: peers.size, addresses: addresses.size }),
  };
}

import type { Clock } from "../../support/index.ts";
import { formatAddress } from "./address.ts";
import { macText } from "./mac.ts";

/** Addresses remembered; the one unheard of for longest makes room. A lab's network has tens. */
const knownLimit = 256;
/** After this long without a word from a neighbour it is forgotten, microseconds. */
const forgetAfter = 300_000_000;
/** A neighbour in use is asked again from this age on, microseconds. */
const refreshAfter = 240_000_000;
/** Between two such questions, microseconds. @rfc 1122 2.3.2.1 */
const refreshEvery = 1_000_000;
/** Two claims to one address closer than this are two machines, not a new adapter, microseconds. */
const sharedWithin = 60_000_000;

interface Known {
  readonly mac: number;
  readonly heardAt: number;
  /** When it should be asked again if it is in use. */
  askAt: number;
}

/** A row of the ARP table for a person. */
export interface NeighbourRow {
  readonly address: string;
  readonly mac: string;
  /** Since it was last heard of. */
  readonly ageSeconds: number;
}

/** MAC addresses by IPv4 address, as far as we were told. */
export interface KnownHosts {
  readonly size: number;
  /** The MAC address, or `null`. Calls `refresh` when it is time to ask again. */
  find(ip: number, refresh: (ip: number, mac: number) => void): number | null;
  /** The MAC address as far as anyone said, however long ago; nothing is asked. */
  peek(ip: number): number | null;
  /** Remembers. Returns another MAC address that claimed `ip` a moment ago, or `null`. */
  learn(ip: number, mac: number): number | null;
  /** The machine says that it does not use the address any more: another may have it at once. */
  forget(ip: number, mac: number): void;
  /** Forgets what was not heard of for long. */
  expire(): void;
  /** Forgets all but those that `keep` wants. */
  keepOnly(keep: (ip: number) => boolean): void;
  forEach(each: (ip: number, mac: number) => void): void;
  rows(): readonly NeighbourRow[];
}

/** Opens an empty table. Invariant: the map's order is the order in which its rows were heard of. */
export function openKnownHosts(clock: Clock): KnownHosts {
  const rows = new Map<number, Known>();
  return {
    get size() {
      return rows.size;
    },
    find(ip, refresh) {
      const row = rows.get(ip);
      if (row === undefined) return null;
      const now = clock.now();
      if (now - row.heardAt >= forgetAfter) return null;
      if (now >= row.askAt) {
        row.askAt = now + refreshEvery;
        refresh(ip, row.mac);
      }
      return row.mac;
    },
    peek: (ip) => rows.get(ip)?.mac ?? null,
    learn(ip, mac) {
      const now = clock.now();
      const before = rows.get(ip);
      rows.delete(ip);
      rows.set(ip, { mac, heardAt: now, askAt: now + refreshAfter });
      for (const oldest of rows.keys()) {
        if (rows.size <= knownLimit) break;
        rows.delete(oldest);
      }
      if (before === undefined || before.mac === mac) return null;
      return now - before.heardAt < sharedWithin ? before.mac : null;
    },
    forget(ip, mac) {
      if (rows.get(ip)?.mac === mac) rows.delete(ip);
    },
    expire() {
      for (const [ip, { heardAt }] of rows) {
        if (clock.now() - heardAt < forgetAfter) return;
        rows.delete(ip);
      }
    },
    keepOnly(keep) {
      for (const ip of rows.keys()) if (!keep(ip)) rows.delete(ip);
    },
    forEach(each) {
      for (const [ip, { mac }] of rows) each(ip, mac);
    },
    rows: () =>
      Array.from(rows, ([ip, { mac, heardAt }]) => ({
        address: formatAddress(ip),
        mac: macText(mac),
        ageSeconds: Math.floor((clock.now() - heardAt) / 1_000_000),
      })),
  };
}

import type { Clock } from "../../../support/index.ts";
import { formatAddress } from "../address.ts";
import { macText } from "../mac.ts";
import type { DhcpScope } from "./scope.ts";

/** An offer is held for this long, microseconds. */
const offerTime = 60_000_000;
/** An address that a client found in use is left alone for this long, microseconds. */
const quarantine = 600_000_000;

/** An address that was given to somebody, or must not be for a while. */
interface Lease {
  readonly ip: number;
  readonly mac: number;
  /** `released`: free, but kept for its last holder while there are others. */
  readonly kind: "offered" | "bound" | "released" | "declined";
  /** Microseconds of the clock. */
  readonly until: number;
  readonly hostName: string;
}

/** A row of the lease table for a person. */
export interface LeaseRow {
  readonly address: string;
  readonly mac: string;
  /** The name that the client calls itself, or nothing. */
  readonly name: string;
  readonly kind: "offered" | "bound" | "declined";
  readonly secondsLeft: number;
}

/** What the lease table asks of others. */
export interface LeaseSurroundings {
  readonly clock: Clock;
  scope(): DhcpScope;
  /** Whether a machine other than `mac` is known to use the address, or the server itself does. */
  isForeign(ip: number, mac: number): boolean;
  /** The client says that it does not use the address any more. */
  released(ip: number, mac: number): void;
}

/** Who has which address. Clients are told apart by their MAC addresses alone. */
export interface Leases {
  /** Holds an address for a client, `wanted` if possible. `null`: nothing is left. */
  offer(mac: number, wanted: number): number | null;
  /** Gives the client this very address. `false`: it may not have it. */
  bind(mac: number, ip: number, hostName: string): boolean;
  /** The client does not want what was offered or given. */
  release(mac: number, ip: number): void;
  /** The client found its address in use. `false`: it was not the client's. */
  decline(mac: number, ip: number): boolean;
  /** The client took another server's offer. */
  withdraw(mac: number): void;
  /** The address that a client has for now, or `null`. */
  addressOf(mac: number): number | null;
  /** The client that has the address for now, or `null`. */
  holderOf(ip: number): number | null;
  /** The name by which that client calls itself, or nothing. */
  nameOf(ip: number): string;
  /** The address of the client that last called itself so, or `null`. */
  named(hostName: string): number | null;
  /** The scope has changed: forgets what lies outside it. */
  trim(): void;
  rows(): readonly LeaseRow[];
}

/** Opens an empty table. Invariant: at most one row per address and, declined ones aside, per client. */
export function openLeases(around: LeaseSurroundings): Leases {
  const { clock } = around;
  const byIp = new Map<number, Lease>();
  const byMac = new Map<number, number>();
  const byName = new Map<string, number>();

  const isCurrent = (lease: Lease) => lease.kind !== "released" && clock.now() < lease.until;
  const boundAt = (ip: number) => {
    const lease = byIp.get(ip);
    return lease?.kind === "bound" && isCurrent(lease) ? lease : null;
  };

  function remove(ip: number): void {
    const lease = byIp.get(ip);
    if (lease === undefined) return;
    byIp.delete(ip);
    if (byMac.get(lease.mac) === ip) byMac.delete(lease.mac);
    if (byName.get(lease.hostName) === ip) byName.delete(lease.hostName);
  }

  /** The row goes to the end of the map, so that those unheard of for longest come first. */
  function put(lease: Lease): void {
    const earlier = byMac.get(lease.mac);
    if (earlier !== undefined) remove(earlier);
    remove(lease.ip);
    byIp.set(lease.ip, lease);
    if (lease.kind !== "declined") byMac.set(lease.mac, lease.ip);
    if (lease.kind === "bound" && lease.hostName !== "") byName.set(lease.hostName, lease.ip);
  }

  function mayHave(mac: number, ip: number): boolean {
    const scope = around.scope();
    if (!isInScope(scope, ip) || ip === scope.router || around.isForeign(ip, mac)) return false;
    const own = scope.reserved.get(mac);
    if (own === undefined ? scope.reservedAddresses.has(ip) : own !== ip) return false;
    const lease = byIp.get(ip);
    return lease === undefined || !isCurrent(lease) || (lease.mac === mac && lease.kind !== "declined");
  }

  function anyFree(mac: number): number | null {
    const { first, last } = around.scope();
    for (let ip = first; ip <= last; ip++) if (!byIp.has(ip) && mayHave(mac, ip)) return ip;
    for (const ip of byIp.keys()) if (mayHave(mac, ip)) return ip;
    return null;
  }

  function choose(mac: number, wanted: number): number | null {
    const candidates = [around.scope().reserved.get(mac), byMac.get(mac), wanted];
    return candidates.find((ip) => ip !== undefined && mayHave(mac, ip)) ?? anyFree(mac);
  }

  return {
    offer(mac, wanted) {
      const ip = choose(mac, wanted);
      const before = ip === null ? null : boundAt(ip);
      // A client that asks anew may still use what it has: an offer must not shorten its lease.
      if (ip === null || before?.mac === mac) return ip;
      put({ ip, mac, kind: "offered", until: clock.now() + offerTime, hostName: "" });
      return ip;
    },
    bind(mac, ip, hostName) {
      if (!mayHave(mac, ip)) return false;
      put({ ip, mac, kind: "bound", until: clock.now() + around.scope().leaseSeconds * 1_000_000, hostName });
      return true;
    },
    release(mac, ip) {
      const lease = byIp.get(ip);
      if (lease?.mac !== mac || lease.kind === "declined") return;
      put({ ...lease, kind: "released", until: clock.now() });
      around.released(ip, mac);
    },
    decline(mac, ip) {
      const lease = byIp.get(ip);
      if (lease?.mac !== mac || lease.kind === "declined" || !isCurrent(lease)) return false;
      put({ ip, mac, kind: "declined", until: clock.now() + quarantine, hostName: "" });
      return true;
    },
    withdraw(mac) {
      const ip = byMac.get(mac);
      if (ip !== undefined && byIp.get(ip)?.kind === "offered") remove(ip);
    },
    addressOf(mac) {
      const ip = byMac.get(mac);
      return ip === undefined ? null : (boundAt(ip)?.ip ?? null);
    },
    holderOf: (ip) => boundAt(ip)?.mac ?? null,
    nameOf: (ip) => boundAt(ip)?.hostName ?? "",
    named(hostName) {
      const ip = byName.get(hostName);
      return ip === undefined ? null : (boundAt(ip)?.ip ?? null);
    },
    trim() {
      for (const ip of byIp.keys()) if (!isInScope(around.scope(), ip)) remove(ip);
    },
    rows: () => [...byIp.values()].filter(isCurrent).flatMap((lease) => rowOf(lease, clock)),
  };
}

function isInScope(scope: DhcpScope, ip: number): boolean {
  return (ip >= scope.first && ip <= scope.last) || scope.reservedAddresses.has(ip);
}

function rowOf(lease: Lease, clock: Clock): LeaseRow[] {
  const { kind } = lease;
  if (kind === "released") return [];
  const secondsLeft = Math.ceil((lease.until - clock.now()) / 1_000_000);
  return [
    { address: formatAddress(lease.ip), mac: macText(lease.mac), name: lease.hostName, kind, secondsLeft },
  ];
}

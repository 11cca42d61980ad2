import { HvError } from "../../../support/index.ts";
import { checkHost, formatAddress, type HostAddress, isBroadcast, isOnLink } from "../address.ts";
import { checkMac } from "../mac.ts";

/** What a DHCP server gives away, as a person says it. */
export interface DhcpSettings {
  /** First and last address of the pool. Both lie in the network. */
  readonly from: string;
  readonly to: string;
  /** 60 to 31 536 000. */
  readonly leaseSeconds: number;
  /** The way out of the network; none unless given. */
  readonly router?: string | undefined;
  /** Adapters that always get the same address, inside the pool or not. */
  readonly reservations?: readonly { readonly mac: string; readonly address: string }[] | undefined;
}

/** The same, checked. */
export interface DhcpScope {
  readonly first: number;
  readonly last: number;
  readonly leaseSeconds: number;
  readonly router: number | null;
  /** Address by MAC address. */
  readonly reserved: ReadonlyMap<number, number>;
  readonly reservedAddresses: ReadonlySet<number>;
}

/** Addresses of a pool at most: one search through it stays below a millisecond. */
const poolLimit = 4096;
const reservationLimit = 1024;
const shortestLease = 60;
const longestLease = 31_536_000;

/**
 * Checks settings against the address of the server.
 *
 * @throws HvError `network.badAddress`, `network.badMac`, `network.badPool`
 */
export function checkScope(settings: DhcpSettings, host: HostAddress): DhcpScope {
  const first = checkHost(settings.from, "The first address of the pool");
  const last = checkHost(settings.to, "The last address of the pool");
  const { leaseSeconds } = settings;
  if (last < first) throw badPool(`The pool ends at ${settings.to}, before it begins at ${settings.from}.`);
  if (last - first >= poolLimit)
    throw badPool(`The pool has more than ${poolLimit} addresses: make it smaller.`);
  for (const end of [first, last]) {
    if (!isOnLink(host, end)) throw badPool(`${outside(end, host)}: choose a pool inside the network.`);
    if (isBroadcast(host, end) || end === (host.ip & host.mask) >>> 0) {
      throw badPool(`${formatAddress(end)} means the whole network: leave it out of the pool.`);
    }
  }
  if (!(leaseSeconds >= shortestLease && leaseSeconds <= longestLease)) {
    throw badPool(
      `A lease of ${leaseSeconds} seconds cannot be given: choose ${shortestLease} to ${longestLease}.`,
    );
  }
  const router = settings.router === undefined ? null : checkHost(settings.router, "The router");
  if (router !== null && !isOnLink(host, router)) {
    throw badPool(`${outside(router, host)}: choose a router inside the network.`);
  }
  const reserved = checkReservations(settings, host);
  return { first, last, leaseSeconds, router, reserved, reservedAddresses: new Set(reserved.values()) };
}

function checkReservations(settings: DhcpSettings, host: HostAddress): ReadonlyMap<number, number> {
  const reserved = new Map<number, number>();
  const taken = new Set<number>([host.ip]);
  for (const { mac, address } of settings.reservations ?? []) {
    const ip = checkHost(address, "The reserved address");
    if (!isOnLink(host, ip) || isBroadcast(host, ip)) {
      throw badPool(`${outside(ip, host)}: reserve an address inside the network.`);
    }
    if (taken.has(ip)) throw badPool(`${address} is taken already: reserve another address for ${mac}.`);
    taken.add(ip);
    reserved.set(checkMac(mac), ip);
  }
  if (taken.size > reservationLimit) throw badPool(`More than ${reservationLimit} addresses are reserved.`);
  return reserved;
}

function outside(ip: number, host: HostAddress): string {
  return `${formatAddress(ip)} does not lie in the network of ${formatAddress(host.ip)}/${host.prefix}`;
}

function badPool(text: string): HvError {
  return new HvError("network.badPool", text, { hresult: 0x80070057 });
}

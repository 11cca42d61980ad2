import type { HostAddress } from "../address.ts";
import type { Leases } from "../dhcp/leases.ts";
import { hostLabel } from "../dhcp/message.ts";
import type { KnownHosts } from "../known-hosts.ts";
import { checkMac } from "../mac.ts";

/** Adapters whose machines have names, at most: 12 for each of 384 machines. */
const adapterLimit = 4608;

/** A machine as its owner calls it. */
export interface MachineName {
  readonly name: string;
  /** MAC addresses of its adapters on this network. */
  readonly macs: readonly string[];
}

/** What is called how on this network. Names are single labels in lower case. */
export interface Directory {
  /**
   * From now on these are the machines. Of two with the same name the first has it.
   *
   * @throws HvError `network.badMac`; then nothing has changed
   */
  setMachines(machines: readonly MachineName[]): void;
  /** The addresses of a name, or `null` when nobody is called so; none when its machine has no address yet. */
  addressesOf(label: string): readonly number[] | null;
  /** The name of an address, or nothing. */
  nameOf(ip: number): string;
  /** The name of the machine with this adapter, or nothing. */
  machineOf(mac: number): string;
}

/** Where the directory looks. */
export interface DirectoryOptions {
  readonly leases: Leases;
  readonly known: KnownHosts;
  host(): HostAddress;
  /** The name of the management OS, one label. */
  readonly ownName: string;
}

/** Opens a directory without machines. Our own name comes first, then the machines', then what clients say. */
export function openDirectory(options: DirectoryOptions): Directory {
  const { leases, known, ownName } = options;
  let macsOf: ReadonlyMap<string, readonly number[]> = new Map();
  let machines: ReadonlyMap<number, string> = new Map();

  function setMachines(named: readonly MachineName[]): void {
    const byName = new Map<string, readonly number[]>();
    const byMac = new Map<number, string>();
    for (const { name, macs } of named) {
      const label = hostLabel(name.replaceAll(".", "-"));
      if (label === "" || byName.has(label)) continue;
      const numbers = macs.slice(0, Math.max(0, adapterLimit - byMac.size)).map(checkMac);
      byName.set(label, numbers);
      for (const mac of numbers) byMac.set(mac, label);
    }
    macsOf = byName;
    machines = byMac;
  }

  function addressesOf(label: string): readonly number[] | null {
    if (label === ownName) return [options.host().ip];
    const macs = macsOf.get(label);
    if (macs === undefined) {
      const leased = leases.named(label);
      return leased === null ? null : [leased];
    }
    const found = new Set<number>();
    for (const mac of macs) {
      const leased = leases.addressOf(mac);
      if (leased !== null) found.add(leased);
    }
    // An address that was set by hand is known from ARP only.
    known.forEach((ip, mac) => {
      if (macs.includes(mac)) found.add(ip);
    });
    return [...found];
  }

  function nameOf(ip: number): string {
    if (ip === options.host().ip) return ownName;
    const mac = leases.holderOf(ip) ?? known.peek(ip);
    return (mac === null ? "" : (machines.get(mac) ?? "")) || leases.nameOf(ip);
  }

  return { setMachines, addressesOf, nameOf, machineOf: (mac) => machines.get(mac) ?? "" };
}

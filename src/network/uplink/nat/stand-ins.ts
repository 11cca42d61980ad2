import { formatAddress } from "../../stack/address.ts";
import type { ResolveName } from "../../stack/dns/server.ts";

/** 198.18.0.0/15, kept for tests of networks: no host on the internet has such an address. @rfc 2544 C.2.2 */
const firstStandIn = 0xc612_0001;
const lastStandIn = 0xc613_fffe;
/** Most names remembered; the oldest goes first. */
const mostNames = 8192;

/** Addresses that stand for names. */
export interface StandIns {
  /**
   * For the DNS server: answers every possible name with an address that stands for it. Whether there is such a name
   * shows only when somebody connects: a page cannot ask.
   */
  readonly resolve: ResolveName;
  /** The host to ask for an address: the name it stands for, or itself as text. `null`: it stands for nothing any more. */
  hostOf(address: number): string | null;
}

/**
 * Opens an empty book of names. Uplinks that carry streams take names, and the far side resolves them; guests want
 * addresses. So the DNS server gives out addresses that the NAT turns back into names.
 */
export function openStandIns(): StandIns {
  const addresses = new Map<string, number>();
  const names = new Map<number, string>();
  let next = firstStandIn;

  function standInOf(name: string): number {
    const known = addresses.get(name);
    if (known !== undefined) {
      // The map's order is that of use.
      addresses.delete(name);
      addresses.set(name, known);
      return known;
    }
    if (addresses.size >= mostNames) forgetOldest();
    while (names.has(next)) next = next === lastStandIn ? firstStandIn : next + 1;
    const address = next;
    next = next === lastStandIn ? firstStandIn : next + 1;
    addresses.set(name, address);
    names.set(address, name);
    return address;
  }
  function forgetOldest(): void {
    for (const [name, address] of addresses) {
      addresses.delete(name);
      names.delete(address);
      return;
    }
  }
  return {
    resolve(name) {
      const plain = name.toLowerCase().replace(/\.$/, "");
      return Promise.resolve(isPublicName(plain) ? [formatAddress(standInOf(plain))] : []);
    },
    hostOf(address) {
      if (address < (firstStandIn & ~0xffff) >>> 0 || address > lastStandIn + 1)
        return formatAddress(address);
      return names.get(address) ?? null;
    },
  };
}

/** Whether a name can be one on the internet. @rfc 1123 2.1 @rfc 6761 6 */
function isPublicName(name: string): boolean {
  if (
    name.length > 253 ||
    !/^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/.test(name)
  ) {
    return false;
  }
  return !/\.(local|localhost|invalid|test|arpa|internal)$/.test(name);
}

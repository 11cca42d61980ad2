import type { ManagementAddress } from "../hvdef/index.ts";

/** Fewest and most bits that name a network here. */
export const prefixRange = { least: 8, most: 30 } as const;

/** An IPv4 address in four decimal numbers, or `null`. Leading zeros are refused: some readers take them as octal. */
export function parseAddress(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text.trim());
  if (match === null) return null;
  let address = 0;
  for (const digits of match.slice(1)) {
    if (digits.length > 1 && digits.startsWith("0")) return null;
    const part = Number(digits);
    if (part > 255) return null;
    address = address * 256 + part;
  }
  return address;
}

/** The usual text of an address: four decimal numbers. */
export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** First and last address of the network that an address lies in; both stand for no host. */
export function networkOf(
  address: number,
  prefix: number,
): { readonly first: number; readonly last: number } {
  const size = 2 ** (32 - prefix);
  const first = address - (address % size);
  return { first, last: first + size - 1 };
}

/** Why an address cannot be a host's; `null` when it can. The sentence begins with what it is the address of. */
export function hostProblem(text: string, subject: string): string | null {
  if (text.trim() === "") return `${subject} is missing. It looks like 10.0.1.1.`;
  const address = parseAddress(text);
  if (address === null) return `${subject} is no IPv4 address. It looks like 10.0.1.1.`;
  const head = address >>> 24;
  if (head === 0) return `${subject} must not begin with 0.`;
  if (head === 127) return `${subject} must not begin with 127: such addresses never leave a computer.`;
  if (head >= 224) return `${subject} must begin with a number below 224: the rest are no hosts.`;
  return null;
}

/** Why an address cannot stand for a host of that network; `null` when it can. */
export function ownAddressProblem(text: string, prefix: number, subject: string): string | null {
  const wrong = hostProblem(text, subject);
  const address = parseAddress(text);
  if (wrong !== null || address === null) return wrong;
  const { first, last } = networkOf(address, prefix);
  if (address === first)
    return `${addressText(first)}/${prefix} is the network itself: choose an address in it.`;
  if (address === last)
    return `${addressText(last)} is the broadcast address of the network: choose another.`;
  return null;
}

/** A range to give away in the network of an address: its upper half, at most 100 addresses, never the address. */
export function suggestedRange(
  address: number,
  prefix: number,
): { readonly from: string; readonly to: string } | null {
  const { first, last } = networkOf(address, prefix);
  const size = last - first + 1;
  const room = Math.min(100, Math.max(1, size / 2 - 1));
  const from = size >= 256 ? first + 100 : first + Math.floor(size / 2);
  const to = Math.min(last - 1, from + room - 1);
  if (address < from || address > to) return { from: addressText(from), to: addressText(to) };
  if (address - from > to - address) return { from: addressText(from), to: addressText(address - 1) };
  return address === to ? null : { from: addressText(address + 1), to: addressText(to) };
}

/** Whether two networks share addresses. */
export function overlap(one: ManagementAddress, other: ManagementAddress): boolean {
  const mine = parseAddress(one.address);
  const theirs = parseAddress(other.address);
  if (mine === null || theirs === null) return false;
  const prefix = Math.min(one.prefix, other.prefix);
  return networkOf(mine, prefix).first === networkOf(theirs, prefix).first;
}

/** The first `10.0.n.1/24` that shares nothing with the networks there are. */
export function freeAddress(taken: readonly ManagementAddress[]): ManagementAddress {
  for (let net = 1; net < 255; net += 1) {
    const proposal = { address: `10.0.${net}.1`, prefix: 24 };
    if (!taken.some((one) => overlap(one, proposal))) return proposal;
  }
  return { address: "192.168.100.1", prefix: 24 };
}

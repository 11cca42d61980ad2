import { HvError } from "../../support/index.ts";

/** 255.255.255.255: everyone on the wire. */
export const everyone = 0xffff_ffff;

/** The IPv4 address in four decimal numbers, or `null`. Leading zeros are refused: some readers take them as octal. */
export function parseAddress(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
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
export function formatAddress(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The mask of a prefix of 0 to 32 bits. */
export function maskOf(prefix: number): number {
  return prefix <= 0 ? 0 : (everyone << (32 - prefix)) >>> 0;
}

/** Whether a host may have this address: not 0.x, 127.x, multicast, reserved or broadcast. @rfc 1122 3.2.1.3 */
export function isHostAddress(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

/** An address as a person gives it. */
export interface AddressText {
  /** Four decimal numbers. */
  readonly address: string;
  /** Bits that name the network, 8 to 30. */
  readonly prefix: number;
  /** Where to send what is for other networks; without it nothing is sent there. */
  readonly gateway?: string | undefined;
}

/** An address of ours, checked. */
export interface HostAddress {
  readonly ip: number;
  readonly prefix: number;
  readonly mask: number;
  readonly broadcast: number;
  readonly gateway: number | null;
}

/** Whether `address` is reached without a gateway. */
export function isOnLink(host: HostAddress, address: number): boolean {
  return (address & host.mask) >>> 0 === (host.ip & host.mask) >>> 0;
}

/** Whether `address` means all hosts of our network. */
export function isBroadcast(host: HostAddress, address: number): boolean {
  return address === everyone || address === host.broadcast;
}

/**
 * Checks an address that an operator asks for.
 *
 * @throws HvError `network.badAddress` that says what is wrong with it
 */
export function checkAddress(asked: AddressText): HostAddress {
  const { prefix } = asked;
  if (!Number.isInteger(prefix) || prefix < 8 || prefix > 30) {
    throw badAddress(`A prefix length of ${prefix} cannot be used: choose 8 to 30, e.g. 24.`);
  }
  const ip = checkHost(asked.address, "The address");
  const mask = maskOf(prefix);
  const host = { ip, prefix, mask, broadcast: (ip | ~mask) >>> 0, gateway: null };
  if (ip === host.broadcast || ip === (ip & mask) >>> 0) {
    throw badAddress(
      `${asked.address} names the whole network ${asked.address}/${prefix}: choose an address inside it.`,
    );
  }
  if (asked.gateway === undefined) return host;
  const gateway = checkHost(asked.gateway, "The gateway");
  if (!isOnLink(host, gateway) || gateway === ip) {
    throw badAddress(
      `The gateway ${asked.gateway} must be another host of the network ${asked.address}/${prefix}.`,
    );
  }
  return { ...host, gateway };
}

/**
 * An address of one host, from text.
 *
 * @param what  who has it, as a sentence begins, e.g. `The gateway`
 * @throws HvError `network.badAddress`
 */
export function checkHost(text: string, what: string): number {
  const address = parseAddress(text);
  if (address === null) throw badAddress(`${what} "${text}" is not an IPv4 address like 192.168.137.1.`);
  if (!isHostAddress(address)) throw badAddress(`${what} ${text} cannot belong to a host: choose another.`);
  return address;
}

/** An operator gave an address that cannot be used. */
export function badAddress(text: string): HvError {
  return new HvError("network.badAddress", text, { hresult: 0x80070057 });
}

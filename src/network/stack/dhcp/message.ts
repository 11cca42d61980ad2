import { putWire16, putWire32, wire16, wire32 } from "../../frame/index.ts";
import { putWireMac, wireMac } from "../mac.ts";
import { latin1 } from "../octets.ts";
import { type OptionValue, readOptions, writeOptions } from "./options.ts";

/** Where the parts of a DHCP message are. @rfc 2131 2 */
const messageAt = {
  operation: 0,
  hardware: 1,
  hardwareBytes: 2,
  transaction: 4,
  flags: 10,
  clientAddress: 12,
  yourAddress: 16,
  relay: 24,
  clientMac: 28,
  serverName: 44,
  file: 108,
  cookie: 236,
  options: 240,
} as const;

const magicCookie = 0x6382_5363;
/** Shortest message that old clients take. @rfc 1542 2.1 */
const shortestMessage = 300;
/** Longest name of a host that is kept. @rfc 1035 2.3.4 */
const longestName = 63;

/** Direction of a message. */
export const DhcpOperation = { request: 1, reply: 2 } as const;

/** What a message is about. @rfc 2132 9.6 */
export const DhcpType = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

/** Numbers of the options that we read or write. @rfc 2132 */
export const DhcpOption = {
  mask: 1,
  router: 3,
  dns: 6,
  hostName: 12,
  domain: 15,
  broadcast: 28,
  ntp: 42,
  requestedAddress: 50,
  leaseSeconds: 51,
  overload: 52,
  type: 53,
  server: 54,
  text: 56,
  renewSeconds: 58,
  rebindSeconds: 59,
} as const;

/** A message as far as we care. Addresses that were not given are 0. */
export interface DhcpMessage {
  readonly operation: number;
  readonly type: number;
  readonly transaction: number;
  /** The client cannot take unicast frames yet. */
  readonly broadcast: boolean;
  /** The address that the client has and uses. */
  readonly clientAddress: number;
  /** The relay agent that passed it on. */
  readonly relay: number;
  readonly mac: number;
  readonly requestedAddress: number;
  /** The server that the message is for, or that sent it. */
  readonly server: number;
  /** One label of letters, digits and hyphens in lower case, or nothing. */
  readonly hostName: string;
}

/** Reads a message, or `null` when it is none for Ethernet and IPv4. */
export function readDhcp(bytes: Uint8Array, at: number, length: number): DhcpMessage | null {
  if (length < messageAt.options || wire32(bytes, at + messageAt.cookie) !== magicCookie) return null;
  if (bytes[at + messageAt.hardware] !== 1 || bytes[at + messageAt.hardwareBytes] !== 6) return null;
  const options = allOptions(bytes, at, length);
  const address = (option: number) => wire32(options.get(option) ?? noBytes, 0);
  const name = options.get(DhcpOption.hostName) ?? noBytes;
  return {
    operation: bytes[at + messageAt.operation] ?? 0,
    type: options.get(DhcpOption.type)?.[0] ?? 0,
    transaction: wire32(bytes, at + messageAt.transaction),
    broadcast: (wire16(bytes, at + messageAt.flags) & 0x8000) !== 0,
    clientAddress: wire32(bytes, at + messageAt.clientAddress),
    relay: wire32(bytes, at + messageAt.relay),
    mac: wireMac(bytes, at + messageAt.clientMac),
    requestedAddress: address(DhcpOption.requestedAddress),
    server: address(DhcpOption.server),
    hostName: hostLabel(latin1(name, 0, name.length)),
  };
}

const noBytes = new Uint8Array(0);

/** Options may go on in the fields of the boot file and the server name. @rfc 2132 9.3 */
function allOptions(bytes: Uint8Array, at: number, length: number): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  readOptions(bytes.subarray(at + messageAt.options, at + length), options);
  const overload = options.get(DhcpOption.overload)?.[0] ?? 0;
  if (overload & 1) readOptions(bytes.subarray(at + messageAt.file, at + messageAt.cookie), options);
  if (overload & 2) readOptions(bytes.subarray(at + messageAt.serverName, at + messageAt.file), options);
  return options;
}

/** The first label of a name, made fit for DNS: lower case, hyphens in place of what is not allowed. */
export function hostLabel(name: string): string {
  const label = (name.toLowerCase().split(".")[0] ?? "").slice(0, longestName);
  return label.replaceAll(/[^a-z0-9-]/g, "-").replaceAll(/^-+|-+$/g, "");
}

/** An answer to `request`. */
export interface DhcpReply {
  readonly request: DhcpMessage;
  readonly type: number;
  /** The address it gives, 0 for none. */
  readonly yourAddress: number;
  /** In the order of the wire, the type not among them. */
  readonly options: readonly (readonly [option: number, value: OptionValue])[];
}

/** Writes an answer. */
export function writeDhcp(reply: DhcpReply): Uint8Array<ArrayBuffer> {
  const { request } = reply;
  const options = writeOptions([[DhcpOption.type, Uint8Array.of(reply.type)], ...reply.options]);
  const out = new Uint8Array(Math.max(shortestMessage, messageAt.options + options.length));
  out[messageAt.operation] = DhcpOperation.reply;
  out[messageAt.hardware] = 1;
  out[messageAt.hardwareBytes] = 6;
  putWire32(out, messageAt.transaction, request.transaction);
  putWire16(out, messageAt.flags, request.broadcast ? 0x8000 : 0);
  putWire32(out, messageAt.clientAddress, reply.type === DhcpType.ack ? request.clientAddress : 0);
  putWire32(out, messageAt.yourAddress, reply.yourAddress);
  putWireMac(out, messageAt.clientMac, request.mac);
  putWire32(out, messageAt.cookie, magicCookie);
  out.set(options, messageAt.options);
  return out;
}

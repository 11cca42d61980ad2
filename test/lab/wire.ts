// Frames as other machines make them, put together apart from the code under test.

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes one after the other. */
export function joined(...pieces: readonly (Uint8Array | readonly number[])[]): Bytes {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

export function u16(value: number): number[] {
  return [(value >> 8) & 255, value & 255];
}

export function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}

export function mac(text: string): number[] {
  return text.split("-").map((pair) => Number.parseInt(pair, 16));
}

export function ip(text: string): number[] {
  return text.split(".").map(Number);
}

export function ascii(text: string): number[] {
  return [...text].map((char) => char.charCodeAt(0));
}

/** The Internet checksum of some bytes. */
export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const [at, byte] of bytes.entries()) sum += at % 2 === 0 ? byte * 256 : byte;
  while (sum > 0xffff) sum = (sum % 65536) + Math.floor(sum / 65536);
  return 65535 - sum;
}

export const serverMac = "00-15-5D-01-0A-01";
export const clientMac = "00-15-5D-01-0A-03";
export const serverIp = "10.0.0.1";
export const clientIp = "10.0.0.5";

export interface Ends {
  readonly from?: string;
  readonly to?: string;
}

/** An Ethernet frame, from the client to the server unless said otherwise. */
export function ethernet(
  type: number,
  payload: Uint8Array,
  ends: Ends & { vlan?: readonly number[] } = {},
): Bytes {
  const tags = (ends.vlan ?? []).flatMap((id) => [0x81, 0, ...u16(id)]);
  const head = [...mac(ends.to ?? serverMac), ...mac(ends.from ?? clientMac), ...tags, ...u16(type)];
  return joined(head, payload);
}

export function arp(
  operation: number,
  from: readonly [string, string],
  to: readonly [string, string],
): Bytes {
  const head = [0, 1, 8, 0, 6, 4, ...u16(operation)];
  return joined(head, mac(from[0]), ip(from[1]), mac(to[0]), ip(to[1]));
}

/** An IPv4 packet with its checksum. */
export function ipv4(
  protocol: number,
  payload: Uint8Array,
  ends: Ends & { options?: readonly number[]; fragment?: number } = {},
): Bytes {
  const options = ends.options ?? [];
  const length = 20 + options.length + payload.length;
  const head = joined(
    [
      0x45 + options.length / 4,
      0,
      ...u16(length),
      0x12,
      0x34,
      ...u16(ends.fragment ?? 0x4000),
      64,
      protocol,
      0,
      0,
    ],
    ip(ends.from ?? clientIp),
    ip(ends.to ?? serverIp),
    options,
  );
  head.set(u16(internetChecksum(head)), 10);
  return joined(head, payload);
}

function withPseudo(protocol: number, segment: Bytes, at: number, ends: Ends): Bytes {
  const pseudo = [
    ...ip(ends.from ?? clientIp),
    ...ip(ends.to ?? serverIp),
    0,
    protocol,
    ...u16(segment.length),
  ];
  segment.set(u16(internetChecksum(joined(pseudo, segment)) || 0xffff), at);
  return segment;
}

export function udp(source: number, target: number, payload: Uint8Array, ends: Ends = {}): Bytes {
  const datagram = joined(u16(source), u16(target), u16(8 + payload.length), [0, 0], payload);
  return ipv4(17, withPseudo(17, datagram, 6, ends), ends);
}

export interface Segment extends Ends {
  readonly source: number;
  readonly target: number;
  readonly sequence: number;
  readonly acknowledged?: number;
  readonly flags: number;
  readonly tcpOptions?: readonly number[];
  readonly payload?: Uint8Array;
}

export const flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

export function tcp(segment: Segment): Bytes {
  const options = segment.tcpOptions ?? [];
  const bytes = joined(
    u16(segment.source),
    u16(segment.target),
    u32(segment.sequence),
    u32(segment.acknowledged ?? 0),
    [(5 + options.length / 4) << 4, segment.flags, 0xfa, 0xf0, 0, 0, 0, 0],
    options,
    segment.payload ?? [],
  );
  return ipv4(6, withPseudo(6, bytes, 16, segment), segment);
}

export function icmp(type: number, code: number, rest: readonly number[], ends: Ends = {}): Bytes {
  const message = joined([type, code, 0, 0], rest);
  message.set(u16(internetChecksum(message)), 2);
  return ipv4(1, message, ends);
}

/** A DHCP message with its options, the end among them. */
export function dhcp(operation: number, options: readonly number[], your = "0.0.0.0"): Bytes {
  const head = [operation, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 3, 0x80, 0];
  const addresses = [...ip("0.0.0.0"), ...ip(your), ...ip("0.0.0.0"), ...ip("0.0.0.0")];
  return joined(
    head,
    addresses,
    mac(clientMac),
    new Uint8Array(10 + 64 + 128),
    [0x63, 0x82, 0x53, 0x63],
    options,
  );
}

export function dnsName(text: string): number[] {
  return [...text.split(".").flatMap((label) => [label.length, ...ascii(label)]), 0];
}

/** A DNS message with one question and the answers' bytes as they are. */
export function dns(
  flags: number,
  question: readonly number[],
  answers: readonly (readonly number[])[] = [],
): Bytes {
  const head = [0x12, 0x34, ...u16(flags), ...u16(1), ...u16(answers.length), 0, 0, 0, 0];
  return joined(head, question, ...answers);
}

/** A record whose name is a pointer to the question. */
export function dnsAnswer(type: number, value: readonly number[]): number[] {
  return [0xc0, 12, ...u16(type), 0, 1, ...u32(300), ...u16(value.length), ...value];
}

export function ntp(mode: number): Bytes {
  const packet = new Uint8Array(48);
  packet.set([(4 << 3) | mode, 2, 6, 0xec]);
  return packet;
}

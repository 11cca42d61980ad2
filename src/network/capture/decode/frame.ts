/** One thing a frame says, or a layer with the things it says as children. */
export interface Field {
  /** Wireshark's word where it has one, e.g. `ip.src`. */
  readonly name: string;
  /** For a person, e.g. "Source". */
  readonly label: string;
  /** For a person: printable, of bounded length, whatever the bytes were. */
  readonly value: string;
  /** Where its bytes begin in the frame. */
  readonly at: number;
  /** Bytes it takes, all of them among the captured ones. */
  readonly length: number;
  readonly children?: readonly Field[];
}

/** Protocols that are told apart. */
export const protocols = [
  "eth",
  "vlan",
  "arp",
  "ip",
  "icmp",
  "udp",
  "tcp",
  "dhcp",
  "dns",
  "ntp",
  "http",
] as const;
export type Protocol = (typeof protocols)[number];

/** What filters ask about. Addresses of the frame's own headers only, not of ones quoted within. */
export interface FrameFacts {
  readonly protocols: ReadonlySet<Protocol>;
  /** As `00-15-5D-01-0A-03`. Missing in a frame too short for addresses. */
  readonly ethSource?: string;
  readonly ethTarget?: string;
  /** Identifiers of all tags, outermost first. */
  readonly vlanIds: readonly number[];
  /** Dotted. */
  readonly ipSource?: string;
  readonly ipTarget?: string;
  /** Source and destination, or nothing. */
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
  /** Name of the switch port the frame was seen at. */
  readonly port: string;
}

/** A frame in words. */
export interface DecodedFrame {
  /** The innermost protocol understood, as a person calls it, e.g. "DNS". */
  readonly protocol: string;
  /** Who sent it to whom: IPv4 addresses where it has them. Empty when nobody can tell. */
  readonly source: string;
  readonly target: string;
  /** One line. */
  readonly summary: string;
  /** Layers from the outside in. */
  readonly layers: readonly Field[];
  /** What breaks its protocol's rules, in a sentence; `null`: nothing does. */
  readonly malformed: string | null;
  /** The capture kept too little to tell everything. Not the sender's fault. */
  readonly cut: boolean;
  readonly facts: FrameFacts;
}

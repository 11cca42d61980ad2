import type { InspectNode } from "../../../support/index.ts";
import { putWire32 } from "../../frame/index.ts";
import { type HostAddress, isOnLink, parseAddress } from "../address.ts";
import type { Udp } from "../udp.ts";
import type { Directory } from "./directory.ts";
import {
  type DnsAnswer,
  type DnsQuery,
  RecordType,
  ReplyCode,
  readQuery,
  writeAnswer,
  writeRefusal,
} from "./message.ts";
import { labelsOf, nameBytes } from "./name.ts";

const dnsPort = 53;
/** Addresses of one answer: with the longest question they fit in 512 bytes. @rfc 1035 4.2.1 */
const addressLimit = 8;
/** Questions waiting for the outside; further ones fail at once. */
const forwardLimit = 64;

/**
 * Asks the outside for the addresses of a name, as dotted text. `null`: there is no outside. An empty list: there is
 * no such name. A rejection: nobody could be asked.
 */
export type ResolveName = (name: string) => Promise<readonly string[]> | null;

/** What the server leans on. */
export interface DnsServerOptions {
  readonly udp: Udp;
  readonly directory: Directory;
  readonly resolve: ResolveName;
  host(): HostAddress;
  /** Suffix of all names here. */
  domain(): string;
}

/** A DNS server. Disposing stops it; what is still asked outside is not answered. */
export interface DnsServer extends Disposable {
  inspect(): InspectNode;
}

/** Starts answering. @rfc 1035 */
export function openDnsServer(options: DnsServerOptions): DnsServer {
  const counters = { queries: 0, answered: 0, noSuchName: 0, forwarded: 0, refused: 0, failed: 0 };
  let waiting = 0;
  let closed = false;

  const socket = options.udp.open(dnsPort, ({ bytes, at, length, from, fromPort }) => {
    const read = readQuery(bytes, at, length);
    if (read.kind === "ignored") return;
    counters.queries++;
    const back = { ip: from, port: fromPort };
    if (read.kind === "refused") {
      counters.refused++;
      socket.send(back, writeRefusal(read.id, read.code));
      return;
    }
    const { query } = read;
    const answer = localAnswer(query, options) ?? forward(query, (late) => send(query, late));
    if (answer !== null) send(query, answer);

    function send(asked: DnsQuery, found: DnsAnswer): void {
      if (closed) return;
      count(found);
      socket.send(back, writeAnswer(asked, found));
    }
  });

  function count({ code }: DnsAnswer): void {
    if (code === ReplyCode.ok) counters.answered++;
    else if (code === ReplyCode.noSuchName) counters.noSuchName++;
    else if (code === ReplyCode.refused) counters.refused++;
    else counters.failed++;
  }

  /** The answer now, or `null`: it comes later. */
  function forward(query: DnsQuery, later: (answer: DnsAnswer) => void): DnsAnswer | null {
    if (waiting >= forwardLimit) return outcome(ReplyCode.serverFailure);
    const asked = options.resolve(query.labels.join(".").toLowerCase());
    if (asked === null) return outcome(ReplyCode.refused);
    counters.forwarded++;
    waiting++;
    asked.then(
      (texts) => {
        waiting--;
        later(outsideAnswer(query, texts));
      },
      () => {
        waiting--;
        later(outcome(ReplyCode.serverFailure));
      },
    );
    return null;
  }

  return {
    inspect: () => ({ ...counters, waiting }),
    [Symbol.dispose]() {
      closed = true;
      socket[Symbol.dispose]();
    },
  };
}

/** What this network knows itself, or `null` when the name belongs to the outside. */
function localAnswer(query: DnsQuery, options: DnsServerOptions): DnsAnswer | null {
  const labels = query.labels.map((label) => label.toLowerCase());
  const address = reverseAddress(labels);
  if (address !== null) return reverseAnswer(query, address, options);
  const label = localLabel(labels, labelsOf(options.domain()));
  if (label === null) return hasOddLabel(labels) ? outcome(ReplyCode.noSuchName) : null;
  if (label === "") return records(query, RecordType.a, []);
  const addresses = options.directory.addressesOf(label);
  if (addresses === null) return { ...outcome(ReplyCode.noSuchName), authoritative: true };
  return records(query, RecordType.a, addresses.slice(0, addressLimit).map(addressBytes));
}

function reverseAnswer(query: DnsQuery, address: number, options: DnsServerOptions): DnsAnswer {
  const name = options.directory.nameOf(address);
  const authoritative = isOnLink(options.host(), address);
  if (name === "") return { ...outcome(ReplyCode.noSuchName), authoritative };
  return records(query, RecordType.ptr, [nameBytes([name, ...labelsOf(options.domain())])]);
}

/** The part of a name in front of our domain: `web01` and `web01.domain` are one; `null` for names elsewhere. */
function localLabel(labels: readonly string[], domain: readonly string[]): string | null {
  if (labels.length === 1) return labels[0] ?? "";
  const inside = labels.length - domain.length;
  if (inside < 0 || domain.length === 0 || domain.some((label, at) => labels[inside + at] !== label))
    return null;
  return labels.slice(0, inside).join(".");
}

/** The address whose name is asked for: `1.137.168.192.in-addr.arpa`. @rfc 1035 3.5 */
function reverseAddress(labels: readonly string[]): number | null {
  if (labels.length !== 6 || labels[4] !== "in-addr" || labels[5] !== "arpa") return null;
  return parseAddress(labels.slice(0, 4).reverse().join("."));
}

/** Names that no host has are not passed on: whoever resolves them could be misled. The root is one of them. */
function hasOddLabel(labels: readonly string[]): boolean {
  return labels.length === 0 || labels.some((label) => !/^[a-z0-9_-]+$/.test(label));
}

function outsideAnswer(query: DnsQuery, texts: readonly string[]): DnsAnswer {
  const addresses = texts.map(parseAddress).filter((address) => address !== null);
  if (addresses.length === 0) return outcome(ReplyCode.noSuchName);
  const found = records(query, RecordType.a, addresses.slice(0, addressLimit).map(addressBytes));
  return { ...found, authoritative: false };
}

/** Records of one type, or none when another was asked for. */
function records(query: DnsQuery, type: number, all: readonly Uint8Array[]): DnsAnswer {
  const wanted = query.type === type || query.type === RecordType.any;
  return { code: ReplyCode.ok, authoritative: true, type, records: wanted ? all : [] };
}

function outcome(code: ReplyCode): DnsAnswer {
  return { code, authoritative: false, type: 0, records: [] };
}

function addressBytes(address: number): Uint8Array {
  const out = new Uint8Array(4);
  putWire32(out, 0, address);
  return out;
}

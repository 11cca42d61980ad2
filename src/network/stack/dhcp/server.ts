import type { InspectNode } from "../../../support/index.ts";
import { everyone, formatAddress, type HostAddress } from "../address.ts";
import { isGroupMac, macText } from "../mac.ts";
import type { Notices } from "../notices.ts";
import type { Datagram, Udp, UdpTarget } from "../udp.ts";
import type { Leases } from "./leases.ts";
import { type DhcpMessage, DhcpOperation, DhcpOption, DhcpType, readDhcp, writeDhcp } from "./message.ts";
import type { OptionValue } from "./options.ts";
import type { DhcpScope } from "./scope.ts";

/** Ports of DHCP. @rfc 2131 4.1 */
export const dhcpServerPort = 67;
export const dhcpClientPort = 68;

/** What the server leans on. */
export interface DhcpServerOptions {
  readonly udp: Udp;
  readonly notices: Notices;
  readonly leases: Leases;
  /** Our address now. */
  host(): HostAddress;
  scope(): DhcpScope;
  /** Suffix of all names here, for the clients' searches. */
  domain(): string;
  /** Whether we answer questions for the time; the option is left out otherwise. */
  hasTime(): boolean;
  /** A client has chosen another server. */
  onOtherServer(server: number): void;
  /** The name of the machine with this adapter, or nothing. */
  nameOf(mac: number): string;
}

/** A DHCP server. Disposing stops it; the leases stay. */
export interface DhcpServer extends Disposable {
  inspect(): InspectNode;
}

/** Starts answering. @rfc 2131 */
export function openDhcpServer(options: DhcpServerOptions): DhcpServer {
  const { leases } = options;
  const counters = {
    offers: 0,
    acks: 0,
    naks: 0,
    releases: 0,
    declines: 0,
    refused: 0,
    relayed: 0,
    exhausted: 0,
  };
  const socket = options.udp.open(dhcpServerPort, receive);

  function offer(message: DhcpMessage): void {
    const ip = leases.offer(message.mac, message.requestedAddress);
    if (ip === null) {
      counters.exhausted++;
      const { first, last } = options.scope();
      const pool = `${formatAddress(first)} to ${formatAddress(last)}`;
      options.notices.add(
        "poolExhausted",
        `No address of ${pool} is left to give away: make the pool larger.`,
      );
      return;
    }
    counters.offers++;
    reply(message, DhcpType.offer, ip);
  }

  /** The four ways to ask for an address. @rfc 2131 4.3.2 */
  function grant(message: DhcpMessage): void {
    const { mac, server } = message;
    if (server !== 0 && server !== options.host().ip) {
      leases.withdraw(mac);
      options.onOtherServer(server);
      return;
    }
    const ip = message.requestedAddress || message.clientAddress;
    const name = options.nameOf(mac) || message.hostName;
    // A client that we do not remember gets what it has if it can: our memory ends with the page, its own does not.
    if (ip !== 0 && leases.bind(mac, ip, message.hostName)) {
      counters.acks++;
      reply(message, DhcpType.ack, ip, name);
      return;
    }
    counters.naks++;
    reply(message, DhcpType.nak, 0);
  }

  function decline(message: DhcpMessage): void {
    const ip = message.requestedAddress;
    if (!leases.decline(message.mac, ip)) {
      counters.refused++;
      return;
    }
    counters.declines++;
    const text = `${macText(message.mac)} found ${formatAddress(ip)} in use: some machine has it as its own.`;
    options.notices.add("addressDeclined", text);
  }

  function receive(datagram: Datagram): void {
    const message = readDhcp(datagram.bytes, datagram.at, datagram.length);
    if (message === null || message.operation !== DhcpOperation.request || isGroupMac(message.mac)) {
      counters.refused++;
      return;
    }
    if (message.relay !== 0) {
      counters.relayed++;
      return;
    }
    if (message.type === DhcpType.discover) offer(message);
    else if (message.type === DhcpType.request) grant(message);
    else if (message.type === DhcpType.decline) decline(message);
    else if (message.type === DhcpType.release) {
      counters.releases++;
      leases.release(message.mac, message.clientAddress);
    } else if (message.type === DhcpType.inform && message.clientAddress === datagram.from) {
      counters.acks++;
      reply(message, DhcpType.ack, 0);
    } else counters.refused++;
  }

  function reply(request: DhcpMessage, type: number, yourAddress: number, name = ""): void {
    const message = { request, type, yourAddress, options: optionsFor(type, yourAddress, name) };
    socket.send(targetOf(request, type, yourAddress), writeDhcp(message));
  }

  function optionsFor(type: number, ip: number, name: string): (readonly [number, OptionValue])[] {
    const host = options.host();
    const head: (readonly [number, OptionValue])[] = [[DhcpOption.server, host.ip]];
    if (type === DhcpType.nak) return [...head, [DhcpOption.text, "The address cannot be had here."]];
    const { leaseSeconds, router } = options.scope();
    if (ip !== 0) {
      head.push([DhcpOption.leaseSeconds, leaseSeconds]);
      head.push([DhcpOption.renewSeconds, Math.floor(leaseSeconds / 2)]);
      head.push([DhcpOption.rebindSeconds, Math.floor((leaseSeconds * 7) / 8)]);
    }
    // The mask comes before the router. @rfc 2132 3.3
    head.push([DhcpOption.mask, host.mask]);
    if (router !== null) head.push([DhcpOption.router, router]);
    head.push([DhcpOption.dns, host.ip], [DhcpOption.domain, options.domain()]);
    head.push([DhcpOption.broadcast, host.broadcast]);
    if (options.hasTime()) head.push([DhcpOption.ntp, host.ip]);
    if (name !== "") head.push([DhcpOption.hostName, name]);
    return head;
  }

  return {
    inspect: () => ({ ...counters }),
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  };
}

/** Where an answer goes: a client without an address cannot answer ARP yet. @rfc 2131 4.1 */
function targetOf(request: DhcpMessage, type: number, yourAddress: number): UdpTarget {
  const port = dhcpClientPort;
  if (type === DhcpType.nak) return { ip: everyone, port };
  if (request.clientAddress !== 0) return { ip: request.clientAddress, port };
  if (request.broadcast || request.mac === 0) return { ip: everyone, port };
  return { ip: yourAddress, port, mac: request.mac };
}

import { formatAddress, isHostAddress } from "../address.ts";
import type { Notices } from "../notices.ts";
import type { Datagram, Udp } from "../udp.ts";
import { DhcpOperation, DhcpType, readDhcp } from "./message.ts";
import { dhcpClientPort, dhcpServerPort } from "./server.ts";

/** Foreign servers remembered at most. */
const serverLimit = 8;

/** Looks out for a second DHCP server. Disposing ends that. */
export interface DhcpWatch extends Disposable {
  /** Somebody has heard of this server. */
  note(server: number): void;
}

/**
 * Listens for answers of other DHCP servers.
 *
 * @param ours  the address of our server, or `null` while it is off: then one other server is as it should be
 */
export function watchDhcpServers(udp: Udp, notices: Notices, ours: () => number | null): DhcpWatch {
  const heard = new Set<number>();

  function note(server: number): void {
    if (server === ours() || !isHostAddress(server)) return;
    if (heard.size < serverLimit) heard.add(server);
    const rival = ours() ?? [...heard].find((other) => other !== server);
    if (rival === undefined) return;
    const both = [rival, server].sort((one, other) => one - other).map(formatAddress);
    notices.add(
      "otherDhcpServer",
      `Two DHCP servers answer here, ${both.join(" and ")}: turn one of them off.`,
    );
  }

  function receive(datagram: Datagram): void {
    if (datagram.fromPort !== dhcpServerPort) return;
    const message = readDhcp(datagram.bytes, datagram.at, datagram.length);
    if (message === null || message.operation !== DhcpOperation.reply) return;
    const { type } = message;
    if (type !== DhcpType.offer && type !== DhcpType.ack && type !== DhcpType.nak) return;
    note(message.server || datagram.from);
  }

  const socket = udp.open(dhcpClientPort, receive);
  return { note, [Symbol.dispose]: () => socket[Symbol.dispose]() };
}

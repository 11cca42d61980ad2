import {
  type ChannelId,
  firstSocketChannel,
  pendingSocketConnections,
  type SocketOrder,
  socketConnections,
  socketService,
} from "../../hvdef/index.ts";
import { type Guid, guid } from "../../support/index.ts";

/** Microseconds a guest has to take a connection. Reason: Linux takes it at once, or never; a busy one is slow. */
export const offerPatience = 10_000_000;

/**
 * Microseconds in which nothing moves after which the host's side of a connection ends whose guest has said everything.
 * Reason: a guest that has closed it cannot say so in any other way, and its kernel waits for the end.
 */
export const lingerPatience = 60_000_000;

/** Connections there may be, with those that the guest has not let go of, and those that it has not taken. */
export const socketLimits = { connections: socketConnections, pending: pendingSocketConnections };

/** The channels of connections. */
export const socketChannels: readonly ChannelId[] = Array.from(
  { length: socketConnections },
  (_, place) => (firstSocketChannel + place) as ChannelId,
);

/** Ports of the host that connect begin here, as ephemeral ports do. */
export const firstHostPort = 49152;

/** A connection that the guest asked for. @vsock 2.1 */
export function guestOffer(channel: ChannelId, endpoint: Guid, service: Guid): SocketOrder {
  return { kind: "offer", channel, service, instance: endpoint, fromHost: false };
}

/** A connection of the host, from a port to one of the guest. @vsock 2.2 */
export function hostOffer(channel: ChannelId, hostPort: number, guestPort: number): SocketOrder {
  const service = socketService(guestPort);
  return { kind: "offer", channel, service, instance: hostInstance(hostPort), fromHost: true };
}

/** A port of the host as the guest knows it. Of another family than the guest's own, so that the two never collide. */
export function hostInstance(port: number): Guid {
  return guid(`${port.toString(16).padStart(8, "0")}-7a6b-4c2d-9e5f-8d4b1a5e0c01`);
}

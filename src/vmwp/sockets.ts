import {
  type ChannelId,
  decodeSocketOrder,
  encodeSocketAsk,
  firstInternalChannel,
  OfferFlag,
  type SocketAsk,
  type SocketOrder,
  socketDesk,
  socketDirectionAt,
} from "../hvdef/index.ts";
import { type Guid, unreachable } from "../support/index.ts";
import type { Bus, ChannelOffer, InternalChannel, Relay } from "../vmbus/index.ts";

/** Where the sockets of a machine's guest meet the decisions of the parent. It decides nothing itself. */
export interface SocketDesk {
  /** From here on the parent hears what is asked. */
  connect(relay: Pick<Relay, "openInternal">): void;
  /** The guest wants a connection. */
  asked(endpoint: Guid, service: Guid): void;
  /** The guest has let go of a connection. */
  released(channel: ChannelId): void;
  close(): void;
}

/** Opens a desk that nobody has heard of yet. */
export function openSocketDesk(bus: () => Pick<Bus, "offer" | "rescind" | "refuseSocket">): SocketDesk {
  let line: InternalChannel | null = null;
  /** What the parent must hear and could not be told yet; at most one for each connection. */
  let unsaid: readonly ChannelId[] = [];

  function tell(ask: SocketAsk): boolean {
    const payload = encodeSocketAsk(ask);
    return line?.request({ payload, data: nothing, dataRoom: 0, done: catchUp }) ?? false;
  }
  function catchUp(): void {
    const waiting = unsaid;
    unsaid = [];
    for (const channel of waiting) released(channel);
  }
  function released(channel: ChannelId): void {
    if (!tell({ kind: "released", channel })) unsaid = [...unsaid, channel];
  }
  function obey(order: SocketOrder): void {
    switch (order.kind) {
      case "offer":
        if (bus().offer(offerOf(order)) !== "offered") released(order.channel);
        return;
      case "rescind":
        bus().rescind(order.channel);
        return;
      case "refuse":
        bus().refuseSocket(order.endpoint, order.service);
        return;
      default:
        unreachable(order);
    }
  }
  return {
    connect(relay) {
      line = relay.openInternal(firstInternalChannel + socketDesk, (payload) => {
        const order = decodeSocketOrder(payload);
        if (order !== null) obey(order);
      });
    },
    asked(endpoint, service) {
      if (!tell({ kind: "connect", endpoint, service })) bus().refuseSocket(endpoint, service);
    },
    released,
    close() {
      line?.close();
      line = null;
      unsaid = [];
    },
  };
}

const nothing = new Uint8Array(0);

/** A connection as the bus announces it. @vsock 2 */
function offerOf({
  channel,
  service,
  instance,
  fromHost,
}: Extract<SocketOrder, { kind: "offer" }>): ChannelOffer {
  const userDefined = new Uint8Array(socketDirectionAt + 1);
  userDefined[socketDirectionAt] = fromHost ? 1 : 0;
  return { channel, interfaceType: service, instance, flags: OfferFlag.socket, userDefined };
}

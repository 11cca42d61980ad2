import { type Guid, guid, guidField, type Infer, layout, u32 } from "../support/index.ts";
import type { ChannelId } from "./ids.ts";

/** Every socket service has this behind its port. @vsock 1 */
const family = "-facb-11e6-bd58-64006a7986d3";

/** The GUID of a socket's port, 0 to 2^32 - 1, as an address and as a service. @vsock 1 */
export function socketService(port: number): Guid {
  return guid(`${(port >>> 0).toString(16).padStart(8, "0")}${family}`);
}

/** The port in the GUID of a socket; `null` when it is of another family. */
export function socketPort(service: Guid): number | null {
  return service.endsWith(family) ? Number.parseInt(service.slice(0, 8), 16) : null;
}

/** In front of the data of every packet, both ways. No data: the sender has said everything. @vsock 3 */
export const SocketPacket = layout("SocketPacket", "le", 8, {
  type: u32, // 1
  dataLength: u32,
});
export type SocketPacket = Infer<typeof SocketPacket>;

/** `type` of every packet of a socket. */
export const socketData = 1;

/** Data bytes in one packet of the host. Reason: larger ones the guest takes too, but few fit its usual ring. @vsock 3 */
export const socketPacketBytes = 4088;

/** Connections of one machine, with those that its guest has not let go of. Reason: half of its page lists. */
export const socketConnections = 128;

/** Connections that are offered and not taken. */
export const pendingSocketConnections = 32;

/** Channels of connections begin here. Guests that know channels to 255 only know no sockets. */
export const firstSocketChannel = 256;

/** Bytes of one connection that are under way in one direction between guest and parent. */
export const socketWindow = 64 << 10;

/** Packets of one connection that are under way from the parent to the guest's ring. */
export const socketWindowPackets = 64;

/** Whether a channel is that of a connection. */
export function isSocketChannel(channel: number): boolean {
  return channel >= firstSocketChannel && channel < firstSocketChannel + socketConnections;
}

/** STATUS_CONNECTION_REFUSED: the answer to a connection that nobody takes. */
export const socketRefused = 0xc000_0236;

/** What the worker process tells the parent of a guest's sockets. */
export type SocketAsk =
  /** The guest wants a connection from a port of its own to one of the host. Its words. */
  | { readonly kind: "connect"; readonly endpoint: Guid; readonly service: Guid }
  /** The guest has let go of a connection, or could not be offered it. */
  | { readonly kind: "released"; readonly channel: number };

/** What the parent tells the worker process. */
export type SocketOrder =
  | {
      readonly kind: "offer";
      readonly channel: ChannelId;
      /** The port that listens. */
      readonly service: Guid;
      /** Unique; its port is the one that connects. */
      readonly instance: Guid;
      /** The host connects. */
      readonly fromHost: boolean;
    }
  | { readonly kind: "rescind"; readonly channel: ChannelId }
  | { readonly kind: "refuse"; readonly endpoint: Guid; readonly service: Guid };

/** Both kinds of message as bytes; what a kind does not need is zero. */
const SocketNote = layout("SocketNote", "le", 48, {
  kind: u32,
  channel: u32,
  first: guidField, // endpoint or instance
  service: guidField,
  fromHost: u32,
  reserved: u32, // 0
});

const noteKind = { connect: 1, released: 2, offer: 3, rescind: 4, refuse: 5 } as const;
const noGuid = guid("00000000-0000-0000-0000-000000000000");
const blank = { channel: 0, first: noGuid, service: noGuid, fromHost: 0, reserved: 0 };

/** A message to the parent. The buffer is the caller's. */
export function encodeSocketAsk(ask: SocketAsk): Uint8Array<ArrayBuffer> {
  const kind = noteKind[ask.kind];
  if (ask.kind === "released") return SocketNote.bytes({ ...blank, kind, channel: ask.channel });
  return SocketNote.bytes({ ...blank, kind, first: ask.endpoint, service: ask.service });
}

/** Reads a message to the parent; `null` when it is none. */
export function decodeSocketAsk(bytes: Uint8Array): SocketAsk | null {
  if (bytes.length < SocketNote.size) return null;
  const { kind, channel, first, service } = SocketNote.read(viewOf(bytes));
  if (kind === noteKind.connect) return { kind: "connect", endpoint: first, service };
  return kind === noteKind.released ? { kind: "released", channel } : null;
}

/** A message of the parent. The buffer is the caller's. */
export function encodeSocketOrder(order: SocketOrder): Uint8Array<ArrayBuffer> {
  const kind = noteKind[order.kind];
  switch (order.kind) {
    case "offer": {
      const { channel, instance, service, fromHost } = order;
      return SocketNote.bytes({
        ...blank,
        kind,
        channel,
        first: instance,
        service,
        fromHost: fromHost ? 1 : 0,
      });
    }
    case "rescind":
      return SocketNote.bytes({ ...blank, kind, channel: order.channel });
    case "refuse":
      return SocketNote.bytes({ ...blank, kind, first: order.endpoint, service: order.service });
  }
}

/** Reads a message of the parent; `null` when it is none. */
export function decodeSocketOrder(bytes: Uint8Array): SocketOrder | null {
  if (bytes.length < SocketNote.size) return null;
  const { kind, channel: number, first, service, fromHost } = SocketNote.read(viewOf(bytes));
  if (kind === noteKind.refuse) return { kind: "refuse", endpoint: first, service };
  if (!isSocketChannel(number)) return null;
  const channel = number as ChannelId;
  if (kind === noteKind.rescind) return { kind: "rescind", channel };
  if (kind !== noteKind.offer) return null;
  return { kind: "offer", channel, service, instance: first, fromHost: fromHost !== 0 };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

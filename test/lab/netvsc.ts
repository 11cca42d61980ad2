import {
  type ChannelId,
  NvspBuffer,
  NvspInit,
  NvspMessage,
  NvspNdisConfig,
  NvspNdisVersion,
  NvspRevoke,
  NvspRndis,
  nvspNoSection,
  nvspVersion61,
  OffloadParameters,
  Oid,
  PacketInfo,
  RndisMessage,
  RndisPacket,
} from "../../src/hvdef/index.ts";
import { guid } from "../../src/support/index.ts";
import {
  type Channel,
  type ChannelOwner,
  loopbackCarriers,
  openEndpoints,
  openGuestSide,
  openLink,
} from "../../src/vmbus/index.ts";
import { gatherNetvsc } from "../../src/vmwp/gather/netvsc.ts";
import { netOffer } from "../../src/vsp/index.ts";
import {
  type FakeGuest,
  type GuestRing,
  gpaDirect,
  joinBytes,
  openFakeGuest,
  openGuestRing,
  postAll,
  say,
  words,
} from "./loopback-guest.ts";

const zeros = (length: number) => new Uint8Array(length);

/** NVSP messages as Linux sends them. */
export const nvsp = {
  init: (lowest = nvspVersion61, highest = lowest) =>
    NvspInit.bytes({ type: NvspMessage.init, lowest, highest, reserved: zeros(28) }),
  config: (mtu = 1500, capabilities = 0xacn) =>
    NvspNdisConfig.bytes({
      type: NvspMessage.ndisConfig,
      frameBytes: mtu + 14,
      reserved1: 0,
      capabilities,
      reserved2: zeros(20),
    }),
  version: () =>
    NvspNdisVersion.bytes({ type: NvspMessage.ndisVersion, major: 6, minor: 30, reserved: zeros(28) }),
  receiveBuffer: (gpadl: number, id = 0xcafe) =>
    NvspBuffer.bytes({ type: NvspMessage.receiveBuffer, gpadl, id, reserved: zeros(30) }),
  sendBuffer: (gpadl: number, id = 0) =>
    NvspBuffer.bytes({ type: NvspMessage.sendBuffer, gpadl, id, reserved: zeros(30) }),
  revokeReceive: (id = 0xcafe) =>
    NvspRevoke.bytes({ type: NvspMessage.revokeReceiveBuffer, id, reserved: zeros(34) }),
  revokeSend: (id = 0) => NvspRevoke.bytes({ type: NvspMessage.revokeSendBuffer, id, reserved: zeros(34) }),
  rndis: (channelType: 0 | 1, section = nvspNoSection, sectionLength = 0) =>
    NvspRndis.bytes({
      type: NvspMessage.rndisPacket,
      channelType,
      section,
      sectionLength,
      reserved: zeros(24),
    }),
};

/** Offload parameters that speak of large frames only: an OffloadSetting for each version of IP. */
export function largeFrameSettings(
  coalesceIpv4: number,
  coalesceIpv6 = coalesceIpv4,
): Uint8Array<ArrayBuffer> {
  return OffloadParameters.bytes({
    objectType: 0xa7,
    revision: 3,
    size: OffloadParameters.size,
    checksumsAndLargeSends: zeros(12),
    flags: 0,
    ipsec2: zeros(2),
    coalesceIpv4,
    coalesceIpv6,
    encapsulation: zeros(4),
  });
}

let requestId = 1;

/** RNDIS messages as Linux sends them. */
export const rndis = {
  initialize: (request = requestId++) => words(RndisMessage.initialize, 24, request, 1, 0, 0x4000),
  halt: (request = requestId++) => words(RndisMessage.halt, 12, request),
  query: (oid: number, room = 0, request = requestId++) =>
    joinBytes(words(RndisMessage.query, 28 + room, request, oid, room, room === 0 ? 0 : 20, 0), zeros(room)),
  set: (oid: number, value: Uint8Array, request = requestId++) =>
    joinBytes(words(RndisMessage.set, 28 + value.length, request, oid, value.length, 20, 0), value),
  filter: (bits: number) => rndis.set(Oid.packetFilter, words(bits)),
  /** One frame; `info`: pairs of type and value. */
  packet(frame: Uint8Array, info: readonly (readonly [type: number, value: number])[] = [], pad = 0) {
    const infos = joinBytes(...info.map(([type, value]) => words(16, type, PacketInfo.size, value)));
    const length = RndisPacket.size + infos.length + frame.length + pad;
    const head = words(1, length, 36 + infos.length, frame.length, 0, 0, 0, infos.length === 0 ? 0 : 36);
    return joinBytes(head, words(infos.length, 0, 0), infos, frame, zeros(pad));
  },
};

/** A message of the host as the guest finds it in its receive buffer. */
export interface SeenMessage {
  readonly channelType: number;
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A transfer page packet of the host. */
export interface SeenTransfer {
  readonly transaction: bigint;
  readonly set: number;
  readonly messages: readonly SeenMessage[];
}

/** Takes the frame out of a host's RNDIS packet message, with its per packet info. */
export function frameOf(message: Uint8Array<ArrayBuffer>) {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const head = RndisPacket.read(view);
  const info = new Map<number, number>();
  let at = 8 + head.infoOffset;
  for (const end = at + head.infoLength; at < end; at += view.getUint32(at, true)) {
    info.set(view.getUint32(at + 4, true), view.getUint32(at + view.getUint32(at + 8, true), true));
  }
  return { info, frame: message.slice(8 + head.dataOffset, 8 + head.dataOffset + head.dataLength), head };
}

/** Pages of the scripted guest's memory, in an order that has neighbours and gaps. */
export const netPages = {
  up: Array.from({ length: 9 }, (_, i) => 0x10 + i),
  down: Array.from({ length: 9 }, (_, i) => 0x20 + i),
  /** Requests of the guest lie here. */
  scratch: Array.from({ length: 20 }, (_, i) => 0x40 + i),
  receive: Array.from({ length: 60 }, (_, i) => 0x100 + (i ^ 1)),
  send: Array.from({ length: 12 }, (_, i) => 0x180 + 2 * i),
};

/** Relay, endpoints and a guest whose only device is one network adapter. */
export interface NetLab {
  readonly guest: FakeGuest;
  readonly side: ReturnType<typeof openGuestSide>;
  readonly channel: ChannelId;
  readonly rings: () => { readonly up: GuestRing; readonly down: GuestRing };
  /** Everybody's turn, until nothing moves. */
  pump(): void;
  /** Opens the channel, with fresh rings. */
  open(): void;
  close(): void;
  /** Describes the receive and the send buffer to the bus. @returns their handles */
  describe(): { readonly receive: number; readonly send: number };
  teardown(handle: number): void;
  /** Puts a packet into the ring and lets everybody move. `pages`: RNDIS bytes that go in pages. */
  put(payload: Uint8Array, over?: { readonly pages?: Uint8Array; readonly wants?: boolean }): bigint;
  /** Puts a packet as it is. */
  raw(packet: Parameters<GuestRing["put"]>[0]): void;
  /** Completions since the last call, by transaction; transfers are kept for `transfers`. */
  completions(): Map<bigint, Uint8Array>;
  transfers(): SeenTransfer[];
  /** Completes transfers as Linux does. */
  finish(...transactions: readonly bigint[]): void;
  /** Sends a control message, takes the answer out of the receive buffer and gives its part back. */
  control(message: Uint8Array): Uint8Array<ArrayBuffer> | null;
  /** The whole of Linux' way up. */
  bringUp(mtu?: number): void;
  inspectLane(): Record<string, unknown>;
  endpoints: ReturnType<typeof openEndpoints>;
}

/** Opens the lab around a provider. */
export function openNetLab(owner: ChannelOwner): NetLab {
  const guest = openFakeGuest(0x200);
  const turns: (() => void)[] = [];
  const turn = () => {
    for (let rounds = 0; turns.length > 0 && rounds < 10_000; rounds++) turns.shift()?.();
  };
  const carriers = loopbackCarriers(
    (deliver) => turns.push(deliver),
    (buffer) => structuredClone(buffer, { transfer: [buffer] }),
  );
  const channel = 7 as ChannelId;
  const offer = netOffer(0, channel);
  const side = openGuestSide({
    offers: [{ channel, interfaceType: guid(offer.interfaceType), instance: guid(offer.instance) }],
    memory: guest.memory,
    synic: guest.synic,
    link: openLink(carriers.child),
    gatherRuleOf: () => gatherNetvsc,
    wake() {},
  });
  const endpoints = openEndpoints(openLink(carriers.parent), (flush) => turns.push(flush));
  endpoints.attach(channel, (end: Channel) => owner(end));
  postAll(side.bus.calls, [say.contact(0x50003), say.requestOffers()]);
  let rings: { up: GuestRing; down: GuestRing } | null = null;
  let nextGpadl = 0xe1e10;
  let nextTransaction = 1n;
  let seenTransfers: SeenTransfer[] = [];
  let seenCompletions = new Map<bigint, Uint8Array>();

  function need() {
    if (rings === null) throw new Error("the channel is not open");
    return rings;
  }
  function pump(): void {
    for (let round = 0; round < 6; round++) {
      side.relay.doorbell(channel);
      side.relay.drain();
      turn();
      side.relay.deliver();
    }
  }
  function gpadl(pages: readonly number[]): number {
    const handle = nextGpadl++;
    postAll(side.bus.calls, say.gpadl(channel, handle, pages));
    return handle;
  }
  function open(): void {
    for (const page of [...netPages.up, ...netPages.down]) {
      guest.memory.bytes().fill(0, page * 4096, page * 4096 + 4096);
    }
    rings = {
      up: openGuestRing(guest.memory, netPages.up),
      down: openGuestRing(guest.memory, netPages.down),
    };
    const handle = gpadl([...netPages.up, ...netPages.down]);
    postAll(side.bus.calls, [say.open(channel, handle, netPages.up.length)]);
    pump();
  }
  function look(): void {
    for (const packet of need().down.takeAll()) {
      if (packet.type === 11) seenCompletions.set(packet.transaction, packet.payload);
      if (packet.type !== 7) continue;
      const header = new DataView(packet.header.buffer);
      const count = header.getUint32(4, true);
      const channelType = new DataView(packet.payload.buffer).getUint32(4, true);
      const messages = Array.from({ length: count }, (_, i) => {
        const length = header.getUint32(8 + 8 * i, true);
        const offset = header.getUint32(12 + 8 * i, true);
        return { channelType, offset, bytes: peek(netPages.receive, offset, length) };
      });
      seenTransfers.push({ transaction: packet.transaction, set: header.getUint16(0, true), messages });
    }
  }
  function peek(pages: readonly number[], at: number, length: number): Uint8Array<ArrayBuffer> {
    const ram = guest.memory.bytes();
    return Uint8Array.from(
      { length },
      (_, i) => ram[(pages[(at + i) >> 12] ?? 0) * 4096 + ((at + i) & 4095)] ?? 0,
    );
  }
  function put(payload: Uint8Array, over: { pages?: Uint8Array; wants?: boolean } = {}): bigint {
    const transaction = nextTransaction++;
    const { pages, wants = true } = over;
    const flags = wants ? 1 : 0;
    if (pages === undefined) {
      need().up.put({ type: 6, flags, transaction, payload });
    } else {
      const start = (netPages.scratch[0] ?? 0) * 4096 + 0x123;
      guest.memory.bytes().set(pages, start);
      const header = gpaDirect({
        bytes: pages.length,
        offset: 0x123,
        pages: netPages.scratch.slice(0, Math.ceil((0x123 + pages.length) / 4096)),
      });
      need().up.put({ type: 9, flags, transaction, header, payload });
    }
    pump();
    return transaction;
  }
  const lab: NetLab = {
    guest,
    side,
    channel,
    endpoints,
    rings: need,
    pump,
    open,
    close() {
      postAll(side.bus.calls, [say.close(channel)]);
      pump();
    },
    describe: () => ({ receive: gpadl(netPages.receive), send: gpadl(netPages.send) }),
    teardown: (handle) => void postAll(side.bus.calls, [say.teardown(channel, handle)]),
    put,
    raw(packet) {
      need().up.put(packet);
    },
    completions() {
      look();
      const out = seenCompletions;
      seenCompletions = new Map();
      return out;
    },
    transfers() {
      look();
      const out = seenTransfers;
      seenTransfers = [];
      return out;
    },
    finish(...transactions) {
      for (const transaction of transactions) {
        need().up.put({ type: 11, flags: 0, transaction, payload: words(108, 1) });
      }
      pump();
    },
    control(message) {
      put(nvsp.rndis(1), { pages: message });
      const transfers = lab.transfers();
      lab.finish(...transfers.map(({ transaction }) => transaction));
      const replies = transfers.flatMap(({ messages }) => messages).filter((one) => one.channelType === 1);
      return replies[0]?.bytes ?? null;
    },
    bringUp(mtu = 1500) {
      open();
      put(nvsp.init());
      put(nvsp.config(mtu), { wants: false });
      put(nvsp.version(), { wants: false });
      const { receive, send } = lab.describe();
      put(nvsp.receiveBuffer(receive));
      put(nvsp.sendBuffer(send));
      lab.control(rndis.initialize());
      lab.control(rndis.filter(0xd));
      lab.completions();
      lab.transfers();
    },
    inspectLane() {
      const channels = side.relay.inspect()["channels"];
      const node = typeof channels === "object" ? channels?.[String(channel)] : undefined;
      if (typeof node !== "object" || node === null) throw new Error("no lane");
      return { ...node };
    },
  };
  return lab;
}

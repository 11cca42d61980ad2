import { DeviceClass, isSocketChannel, socketPort, socketService } from "../../src/hvdef/index.ts";
import { fromWire, type ManualClock, manualClock, toWire } from "../../src/support/index.ts";
import { loopbackCarriers, openEndpoints, openGuestSide, openLink } from "../../src/vmbus/index.ts";
import { openSocketDesk } from "../../src/vmwp/sockets.ts";
import { type HvSocketOptions, openHvSockets } from "../../src/vsp/index.ts";
import {
  type GuestRing,
  joinBytes,
  openFakeGuest,
  openGuestRing,
  postAll,
  say,
  words,
} from "./loopback-guest.ts";

/** Pages of one ring of a scripted socket: three of data, so that tests meet its end. */
const ringPages = 4;

/** A scripted program's end of a connection, with Linux's hv_sock under it. */
export interface ScriptedSocket {
  readonly channel: number;
  /** The peer's port, as an accepted connection shows it. */
  readonly hostPort: number;
  /** Writes what there is room for. @returns how many bytes */
  write(bytes: Uint8Array): number;
  /** Takes at most so many packets. */
  read(packets?: number): Uint8Array;
  /** Says that nothing more follows. `false`: no room, as yet. */
  shutdown(): boolean;
  /** The program closes it: the kernel lets go of it as soon as the host has. */
  close(): void;
  /** The host has said everything. */
  ended(): boolean;
  rescinded(): boolean;
  /** Writes a packet as it is, whatever that means. */
  raw(payload: Uint8Array): void;
  readonly up: GuestRing;
}

/** A guest with scripted sockets, the bus and relay beside it, and the provider behind a loopback link. */
export function openSocketLab(service: HvSocketOptions["service"] = () => null, pages = 2048) {
  const guest = openFakeGuest(pages);
  const clock: ManualClock = manualClock();
  const tasks: (() => void)[] = [];
  const carriers = loopbackCarriers(
    (deliver) => tasks.push(deliver),
    (buffer) => structuredClone(buffer, { transfer: [buffer] }),
  );
  const sockets = openHvSockets({ clock, service });
  sockets.goOn();
  const endpoints = openEndpoints(openLink(carriers.parent), (flush) => tasks.push(flush));
  for (const { channel, owner } of sockets.owners) endpoints.attach(channel, owner);
  const desk = openSocketDesk(() => side.bus);
  const side = openGuestSide({
    offers: [],
    memory: guest.memory,
    synic: guest.synic,
    link: openLink(carriers.child),
    gatherRuleOf: () => () => "none",
    wake() {},
    released: (channel) => void (isSocketChannel(channel) && desk.released(channel)),
    socketAsked: desk.asked,
  });
  desk.connect(side.relay);
  const post = (...messages: Uint8Array<ArrayBuffer>[]) => postAll(side.bus.calls, messages);

  const listening = new Set<number>();
  const live = new Map<number, ReturnType<typeof openScripted>>();
  const accepted: ScriptedSocket[] = [];
  const asked = new Map<string, (socket: ScriptedSocket | null) => void>();
  const freePages: number[] = Array.from({ length: pages - 16 }, (_, at) => at + 16);
  let nextGpadl = 0xe1e10;
  let refusals = 0;

  function openScripted(channel: number, hostPort: number) {
    const own = freePages.splice(0, 2 * ringPages);
    if (own.length < 2 * ringPages) throw new Error("the lab's guest has no memory left");
    for (const page of own) guest.memory.bytes().fill(0, page * 4096, page * 4096 + 4096);
    const up = openGuestRing(guest.memory, own.slice(0, ringPages));
    const down = openGuestRing(guest.memory, own.slice(ringPages));
    up.setIndex("features", 1);
    down.setIndex("features", 1);
    up.setIndex("pending", 4120);
    post(...say.gpadl(channel, nextGpadl, own), say.open(channel, nextGpadl, ringPages));
    nextGpadl++;
    let ended = false;
    let closed = false;
    let rescinded = false;
    const ring = () => void side.bus.calls.signalEvent(0x2000 | channel, 0);
    function put(payload: Uint8Array): boolean {
      const rings = up.put({ type: 6, flags: 0, transaction: 0n, payload });
      if (rings === true) ring();
      return rings !== null;
    }
    function letGo(): void {
      if (!closed || !rescinded) return;
      post(say.close(channel), say.released(channel));
      live.delete(channel);
      freePages.push(...own);
    }
    const socket: ScriptedSocket = {
      channel,
      hostPort,
      up,
      raw: (payload) => void put(payload),
      write(bytes) {
        let done = 0;
        while (done < bytes.length && !rescinded) {
          // The last packet of all always has room.
          const room = up.free() - 32 - 32 - 8;
          const size = Math.min(4088, bytes.length - done, Math.floor(room / 8) * 8);
          if (size <= 0 || !put(joinBytes(words(1, size), bytes.subarray(done, done + size)))) break;
          done += size;
        }
        return done;
      },
      read(packets = Number.POSITIVE_INFINITY) {
        const before = down.free();
        const seen = down.takeSome(packets);
        const pending = down.index("pending");
        if (pending !== 0 && before <= pending && down.free() > pending) ring();
        return joinBytes(
          ...seen.map(({ payload }) => {
            const length = new DataView(payload.slice().buffer).getUint32(4, true);
            if (length === 0) ended = true;
            return payload.subarray(8, 8 + length);
          }),
        );
      },
      shutdown: () => put(words(1, 0)),
      close() {
        closed = true;
        letGo();
      },
      ended: () => ended,
      rescinded: () => rescinded,
    };
    return {
      socket,
      rescind() {
        rescinded = true;
        letGo();
      },
    };
  }

  /** What Linux does with an offer. */
  function onOffer(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    if ((view.getUint16(56, true) & 0x2000) === 0) return;
    const port = socketPort(fromWire(bytes, 8)) ?? -1;
    const instance = fromWire(bytes, 24);
    const channel = view.getUint32(184, true);
    const peer = view.getUint32(24, true);
    if (bytes[64] === 0) {
      const wanted = asked.get(instance);
      asked.delete(instance);
      if (wanted === undefined) return;
      const scripted = openScripted(channel, port);
      live.set(channel, scripted);
      wanted(scripted.socket);
    } else if (listening.has(port)) {
      const scripted = openScripted(channel, peer);
      live.set(channel, scripted);
      accepted.push(scripted.socket);
    } else unwanted.add(channel);
  }
  /** Offers that nobody took, whose channels the guest lets go of when they are rescinded. */
  const unwanted = new Set<number>();
  function react(): void {
    for (const { type, bytes } of guest.take()) {
      const channel = bytes.length < 12 ? 0 : new DataView(bytes.buffer).getUint32(8, true);
      if (type === 1) onOffer(bytes);
      else if (type === 2 && unwanted.delete(channel)) post(say.released(channel));
      else if (type === 2) live.get(channel)?.rescind();
      else if (type === 23) {
        refusals++;
        const endpoint = fromWire(bytes, 8);
        asked.get(endpoint)?.(null);
        asked.delete(endpoint);
      }
    }
  }
  /** Lets everything happen that follows by itself. */
  function settle(turns = 12): void {
    for (let turn = 0; turn < turns; turn++) {
      side.relay.deliver();
      react();
      side.relay.drain();
      for (const task of tasks.splice(0)) task();
    }
  }
  return {
    guest,
    side,
    sockets,
    endpoints,
    clock,
    listening,
    accepted,
    live,
    refusals: () => refusals,
    settle,
    post,
    /** The guest's driver connects to the bus. */
    load(version = 0x5_0003) {
      post(say.contact(version), say.requestOffers());
      settle();
    },
    /** The guest's program connects; `null`: it was refused. */
    connect(port: number, from = 0x400, answered: (socket: ScriptedSocket | null) => void = () => {}) {
      let socket: ScriptedSocket | null = null;
      asked.set(socketService(from), (made) => {
        socket = made;
        answered(made);
      });
      post(connectRequest(from, port));
      settle();
      return socket as ScriptedSocket | null;
    },
    /** Everything there is of connections, on every floor. */
    remains() {
      const lists = side.bus.inspect()["connection"];
      const gpadls = typeof lists === "object" && lists !== null ? lists["gpadls"] : null;
      const lanes = side.relay.inspect()["channels"];
      const connections = sockets.inspect()["connections"];
      return {
        lists: typeof gpadls === "object" && gpadls !== null ? gpadls["created"] : -1,
        lanes: Object.keys(lanes ?? {}).length,
        channels: Object.keys(side.bus.inspect()["channels"] ?? {}).length,
        connections: Object.keys(connections ?? {}).length,
      };
    },
  };
}

/** TL_CONNECT_REQUEST, of 40 bytes or with the GUID of a silo. */
export function connectRequest(from: number, to: number, silo = false): Uint8Array<ArrayBuffer> {
  const ids = new Uint8Array(32);
  toWire(socketService(from), ids, 0);
  toWire(socketService(to), ids, 16);
  return joinBytes(words(21, 0), ids, new Uint8Array(silo ? 16 : 0));
}

/** One that asks for something else than a socket. */
export function foreignRequest(): Uint8Array<ArrayBuffer> {
  const ids = new Uint8Array(32);
  toWire(DeviceClass.scsi, ids, 0);
  toWire(socketService(1), ids, 16);
  return joinBytes(words(21, 0), ids);
}

/** Nothing of a connection is left on any floor. */
export const nothingLeft = { lists: 0, lanes: 0, channels: 0, connections: 0 };

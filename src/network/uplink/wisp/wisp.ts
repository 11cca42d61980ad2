import { limitedLog, unreachable } from "../../../support/index.ts";
import { openAllowance } from "../allowance.ts";
import { openLife } from "../life.ts";
import type { Dial, Socket } from "../socket.ts";
import type { StreamEnd, StreamEvents, StreamOpening, StreamTarget, StreamUplink } from "../streams.ts";
import { droppedWords, stateWords, type UplinkSurroundings } from "../uplink.ts";
import {
  closeWords,
  connectPacket,
  infoPacket,
  isHopeless,
  readPacket,
  type ServerInfo,
  type WispLogin,
} from "./packet.ts";
import { openWispStream, type WispStream } from "./stream.ts";

/** What a Wisp server needs. */
export interface WispOptions extends UplinkSurroundings {
  /** As `readWispAddress` gave it. */
  readonly address: string;
  /** For servers that ask for it; `null` for none. */
  readonly login: WispLogin | null;
  readonly dial: Dial;
}

/** Streams at once: a guest's browser opens dozens. */
const mostStreams = 512;
/** Streams have 32-bit numbers, which are not used twice. */
const lastId = 0xffff_ffff;
/** Bytes that may wait to leave this computer. */
const mostBacklog = 4 * 1024 * 1024;
/** Bytes kept for all guests that read slowly. */
const mostKept = 64 * 1024 * 1024;
/** Impossible packets before the connection is given up. */
const mostLies = 32;
/** Packets for streams that are over: some are always on their way; a flood of them is no accident. */
const strayRate = { framesPerSecond: 20_000, bytesPerSecond: 64 * 1024 * 1024 };
/** A server of version 2 says so within this time after its first credit; else it is taken for version 1. */
const infoPatience = 5_000_000;
/** What servers of version 2 must be asked for. */
const protocolOfTwo = "wisp-v2";

/** A connection that is being made or is up. */
interface Connection {
  readonly socket: Socket;
  /** Packets each new stream may send at first; `null` until the server has said it. */
  credit: number | null;
  creditSince: number;
  /** What a server of version 2 said of itself. */
  info: ServerInfo | null;
  lies: number;
}

/**
 * Opens the way to a Wisp server of the user's, not connected: it carries the guests' TCP connections and UDP
 * datagrams to anywhere it allows. Version 2 is asked for first; a server that does not know it is
 * called again without asking, which is version 1.
 *
 * @wisp version 2.0 draft 2, without message of the day and keys; version 1.2
 */
export function openWisp(options: WispOptions): StreamUplink {
  const { address, clock, login } = options;
  const log = limitedLog(options.log, clock);
  const streams = new Map<number, WispStream>();
  const strays = openAllowance(strayRate, clock);
  const counts = { opened: 0, refused: 0, packetsIn: 0, packetsOut: 0, lies: 0, strays: 0 };
  let connection: Connection | null = null;
  /** Of the next stream. Numbers below it were given out on this connection. */
  let nextId = 1;
  let speaksTwo = true;
  let keptBytes = 0;

  const life = openLife({ ...options, dial: () => call(speaksTwo), hangUp });

  function call(two: boolean): void {
    let opened = false;
    const socket = options.dial(
      { address, protocol: two ? protocolOfTwo : null },
      {
        opened() {
          opened = true;
          speaksTwo = two;
        },
        bytes: receive,
        text: (length) => lie(`a text message of ${length} characters`),
        ended(reason) {
          if (two && !opened) call(false);
          else life.happen({ kind: "lost", reason });
        },
      },
    );
    nextId = 1;
    connection = { socket, credit: null, creditSince: 0, info: null, lies: 0 };
  }
  function hangUp(): void {
    connection?.socket.close();
    connection = null;
    const broken: StreamEnd = { kind: "broken", reason: "The connection to the Wisp server is gone." };
    for (const stream of [...streams.values()]) stream.end(broken);
  }
  function post(packet: Uint8Array<ArrayBuffer>): void {
    counts.packetsOut++;
    connection?.socket.send(packet);
  }
  function lie(what: string): void {
    counts.lies++;
    log("warning", `The Wisp server ${address} sent ${what}. It is ignored.`);
    if (connection === null || ++connection.lies < mostLies) return;
    const reason = `The server sent ${what}, and others like it. It is probably no Wisp server: check the address.`;
    life.happen({ kind: "lost", reason });
  }

  function receive(message: Uint8Array<ArrayBuffer>): void {
    counts.packetsIn++;
    const packet = readPacket(message);
    if (packet === null) {
      lie("a packet that is too short");
      return;
    }
    switch (packet.kind) {
      case "data":
        receiveData(packet.stream, message);
        break;
      case "continue":
        if (packet.stream === 0) takeCredit(packet.credit);
        else streams.get(packet.stream)?.allow(packet.credit);
        break;
      case "close":
        if (packet.stream === 0) closedByServer(packet.reason);
        else streams.get(packet.stream)?.end(endOf(packet.reason));
        break;
      case "info":
        takeInfo(packet.info);
        break;
      case "unknown":
        lie(`a packet of the unknown type ${packet.type}`);
        break;
      default:
        unreachable(packet);
    }
  }
  function receiveData(id: number, message: Uint8Array<ArrayBuffer>): void {
    const stream = streams.get(id);
    if (stream !== undefined) {
      stream.receive(message);
      return;
    }
    if (id >= nextId) {
      lie("data for a connection that was never opened");
      return;
    }
    counts.strays++;
    if (strays.take(message.length)) return;
    life.happen({ kind: "lost", reason: "The server floods this page with data that nobody asked for." });
  }

  function takeCredit(credit: number): void {
    if (connection === null || connection.credit !== null) return;
    connection.credit = credit;
    connection.creditSince = clock.now();
    if (connection.info !== null || !speaksTwo) life.happen({ kind: "cameUp" });
  }
  function takeInfo(info: ServerInfo): void {
    if (connection === null || connection.info !== null || life.isUp()) return;
    if (info.asksForPassword && login === null) {
      life.happen({ kind: "hopeless", reason: "The Wisp server asks for a name and a password." });
      return;
    }
    connection.info = info;
    post(infoPacket(info.asksForPassword ? login : null));
    if (connection.credit !== null) life.happen({ kind: "cameUp" });
  }
  function closedByServer(reason: number): void {
    life.happen({ kind: isHopeless(reason) ? "hopeless" : "lost", reason: closeWords(reason) });
  }

  function open(target: StreamTarget, events: StreamEvents): StreamOpening {
    const why = refusal(target);
    if (why !== null || connection === null) {
      counts.refused++;
      return { kind: "refused", reason: why ?? "The Wisp server is not connected." };
    }
    const id = nextId++;
    counts.opened++;
    post(connectPacket(id, target));
    const carrier = { clock, post, hasRoom, keep, gone: () => streams.delete(id) };
    const stream = openWispStream({ id, kind: target.kind, credit: connection.credit ?? 0, events, carrier });
    streams.set(id, stream);
    return { kind: "open", stream };
  }
  function refusal({ kind, host, port }: StreamTarget): string | null {
    if (!life.isUp()) return "The Wisp server is not connected.";
    if (nextId > lastId) return "The connection to the Wisp server has served all it can. Connect again.";
    if (streams.size >= mostStreams) return `More than ${mostStreams} connections are open at once.`;
    if (kind === "udp" && connection?.info?.udp === false) return "The Wisp server does not carry UDP.";
    const isHost = host.length <= 253 && /^[a-z0-9._:-]+$/i.test(host);
    const isPort = Number.isInteger(port) && port >= 1 && port <= 65535;
    return isHost && isPort ? null : `${host.slice(0, 64)} port ${port} is no address.`;
  }
  function hasRoom(bytes: number): boolean {
    return connection !== null && connection.socket.backlog() + bytes <= mostBacklog;
  }

  function keep(bytes: number): boolean {
    keptBytes += bytes;
    return keptBytes <= mostKept;
  }

  function tick(): void {
    life.happen({ kind: "time" });
    for (const stream of [...streams.values()]) stream.tick();
    if (connection === null || connection.credit === null || life.isUp()) return;
    if (clock.now() - connection.creditSince >= infoPatience) life.happen({ kind: "cameUp" });
  }
  function close(): void {
    life.happen({ kind: "closed" });
  }

  return {
    open,
    connect: () => life.happen({ kind: "asked" }),
    close,
    tick,
    state: life.state,
    describe: () => ({
      name: "Wisp server",
      about: `Carries the guests' TCP connections and UDP datagrams to the Wisp server ${address}, which makes them its own.`,
      exposes:
        "Whoever runs the server sees where the guests connect, and what they send without encryption.",
      status: stateWords(life.state(), clock),
      dropped: droppedWords([
        [counts.lies, "Messages of the server that made no sense, ignored"],
        [counts.refused, "Connections of the guests refused here"],
      ]),
    }),
    inspect: () => ({
      kind: "wisp",
      address,
      state: life.state().kind,
      version: connection === null ? 0 : connection.info === null ? 1 : connection.info.major,
      streams: streams.size,
      keptBytes,
      ...counts,
    }),
    [Symbol.dispose]: close,
  };
}

function endOf(reason: number): StreamEnd {
  if (reason === 0x02) return { kind: "finished", reason: closeWords(reason) };
  return {
    kind: reason >= 0x41 && reason <= 0x48 && reason !== 0x47 ? "refused" : "broken",
    reason: closeWords(reason),
  };
}

import {
  SocketPacket,
  socketData,
  socketPacketBytes,
  socketWindow,
  socketWindowPackets,
} from "../../hvdef/index.ts";
import type { AnyBytes, InspectNode } from "../../support/index.ts";
import type { Channel } from "../../vmbus/index.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The host's end of a connection with a program in the guest: bytes both ways, in order, each once, with no boundaries.
 * It holds at most `socketWindow` bytes of either direction; a side that does not read holds the other's writer only.
 */
export interface HostStream {
  readonly guestPort: number;
  readonly hostPort: number;
  /**
   * Takes at most `limit` bytes of what has arrived; they are the caller's. `wait`: nothing has, see the listener.
   * `end`: the guest has said everything. `lost`: the connection broke off before that.
   */
  read(limit: number): Bytes | "wait" | "end" | "lost";
  /** Copies as many bytes as there is room for, from the first. @returns how many; `lost`: nothing arrives any more */
  write(bytes: AnyBytes): number | "lost";
  /** Nothing more is written; what was is delivered, and the guest then reads its end. Twice is harmless. */
  end(): void;
  /** Ends both directions at once; what is under way is lost. Twice is harmless. */
  abort(): void;
}

/** Something can be read or written, or the connection is over: look again. Called from inside the provider: be quick. */
export type StreamListener = () => void;

/** Takes a connection; called when it stands. What it answers hears of the stream from then on. */
export type StreamService = (stream: HostStream) => StreamListener;

/** The side of a stream on which the provider pours in what happens. */
export interface StreamSide {
  readonly stream: HostStream;
  listen(listener: StreamListener): void;
  /** A packet of the guest. `false`: it is none that a socket sends. */
  arrived(payload: Bytes): boolean;
  /** So much of what was written is in the guest's ring. */
  sent(packets: number, bytes: number): void;
  /** The connection is over, and whether both sides had said everything. */
  over(whole: boolean): void;
  /** When something last moved, microseconds. */
  movedAt(): number;
  inspect(): InspectNode;
}

/** What a stream is made of. */
export interface StreamParts {
  readonly channel: Pick<Channel, "send" | "credit">;
  readonly guestPort: number;
  readonly hostPort: number;
  /** Microseconds. */
  now(): number;
  /** The guest or the host has said everything, or the host wants no more. Never twice. */
  done(what: "guestDone" | "hostDone" | "aborted"): void;
}

/** One packet of the guest that waits for its reader. */
interface Arrived {
  readonly bytes: Bytes;
  /** Bytes of its payload in the ring, which are credited when all of it was read. */
  readonly cost: number;
  taken: number;
}

/** Opens the host's end over an open channel. */
export function openStream(parts: StreamParts): StreamSide {
  const { channel, guestPort, hostPort, done } = parts;
  const queue: Arrived[] = [];
  const counters = { bytesIn: 0, bytesOut: 0 };
  let listener: StreamListener = () => {};
  let guestEnded = false;
  let hostEnded = false;
  let over: "no" | "whole" | "lost" = "no";
  let packetsOut = 0;
  let bytesOut = 0;
  let movedAt = parts.now();

  function put(data: AnyBytes): void {
    const packet = new Uint8Array(SocketPacket.size + data.length);
    SocketPacket.write(new DataView(packet.buffer), 0, { type: socketData, dataLength: data.length });
    packet.set(data, SocketPacket.size);
    channel.send(packet);
    packetsOut++;
    bytesOut += packet.length;
    counters.bytesOut += data.length;
    movedAt = parts.now();
  }
  /** The last packet of all takes one of the places, so that there always is one for it. */
  function room(): number {
    if (packetsOut >= socketWindowPackets - 1) return 0;
    return Math.max(0, Math.min(socketPacketBytes, socketWindow - bytesOut - SocketPacket.size));
  }
  function take(first: Arrived, limit: number): Bytes {
    const piece = first.bytes.subarray(first.taken, first.taken + limit);
    first.taken += piece.length;
    if (first.taken === first.bytes.length) {
      queue.shift();
      channel.credit(1, first.cost);
    }
    movedAt = parts.now();
    return piece;
  }

  return {
    stream: {
      guestPort,
      hostPort,
      read(limit) {
        const [first] = queue;
        if (first !== undefined && limit > 0) return take(first, limit);
        if (first === undefined && guestEnded) return "end";
        return over === "no" ? "wait" : "lost";
      },
      write(bytes) {
        if (over !== "no" || hostEnded) return "lost";
        let taken = 0;
        for (let size = room(); size > 0 && taken < bytes.length; size = room()) {
          const piece = bytes.subarray(taken, taken + size);
          put(piece);
          taken += piece.length;
        }
        return taken;
      },
      end() {
        if (over !== "no" || hostEnded) return;
        hostEnded = true;
        put(new Uint8Array(0));
      },
      abort() {
        if (over === "no") done("aborted");
      },
    },
    listen(next) {
      listener = next;
    },
    arrived(payload) {
      const data = guestEnded ? null : dataOf(payload);
      if (data === null) return false;
      movedAt = parts.now();
      if (data.length === 0) {
        guestEnded = true;
        channel.credit(1, payload.length);
        done("guestDone");
      } else {
        counters.bytesIn += data.length;
        queue.push({ bytes: data.slice(), cost: payload.length, taken: 0 });
      }
      listener();
      return true;
    },
    sent(packets, bytes) {
      packetsOut = Math.max(0, packetsOut - packets);
      bytesOut = Math.max(0, bytesOut - bytes);
      movedAt = parts.now();
      if (hostEnded && packetsOut === 0) done("hostDone");
      listener();
    },
    over(whole) {
      if (over !== "no") return;
      over = whole ? "whole" : "lost";
      listener();
    },
    movedAt: () => movedAt,
    inspect: () => ({
      guestPort,
      hostPort,
      ...counters,
      unread: queue.length,
      underWay: bytesOut,
      guestEnded,
      hostEnded,
    }),
  };
}

/** The data of a packet, a view of it; `null` when it is none that a socket sends. */
function dataOf(payload: Bytes): Bytes | null {
  if (payload.length < SocketPacket.size) return null;
  const { type, dataLength } = SocketPacket.read(
    new DataView(payload.buffer, payload.byteOffset, payload.byteLength),
  );
  if (type !== socketData || dataLength > payload.length - SocketPacket.size) return null;
  return payload.subarray(SocketPacket.size, SocketPacket.size + dataLength);
}

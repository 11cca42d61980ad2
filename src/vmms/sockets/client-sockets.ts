import type { SocketId, SocketPeer, SocketSession, VmGuid } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import type { MachineSockets, PortListener } from "./machine-sockets.ts";
import type { SocketStream } from "./socket-stream.ts";

/** Connections that wait until a client takes them; further ones are refused. */
const waitingLimit = 16;
/** Bytes that a client gets at once. */
const readLimit = 256 << 10;
/** Most bytes that a client may write at once. */
const writeLimit = 16 << 20;
/** Ports there are: 0 means none and the last one any. */
const lastPort = 0xffff_fffe;

interface ClientPort {
  readonly waiting: SocketStream[];
  /** Clients that wait. */
  readonly takers: ((stream: SocketStream | null) => void)[];
  close(): void;
}

type ClientSockets = Omit<SocketSession, "listReceived" | "forgetReceived">;

/** Sockets of machines for clients of the host, who hold connections by their numbers. @param find  or HvError */
export function openClientSockets(find: (vm: VmGuid) => MachineSockets): ClientSockets {
  const streams = new Map<SocketId, SocketStream>();
  const ports = new Map<string, ClientPort>();
  let next = 1;
  const keyOf = (vm: VmGuid, port: number): string => `${vm} ${port}`;

  function hold(stream: SocketStream): SocketPeer {
    const socket = next++ as SocketId;
    streams.set(socket, stream);
    return { socket, guestPort: stream.guestPort, hostPort: stream.hostPort };
  }
  function held(socket: SocketId): SocketStream {
    const stream = streams.get(socket);
    if (stream === undefined) throw new HvError("socket.gone", "This connection is over.");
    return stream;
  }
  /** A connection that broke off is no client's any more. */
  async function use<T>(socket: SocketId, work: (stream: SocketStream) => Promise<T>): Promise<T> {
    try {
      return await work(held(socket));
    } catch (failure) {
      streams.delete(socket);
      throw failure;
    }
  }
  function portOf(vm: VmGuid, port: number): ClientPort {
    const found = ports.get(keyOf(vm, port));
    if (found === undefined)
      throw new HvError("socket.notListening", `Nobody listens on port ${port}. Listen first.`);
    return found;
  }
  function listen(vm: VmGuid, port: number): void {
    const waiting: SocketStream[] = [];
    const takers: ClientPort["takers"] = [];
    const listener: PortListener = {
      ready: () => waiting.length < waitingLimit,
      accept(stream) {
        const taker = takers.shift();
        if (taker === undefined) waiting.push(stream);
        else taker(stream);
      },
    };
    const close = find(vm).listen(port, listener);
    ports.set(keyOf(vm, port), { waiting, takers, close });
  }
  async function accept(vm: VmGuid, port: number): Promise<SocketPeer | null> {
    const { waiting, takers } = portOf(vm, port);
    const stream = waiting.shift() ?? (await new Promise<SocketStream | null>((taken) => takers.push(taken)));
    return stream === null ? null : hold(stream);
  }

  return {
    async connectSocket(vm, port) {
      checkPort(port);
      return hold(await find(vm).connect(port));
    },
    async listenSocket(vm, port) {
      checkPort(port);
      listen(vm, port);
    },
    acceptSocket: accept,
    async closeSocketPort(vm, port) {
      const { waiting, takers, close } = portOf(vm, port);
      ports.delete(keyOf(vm, port));
      close();
      for (const stream of waiting) stream.abort();
      for (const taker of takers) taker(null);
    },
    readSocket: (socket) => use(socket, (stream) => stream.read(readLimit)),
    async writeSocket(socket, bytes) {
      if (!(bytes instanceof Uint8Array) || bytes.length > writeLimit)
        throw new HvError(
          "socket.tooMuch",
          "What is written is bytes, at most 16 MiB at once. Write it in pieces.",
        );
      await use(socket, (stream) => stream.write(bytes));
    },
    async endSocket(socket) {
      held(socket).end();
    },
    async abortSocket(socket) {
      streams.get(socket)?.abort();
      streams.delete(socket);
    },
  };
}

/** @throws HvError `socket.noPort` */
function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > lastPort)
    throw new HvError("socket.noPort", `A port is a whole number from 1 to ${lastPort}.`);
}

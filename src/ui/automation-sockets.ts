import type { SocketPeer, VmGuid } from "../hvdef/index.ts";
import type { SocketHost } from "./host.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A connection between a program in the guest and this page, as web streams: whoever does not read holds the writer. */
export interface GuestSocket {
  readonly guestPort: number;
  readonly hostPort: number;
  /** Ends when the program has said everything; breaks when the connection breaks off. */
  readonly readable: ReadableStream<Bytes>;
  /** Closing it is this side's end; aborting ends both directions. */
  readonly writable: WritableStream<Bytes>;
  /** Ends both directions at once. */
  close(): Promise<void>;
}

/** `tabvisor.sockets(name)`: sockets of one machine's guest (AF_VSOCK, hv_sock), for scripts. */
export interface AutomationSockets {
  /** Connects to a port on which a program in the guest listens. */
  connect(port: number): Promise<GuestSocket>;
  /**
   * Takes the connections of the guest to a port of the host, one after the other as they come.
   * @returns how to listen no more
   */
  listen(port: number, accept: (socket: GuestSocket) => void): Promise<() => Promise<void>>;
}

/** Bytes of one call to the parent. */
const pieceBytes = 1 << 20;

/** Builds the object. */
export function automationSockets(host: SocketHost, vm: VmGuid): AutomationSockets {
  async function takeAll(port: number, accept: (socket: GuestSocket) => void): Promise<void> {
    for (;;) {
      const peer = await host.acceptSocket(vm, port);
      if (peer === null) return;
      accept(guestSocket(host, peer));
    }
  }
  return {
    connect: async (port) => guestSocket(host, await host.connectSocket(vm, port)),
    async listen(port, accept) {
      await host.listenSocket(vm, port);
      takeAll(port, accept).catch((failure: unknown) => console.error(failure));
      return () => host.closeSocketPort(vm, port);
    },
  };
}

function guestSocket(host: SocketHost, { socket, guestPort, hostPort }: SocketPeer): GuestSocket {
  let ended = 0;
  /** Both directions are through: nobody asks for it by its number any more. */
  function endOne(): void {
    ended++;
    if (ended === 2) host.abortSocket(socket).catch(() => {});
  }
  const readable = new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const piece = await host.readSocket(socket);
        if (piece !== null) {
          controller.enqueue(piece);
          return;
        }
        controller.close();
        endOne();
      },
      cancel: () => host.abortSocket(socket),
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Bytes>({
    async write(bytes) {
      for (let at = 0; at < bytes.length; at += pieceBytes)
        await host.writeSocket(socket, bytes.slice(at, at + pieceBytes));
    },
    async close() {
      await host.endSocket(socket);
      endOne();
    },
    abort: () => host.abortSocket(socket),
  });
  return Object.freeze({ guestPort, hostPort, readable, writable, close: () => host.abortSocket(socket) });
}

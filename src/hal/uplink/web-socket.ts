import type { Dial, Socket, SocketEvents } from "../../network/index.ts";
import { reasonOf } from "../../support/index.ts";

/** Calls a server with the browser's WebSocket. */
export const dialWebSocket: Dial = ({ address, protocol }, events) => {
  let socket: WebSocket;
  try {
    socket = new WebSocket(address, protocol === null ? [] : [protocol]);
  } catch (thrown) {
    return neverOpened(`The browser refuses the address ${address} (${reasonOf(thrown)}).`, events);
  }
  socket.binaryType = "arraybuffer";
  let opened = false;
  let closed = false;
  socket.onopen = () => {
    opened = true;
    if (!closed) events.opened();
  };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (closed) return;
    if (data instanceof ArrayBuffer) events.bytes(new Uint8Array(data));
    else events.text(typeof data === "string" ? data.length : 0);
  };
  socket.onclose = (event) => {
    if (closed) return;
    closed = true;
    events.ended(opened ? closeWords(address, event) : unreachedWords(address));
  };
  return {
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
    backlog: () => socket.bufferedAmount,
    close() {
      closed = true;
      socket.close();
    },
  };
};

/** Browsers do not tell a page why a call failed, so that it cannot search the visitor's network. */
function unreachedWords(address: string): string {
  return `${address} could not be reached. The browser does not say why: the server may be down, the address wrong, or its certificate not trusted.`;
}

function closeWords(address: string, { code, reason }: CloseEvent): string {
  if (reason !== "") return `${address} closed the connection and said: "${reason.slice(0, 123)}".`;
  // 1006 is the browser's own code for a connection that broke without a goodbye.
  return code === 1006
    ? `The connection to ${address} broke.`
    : `${address} closed the connection (code ${code}).`;
}

/** A socket that was never there; it says so once its caller is ready to hear it. */
function neverOpened(reason: string, events: SocketEvents): Socket {
  let closed = false;
  queueMicrotask(() => {
    if (!closed) events.ended(reason);
  });
  return {
    send() {},
    backlog: () => 0,
    close() {
      closed = true;
    },
  };
}

// @ts-check
/**
 * A small Wisp server in a process of its own: TCP and UDP to this computer, versions 1 and 2. Prints its port.
 * The path a client calls chooses how it is:
 *
 * - `/` speaks version 2 with who asks for it, else version 1
 * - `/one/` knows version 1 only, and refuses who asks for more
 * - `/secret/` asks for the name `lab` and the password `secret`
 * - `/slow/` gives a credit of 2 packets
 * - `/flood/` sends data for streams that do not exist
 *
 * It listens to itself, too: TCP connections to its own port at `/bulk` get 24 MiB as fast as they come, at `/piece`
 * 2 MiB. Names that end in `.lab` are names of this computer.
 */
import { createSocket } from "node:dgram";
import { createServer } from "node:http";
import { connect } from "node:net";
import { serveLoopback } from "./serve-loopback.mjs";
import { acceptWebSocket, refuseUpgrade } from "./web-socket-server.mjs";

/** @typedef {import("./web-socket-server.mjs").ServerSocket} ServerSocket */
/** @typedef {{ send(bytes: Uint8Array): void, close(): void }} Way */

const server = createServer((request, response) => {
  let sent = 0;
  request.on("data", (bytes) => {
    sent += bytes.length;
  });
  request.on("end", () => {
    if (request.url === "/piece") response.end(Buffer.alloc(2 * 1024 * 1024, 0x42));
    else if (request.url === "/bulk") response.end(Buffer.alloc(24 * 1024 * 1024, 0x42));
    else response.end(`You asked for ${request.url}. You sent ${sent} bytes.`);
  });
});
server.on("upgrade", (request, stream) => {
  const path = request.url ?? "/";
  const asked = request.headers["sec-websocket-protocol"];
  if (path === "/one/" && asked !== undefined) {
    refuseUpgrade(stream);
    return;
  }
  const two = asked === "wisp-v2";
  serveWisp(acceptWebSocket(request, stream, two ? asked : null), path, two);
});

/** @param {ServerSocket} socket @param {string} path @param {boolean} two */
function serveWisp(socket, path, two) {
  const credit = path === "/slow/" ? 2 : 64;
  /** @type {Map<number, Way>} */
  const ways = new Map();
  let greeted = !two;
  if (two) socket.send(packet(5, 0, [2, 0, 1, 0, 0, 0, 0, ...(path === "/secret/" ? [2, 0, 0, 0, 0] : [])]));
  else socket.send(packet(3, 0, word(credit)));

  socket.onEnd = () => {
    for (const way of ways.values()) way.close();
  };
  socket.onMessage = (message) => {
    const view = new DataView(message.buffer);
    const type = view.getUint8(0);
    const id = view.getUint32(1, true);
    if (!greeted) {
      greeted = true;
      if (path === "/secret/" && !Buffer.from(message).includes("labsecret")) {
        socket.send(packet(4, 0, [0xc0]));
        socket.end(1000, "");
        return;
      }
      socket.send(packet(3, 0, word(credit)));
      if (path === "/flood/") flood(socket);
      return;
    }
    if (type === 1) {
      const host = new TextDecoder().decode(message.subarray(8));
      const target = { port: view.getUint16(6, true), host: host.endsWith(".lab") ? "127.0.0.1" : host };
      const onEnd = (/** @type {number} */ reason) => {
        if (ways.delete(id)) socket.send(packet(4, id, [reason]));
      };
      const open = view.getUint8(5) === 1 ? openTcp : openUdp;
      ways.set(id, open(socket, { id, credit, ...target }, onEnd));
    }
    if (type === 2) ways.get(id)?.send(message.subarray(5));
    if (type === 4) {
      ways.get(id)?.close();
      ways.delete(id);
    }
  };
}

/**
 * @param {ServerSocket} socket
 * @param {{ id: number, credit: number, host: string, port: number }} stream
 * @param {(reason: number) => void} onEnd
 * @returns {Way}
 */
function openTcp(socket, { id, credit, host, port }, onEnd) {
  const far = connect({ host, port });
  let got = 0;
  far.on("data", (bytes) => {
    for (let at = 0; at < bytes.length; at += 16384)
      socket.send(packet(2, id, bytes.subarray(at, at + 16384)));
  });
  far.on("error", (failure) => onEnd("code" in failure && failure.code === "ECONNREFUSED" ? 0x44 : 0x42));
  far.on("close", () => onEnd(0x02));
  return {
    send(bytes) {
      far.write(bytes, () => {
        if (++got % credit === 0) socket.send(packet(3, id, word(credit)));
      });
    },
    close: () => far.destroy(),
  };
}

/**
 * @param {ServerSocket} socket
 * @param {{ id: number, host: string, port: number }} stream
 * @param {(reason: number) => void} onEnd
 * @returns {Way}
 */
function openUdp(socket, { id, host, port }, onEnd) {
  const far = createSocket("udp4");
  far.on("message", (bytes) => socket.send(packet(2, id, bytes)));
  far.on("error", () => onEnd(0x03));
  return { send: (bytes) => far.send(bytes, port, host), close: () => far.close() };
}

/** @param {ServerSocket} socket */
function flood(socket) {
  const stray = packet(2, 77, new Uint8Array(1000));
  const pump = setInterval(() => {
    while (socket.backlog() < 1024 * 1024 && !socket.hasEnded()) socket.send(stray);
    if (socket.hasEnded()) clearInterval(pump);
  }, 5);
}

/** @param {number} type @param {number} stream @param {ArrayLike<number>} payload */
function packet(type, stream, payload) {
  return Uint8Array.from([type, ...word(stream), ...Array.from(payload)]);
}

/** @param {number} value */
function word(value) {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
}

const echo = createSocket("udp4");
echo.on("message", (bytes, from) => echo.send(bytes, from.port, from.address));
server.on("listening", () => {
  const address = server.address();
  // UDP datagrams to the server's own port come back.
  if (typeof address === "object" && address !== null) echo.bind(address.port, "127.0.0.1");
});
serveLoopback(server);

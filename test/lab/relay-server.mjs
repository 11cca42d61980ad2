// @ts-check
/**
 * A small Ethernet relay in a process of its own: one binary WebSocket message is one frame, sent to every
 * client, the sender too for broadcasts, as `websockproxy` does. Prints its port. What it does wrong is chosen
 * by the path a client calls:
 *
 * - `/` relays honestly
 * - `/text` says something in words to whoever comes
 * - `/oversize` sends 20,000 bytes to whoever comes
 * - `/flood` sends frames as fast as the socket takes them
 * - `/hangup` closes the connection at once
 * - `/refuse` answers the upgrade with 403
 */
import { createServer } from "node:http";
import { serveLoopback } from "./serve-loopback.mjs";
import { acceptWebSocket, refuseUpgrade } from "./web-socket-server.mjs";

/** @typedef {import("./web-socket-server.mjs").ServerSocket} ServerSocket */

/** @type {Set<ServerSocket>} */
const clients = new Set();

const server = createServer((_request, response) => {
  response.end("An Ethernet relay.");
});
server.on("upgrade", (request, stream) => {
  const path = request.url ?? "/";
  if (path === "/refuse") {
    refuseUpgrade(stream);
    return;
  }
  const socket = acceptWebSocket(request, stream, null);
  misbehave(path, socket);
  clients.add(socket);
  socket.onMessage = (message) => {
    const isGroup = ((message[0] ?? 0) & 1) === 1;
    for (const client of clients) if (isGroup || client !== socket) client.send(message);
  };
  socket.onEnd = () => clients.delete(socket);
});

/** @param {string} path @param {ServerSocket} socket */
function misbehave(path, socket) {
  if (path === "/text")
    for (let told = 0; told < 40; told++) socket.sendText("This is a chat server. Hello!");
  if (path === "/oversize") for (let sent = 0; sent < 40; sent++) socket.send(new Uint8Array(20_000));
  if (path === "/hangup") socket.end(1001, "going away");
  if (path === "/flood") flood(socket);
}

/** @param {ServerSocket} socket */
function flood(socket) {
  const frame = new Uint8Array(1514).fill(0xff, 0, 6);
  frame[6] = 2;
  const pump = setInterval(() => {
    while (socket.backlog() < 4 * 1024 * 1024 && !socket.hasEnded()) socket.send(frame);
    if (socket.hasEnded()) clearInterval(pump);
  }, 5);
}

serveLoopback(server);

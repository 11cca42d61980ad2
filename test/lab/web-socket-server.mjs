// @ts-check
import { createHash } from "node:crypto";

/**
 * One client of a WebSocket server in a test. `onMessage` and `onEnd` are set to hear binary messages, and the end.
 * @typedef {{
 *   onMessage: (message: Uint8Array<ArrayBuffer>) => void,
 *   onEnd: () => void,
 *   send(message: Uint8Array): void,
 *   sendText(text: string): void,
 *   end(code: number, reason: string): void,
 *   destroy(): void,
 *   backlog(): number,
 *   hasEnded(): boolean,
 * }} ServerSocket
 */

const Opcode = { binary: 2, text: 1, close: 8, ping: 9, pong: 10 };

/**
 * Answers an upgrade with a refusal.
 * @param {import("node:stream").Duplex} stream
 */
export function refuseUpgrade(stream) {
  stream.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

/**
 * Answers an upgrade and speaks RFC 6455 from then on, as far as honest clients need.
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:stream").Duplex} stream
 * @param {string | null} protocol  chosen among what the client offered; `null` for none
 * @returns {ServerSocket}
 */
export function acceptWebSocket(request, stream, protocol) {
  const key = String(request.headers["sec-websocket-key"]);
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const chosen = protocol === null ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${chosen}\r\n`,
  );
  let pending = Buffer.alloc(0);
  /** @type {Buffer[]} */
  let parts = [];
  let ended = false;

  /** @type {ServerSocket} */
  const socket = {
    onMessage: () => {},
    onEnd: () => {},
    send: (message) => write(Opcode.binary, message),
    sendText: (text) => write(Opcode.text, Buffer.from(text)),
    end(code, reason) {
      const body = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
      write(Opcode.close, body);
      stream.end();
    },
    destroy: () => stream.destroy(),
    backlog: () => stream.writableLength,
    hasEnded: () => ended,
  };
  /** @param {number} opcode @param {Uint8Array} body */
  function write(opcode, body) {
    if (ended || stream.writableEnded) return;
    stream.cork();
    stream.write(frameHead(opcode, body.length));
    stream.write(Buffer.from(body));
    stream.uncork();
  }
  function take() {
    for (let frame = readFrame(pending); frame !== null; frame = readFrame(pending)) {
      pending = pending.subarray(frame.size);
      if (frame.opcode === Opcode.close) socket.end(1000, "");
      else if (frame.opcode === Opcode.ping) write(Opcode.pong, frame.body);
      else if (frame.opcode <= Opcode.binary) {
        parts.push(frame.body);
        if (!frame.final) continue;
        const whole = new Uint8Array(Buffer.concat(parts));
        parts = [];
        socket.onMessage(whole);
      }
    }
  }
  function finish() {
    if (ended) return;
    ended = true;
    socket.onEnd();
  }
  stream.on("data", (/** @type {Buffer} */ piece) => {
    pending = Buffer.concat([pending, piece]);
    take();
  });
  stream.on("error", finish);
  stream.on("close", finish);
  stream.on("end", () => stream.end());
  return socket;
}

/** @param {number} opcode @param {number} length */
function frameHead(opcode, length) {
  if (length < 126) return Buffer.from([0x80 | opcode, length]);
  if (length < 65536) return Buffer.from([0x80 | opcode, 126, length >> 8, length & 0xff]);
  const head = Buffer.alloc(10);
  head[0] = 0x80 | opcode;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

/**
 * The first whole frame of what has come and the bytes it took; `null` when more must come. Clients mask.
 * @param {Buffer} bytes
 */
function readFrame(bytes) {
  if (bytes.length < 6) return null;
  const first = bytes.readUInt8(0);
  const short = bytes.readUInt8(1) & 0x7f;
  const longer = short === 126 ? 2 : short === 127 ? 8 : 0;
  const at = 2 + longer + 4;
  if (bytes.length < at) return null;
  const length =
    longer === 0 ? short : longer === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < at + length) return null;
  const mask = bytes.subarray(at - 4, at);
  const body = Buffer.from(bytes.subarray(at, at + length));
  for (let index = 0; index < body.length; index++) {
    body.writeUInt8(body.readUInt8(index) ^ mask.readUInt8(index & 3), index);
  }
  return { opcode: first & 15, final: (first & 0x80) !== 0, body, size: at + length };
}

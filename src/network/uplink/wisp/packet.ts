import type { StreamTarget } from "../streams.ts";

/** Bytes before a packet's payload: its type, then the stream's number, little-endian. @wisp packet-format */
export const headBytes = 5;

/** @wisp packet-types */
const PacketType = { connect: 1, data: 2, continue: 3, close: 4, info: 5 } as const;
/** @wisp protocol-extensions */
const Extension = { udp: 1, password: 2 } as const;
/** Bytes before an extension's payload: its id and the payload's length. */
const extensionHeadBytes = 5;
/** Extensions that are looked at: five are known to exist. */
const mostExtensions = 32;

/** Why a stream is closed, as far as we say it. @wisp close-reasons */
export const CloseReason = { voluntary: 0x02, incompatible: 0x04, cannotTakeMore: 0x81 } as const;

/** What a server says of itself. */
export interface ServerInfo {
  readonly major: number;
  readonly udp: boolean;
  readonly asksForPassword: boolean;
}

/** A packet from a server. The payload of `data` is the message from {@link headBytes} on. */
export type WispPacket =
  | { readonly kind: "data"; readonly stream: number }
  | { readonly kind: "continue"; readonly stream: number; readonly credit: number }
  | { readonly kind: "close"; readonly stream: number; readonly reason: number }
  | { readonly kind: "info"; readonly stream: number; readonly info: ServerInfo }
  | { readonly kind: "unknown"; readonly stream: number; readonly type: number };

/** Reads a message of a server; `null` when it is too short for what it says it is. */
export function readPacket(message: Uint8Array<ArrayBuffer>): WispPacket | null {
  if (message.length < headBytes) return null;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const type = view.getUint8(0);
  const stream = view.getUint32(1, true);
  switch (type) {
    case PacketType.data:
      return { kind: "data", stream };
    case PacketType.continue:
      return message.length < headBytes + 4
        ? null
        : { kind: "continue", stream, credit: view.getUint32(headBytes, true) };
    case PacketType.close:
      return message.length < headBytes + 1
        ? null
        : { kind: "close", stream, reason: view.getUint8(headBytes) };
    case PacketType.info: {
      const info = readInfo(view);
      return info === null ? null : { kind: "info", stream, info };
    }
    default:
      return { kind: "unknown", stream, type };
  }
}

function readInfo(view: DataView): ServerInfo | null {
  if (view.byteLength < headBytes + 2) return null;
  const extensions = new Set<number>();
  let at = headBytes + 2;
  while (at < view.byteLength && extensions.size < mostExtensions) {
    if (at + extensionHeadBytes > view.byteLength) return null;
    extensions.add(view.getUint8(at));
    at += extensionHeadBytes + view.getUint32(at + 1, true);
  }
  if (at > view.byteLength) return null;
  return {
    major: view.getUint8(headBytes),
    udp: extensions.has(Extension.udp),
    asksForPassword: extensions.has(Extension.password),
  };
}

/** Who the user is for a server. Each at most 255 bytes of UTF-8. */
export interface WispLogin {
  readonly name: string;
  readonly password: string;
}

function packet(
  type: number,
  stream: number,
  payloadBytes: number,
): { bytes: Uint8Array<ArrayBuffer>; view: DataView } {
  const bytes = new Uint8Array(headBytes + payloadBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, type);
  view.setUint32(1, stream, true);
  return { bytes, view };
}

/** Asks for a stream. */
export function connectPacket(stream: number, { kind, host, port }: StreamTarget): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(host);
  const { bytes, view } = packet(PacketType.connect, stream, 3 + name.length);
  view.setUint8(headBytes, kind === "tcp" ? 1 : 2);
  view.setUint16(headBytes + 1, port, true);
  bytes.set(name, headBytes + 3);
  return bytes;
}

/** Carries bytes of a stream. */
export function dataPacket(stream: number, payload: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { bytes } = packet(PacketType.data, stream, payload.length);
  bytes.set(payload, headBytes);
  return bytes;
}

/** Closes a stream, or with stream 0 the connection. */
export function closePacket(stream: number, reason: number): Uint8Array<ArrayBuffer> {
  const { bytes, view } = packet(PacketType.close, stream, 1);
  view.setUint8(headBytes, reason);
  return bytes;
}

/** Says what we are: version 2.0, with UDP, and with a login where there is one. */
export function infoPacket(login: WispLogin | null): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(login?.name ?? "");
  const password = new TextEncoder().encode(login?.password ?? "");
  const loginBytes = 3 + name.length + password.length;
  const extensionsBytes = extensionHeadBytes + (login === null ? 0 : extensionHeadBytes + loginBytes);
  const { bytes, view } = packet(PacketType.info, 0, 2 + extensionsBytes);
  view.setUint8(headBytes, 2);
  let at = headBytes + 2;
  view.setUint8(at, Extension.udp);
  at += extensionHeadBytes;
  if (login === null) return bytes;
  view.setUint8(at, Extension.password);
  view.setUint32(at + 1, loginBytes, true);
  at += extensionHeadBytes;
  view.setUint8(at, name.length);
  view.setUint16(at + 1, password.length, true);
  bytes.set(name, at + 3);
  bytes.set(password, at + 3 + name.length);
  return bytes;
}

const reasonWords: Readonly<Record<number, string>> = {
  2: "The server closed the connection.",
  3: "The connection broke on the server's side.",
  4: "The server wants an extension of the protocol that is not known here.",
  65: "The server refuses such an address or port.",
  66: "The server cannot reach the address, or does not know the name.",
  67: "There was no answer from the address.",
  68: "The address refused the connection.",
  71: "The connection fell silent for too long.",
  72: "The server does not allow this address.",
  73: "The server allows no more for now.",
  192: "The Wisp server does not accept the name or the password.",
  193: "The Wisp server does not accept the signature.",
  194: "The Wisp server asks for a name and a password.",
};

/** A close reason in a sentence. */
export function closeWords(reason: number): string {
  return reasonWords[reason] ?? `The server closed the connection (reason ${reason}).`;
}

/** Whether a server that said so at the handshake will say it again. */
export function isHopeless(reason: number): boolean {
  return reason === CloseReason.incompatible || (reason >= 0xc0 && reason <= 0xc2);
}

import { putWire32 } from "../frame/index.ts";
import type { Datagram, Udp } from "./udp.ts";

const ntpPort = 123;
/** Bytes of a message without keys and extensions. @rfc 5905 7.3 */
const messageBytes = 48;
/** Where the parts of a message are. */
const messageAt = {
  head: 0,
  stratum: 1,
  poll: 2,
  precision: 3,
  dispersion: 8,
  reference: 12,
  updated: 16,
  origin: 24,
  received: 32,
  sent: 40,
} as const;

const clientMode = 3;
const serverMode = 4;
/** Behind a good clock: the browser's own is kept by some operating system's client. */
const stratum = 3;
/** 2^-10 s: browsers tell the time in milliseconds. */
const precision = -10;
/** 10 ms in units of 2^-16 s: what a busy page may add. */
const dispersion = 655;
/** Seconds from 1900, where NTP's time begins, to 1970. */
const secondsTo1970 = 2_208_988_800;

/**
 * Answers questions for the time. Disposing stops it.
 *
 * @param wallClock  milliseconds since 1970
 */
export function openNtpServer(udp: Udp, wallClock: () => number): Disposable {
  const socket = udp.open(ntpPort, (datagram) => {
    const answer = answerTo(datagram, wallClock());
    if (answer !== null) socket.send({ ip: datagram.from, port: datagram.fromPort }, answer);
  });
  return socket;
}

function answerTo({ bytes, at, length }: Datagram, now: number): Uint8Array<ArrayBuffer> | null {
  const head = bytes[at] ?? 0;
  const version = (head >>> 3) & 7;
  if (length < messageBytes || (head & 7) !== clientMode || version < 1 || version > 4) return null;
  const out = new Uint8Array(messageBytes);
  out[messageAt.head] = (version << 3) | serverMode;
  out[messageAt.stratum] = stratum;
  out[messageAt.poll] = bytes[at + messageAt.poll] ?? 0;
  out[messageAt.precision] = precision & 0xff;
  putWire32(out, messageAt.dispersion, dispersion);
  putWire32(out, messageAt.reference, 0x7f7f_0100); // 127.127.1.0: the clock of this computer
  putTime(out, messageAt.updated, now);
  const asked = at + messageAt.sent;
  out.set(bytes.subarray(asked, asked + 8), messageAt.origin);
  putTime(out, messageAt.received, now);
  putTime(out, messageAt.sent, now);
  return out;
}

/** A time in seconds since 1900 and 2^-32 of them. The seconds start over in 2036, as clients expect. */
function putTime(out: Uint8Array, at: number, milliseconds: number): void {
  const seconds = Math.floor(milliseconds / 1000);
  putWire32(out, at, (seconds + secondsTo1970) % 0x1_0000_0000);
  putWire32(out, at + 4, Math.floor(((milliseconds - seconds * 1000) / 1000) * 0x1_0000_0000));
}

import { type AnyBytes, HvError } from "../../support/index.ts";
import type { HostStream, StreamListener } from "../../vsp/index.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A connection with a program in the guest, for whoever may wait. Everything that is lost rejects with HvError `socket.lost`. */
export interface SocketStream {
  readonly guestPort: number;
  readonly hostPort: number;
  /** Waits for at least one byte, takes at most `limit`; they are the caller's. `null`: the guest has said everything. */
  read(limit: number): Promise<Bytes | null>;
  /** Waits until all of it is under way. */
  write(bytes: AnyBytes): Promise<void>;
  /** Nothing more is written. */
  end(): void;
  abort(): void;
}

/** Makes a stream whose callers wait. @param lost  what a person reads when the connection broke off */
export function socketStream(
  stream: HostStream,
  lost: () => string,
): { readonly stream: SocketStream; readonly changed: StreamListener } {
  let waiting: (() => void)[] = [];

  function changed(): void {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  }
  const change = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  const failure = (): HvError => new HvError("socket.lost", lost(), { hresult: 0x80072746 });

  async function read(limit: number): Promise<Bytes | null> {
    for (;;) {
      const piece = stream.read(limit);
      if (piece === "end") return null;
      if (piece === "lost") throw failure();
      if (piece !== "wait") return withMore(stream, piece, limit);
      await change();
    }
  }
  async function write(bytes: AnyBytes): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const taken = stream.write(bytes.subarray(at));
      if (taken === "lost") throw failure();
      at += taken;
      if (at < bytes.length) await change();
    }
  }
  const { guestPort, hostPort, end, abort } = stream;
  return { stream: { guestPort, hostPort, read, write, end, abort }, changed };
}

/** A piece with what else has arrived already. */
function withMore(stream: HostStream, first: Bytes, limit: number): Bytes {
  const pieces = [first];
  let length = first.length;
  while (length < limit) {
    const next = stream.read(limit - length);
    if (typeof next === "string") break;
    pieces.push(next);
    length += next.length;
  }
  if (pieces.length === 1) return first;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

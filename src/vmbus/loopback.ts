import type { Carrier } from "../hvdef/index.ts";

/** A pair of carriers within one thread: what one sends, the other receives, in order, later. */
export interface LoopbackCarriers {
  readonly child: Carrier;
  readonly parent: Carrier;
}

/**
 * Makes the pair for tests and the lab.
 *
 * @param schedule  runs a function later in the same thread, in order
 * @param move      stands for the transfer: gives back the buffer the receiver gets, and may detach the sender's
 */
export function loopbackCarriers(
  schedule: (deliver: () => void) => void,
  move: (buffer: ArrayBuffer) => ArrayBuffer = (buffer) => buffer,
): LoopbackCarriers {
  const child = openEnd();
  const parent = openEnd();
  return { child: carrier(child, parent), parent: carrier(parent, child) };

  function carrier(own: End, other: End): Carrier {
    return {
      send(buffer, used) {
        const moved = move(buffer);
        schedule(() => other.take(moved, used));
      },
      receive: (handler) => own.listen(handler),
      [Symbol.dispose]: () => own.close(),
    };
  }
}

type Handler = (buffer: ArrayBuffer, used: number) => void;

interface End {
  take: Handler;
  listen(handler: Handler): void;
  close(): void;
}

/** Keeps what arrives before somebody listens, as a MessagePort does. */
function openEnd(): End {
  let early: [ArrayBuffer, number][] = [];
  const end: End = {
    take: (buffer, used) => void early.push([buffer, used]),
    listen(handler) {
      end.take = handler;
      for (const [buffer, used] of early) handler(buffer, used);
      early = [];
    },
    close() {
      end.take = () => {};
      early = [];
    },
  };
  return end;
}

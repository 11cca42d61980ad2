import type { SocketStream } from "../../src/vmms/sockets/socket-stream.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** One direction: what was written and not read, and how it ended. */
interface Pipe {
  readonly pieces: Bytes[];
  end: "open" | "ended" | "broken";
  wake(): void;
  changed(): Promise<void>;
}

function openPipe(): Pipe {
  const waiting: (() => void)[] = [];
  return {
    pieces: [],
    end: "open",
    wake() {
      for (const go of waiting.splice(0)) go();
    },
    changed: () => new Promise((resolve) => waiting.push(resolve)),
  };
}

/**
 * Two ends of a connection in memory.
 * @param window  pieces that a direction holds
 */
export function streamPair(window = 4): readonly [SocketStream, SocketStream] {
  const there = openPipe();
  const back = openPipe();
  const all = [there, back];
  function abort(): void {
    for (const pipe of all) {
      if (pipe.end === "open") pipe.end = "broken";
      pipe.wake();
    }
  }
  function end(out: Pipe, into: Pipe): SocketStream {
    return {
      guestPort: 1,
      hostPort: 2,
      async read(limit) {
        for (;;) {
          const first = into.pieces.shift();
          if (first !== undefined) {
            if (first.length > limit) into.pieces.unshift(first.slice(limit));
            into.wake();
            return first.slice(0, limit);
          }
          if (into.end === "ended") return null;
          if (into.end === "broken") throw new Error("broken");
          await into.changed();
        }
      },
      async write(bytes) {
        while (out.pieces.length >= window && out.end === "open") await out.changed();
        if (out.end !== "open") throw new Error("broken");
        if (bytes.length > 0) out.pieces.push(Uint8Array.from(bytes));
        out.wake();
      },
      end() {
        if (out.end === "open") out.end = "ended";
        out.wake();
      },
      abort,
    };
  }
  return [end(there, back), end(back, there)];
}

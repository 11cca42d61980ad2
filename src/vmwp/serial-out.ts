import type { OwnBytes } from "../support/index.ts";

const chunkBytes = 4096;
/** Of what was said last, for whoever goes on from a saved state. Reason: a few screens of text. */
export const lastSaidBytes = 16_384;

/** The guest's serial port, outwards. */
export interface SerialOut {
  put(byte: number): void;
  flush(): void;
  /** What was said last, {@link lastSaidBytes} at most. */
  lastSaid(): OwnBytes;
  /** Takes over what was said before. @param aloud  whether it is said again */
  goOn(said: OwnBytes, aloud: boolean): void;
}

/** Collects the guest's serial bytes and hands them on once a turn, or when a chunk is full. */
export function openSerialOut(send: (bytes: OwnBytes) => void): SerialOut {
  const chunk = new Uint8Array(chunkBytes);
  let used = 0;
  let said: OwnBytes = new Uint8Array(0);
  function remember(bytes: OwnBytes): void {
    const all = new Uint8Array(said.length + bytes.length);
    all.set(said);
    all.set(bytes, said.length);
    said = all.slice(-lastSaidBytes);
  }
  function flush(): void {
    if (used === 0) return;
    const bytes = chunk.slice(0, used);
    used = 0;
    remember(bytes);
    send(bytes);
  }
  return {
    put(byte) {
      chunk[used++] = byte;
      if (used === chunkBytes) flush();
    },
    flush,
    lastSaid() {
      flush();
      return said.slice();
    },
    goOn(before, aloud) {
      said = before.slice(-lastSaidBytes);
      if (aloud && said.length > 0) send(said.slice());
    },
  };
}

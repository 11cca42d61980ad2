import type { OwnBytes } from "../support/index.ts";

const chunkBytes = 4096;

/** Collects the guest's serial bytes and hands them on once a turn, or when a chunk is full. */
export function openSerialOut(send: (bytes: OwnBytes) => void): { put(byte: number): void; flush(): void } {
  const chunk = new Uint8Array(chunkBytes);
  let used = 0;
  function flush(): void {
    if (used === 0) return;
    send(chunk.slice(0, used));
    used = 0;
  }
  return {
    put(byte) {
      chunk[used++] = byte;
      if (used === chunkBytes) flush();
    },
    flush,
  };
}

import type { Carrier } from "../hvdef/index.ts";

interface BatchMessage {
  readonly buffer: ArrayBuffer;
  readonly used: number;
}

function isBatch(value: unknown): value is BatchMessage {
  if (typeof value !== "object" || value === null) return false;
  const { buffer, used } = value as { buffer?: unknown; used?: unknown };
  return (
    buffer instanceof ArrayBuffer &&
    Number.isInteger(used) &&
    (used as number) >= 0 &&
    (used as number) <= buffer.byteLength
  );
}

/** Carries batches as messages with transferred buffers. Works in every page. Owns the port. */
export function portCarrier(port: MessagePort): Carrier {
  let open = true;
  return {
    send(buffer, used) {
      if (open) port.postMessage({ buffer, used } satisfies BatchMessage, [buffer]);
    },
    receive(handler) {
      port.onmessage = (event: MessageEvent<unknown>) => {
        if (open && isBatch(event.data)) handler(event.data.buffer, event.data.used);
      };
    },
    [Symbol.dispose]() {
      open = false;
      port.close();
    },
  };
}

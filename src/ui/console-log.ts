import type { ConsoleSession } from "./host.ts";

/** A console with its owner's side: where output comes in and input goes out. */
export interface ConsoleLog extends ConsoleSession {
  /** Output of the guest, raw bytes. */
  receive(bytes: Uint8Array<ArrayBuffer>): void;
  /** Where input goes from now on; `null` while the machine is off, input is then dropped. */
  connect(send: ((bytes: Uint8Array<ArrayBuffer>) => void) | null): void;
}

/** Characters kept. Reason: a kernel's log is about 60 KiB; four of those. */
const kept = 256 * 1024;

/** Opens an empty console. Its text stays when the machine is turned off and on again. */
export function openConsoleLog(): ConsoleLog {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const listeners = new Set<(text: string) => void>();
  let pieces: string[] = [];
  let length = 0;
  let sink: ((bytes: Uint8Array<ArrayBuffer>) => void) | null = null;

  function append(text: string): void {
    pieces.push(text);
    length += text.length;
    if (length <= 2 * kept) return;
    pieces = [pieces.join("").slice(-kept)];
    length = kept;
  }
  return {
    text: () => {
      pieces = [pieces.join("")];
      return (pieces[0] ?? "").slice(-kept);
    },
    send: (text) => sink?.(encoder.encode(text)),
    onOutput(handler) {
      listeners.add(handler);
      return () => listeners.delete(handler);
    },
    receive(bytes) {
      const text = decoder.decode(bytes, { stream: true });
      if (text === "") return;
      append(text);
      for (const listener of listeners) listener(text);
    },
    connect(send) {
      sink = send;
    },
  };
}

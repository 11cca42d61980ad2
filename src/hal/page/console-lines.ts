import type { ScreenNews } from "../../hvdef/index.ts";
import { type ScreenLine, screenLine } from "./screen-line.ts";

/** Where a machine's serial bytes go to and come from. */
export interface SerialEnd {
  /** Output of the guest, raw bytes. */
  receive(bytes: Uint8Array<ArrayBuffer>): void;
  connect(send: (bytes: Uint8Array<ArrayBuffer>) => void): void;
}

/** Who shows a machine's screen. */
export interface ScreenEnd {
  connect(line: ScreenLine): void;
  told(news: ScreenNews): void;
}

/** Connects both to a child that is about to start; the ports are its ends. */
export function consoleLines(
  serial: SerialEnd,
  shown: ScreenEnd,
): { readonly console: MessagePort; readonly screen: MessagePort } {
  const bytes = new MessageChannel();
  bytes.port1.onmessage = (event: MessageEvent<Uint8Array<ArrayBuffer>>) => serial.receive(event.data);
  serial.connect((typed) => bytes.port1.postMessage(typed));
  const screen = new MessageChannel();
  shown.connect(screenLine(screen.port1, shown.told));
  return { console: bytes.port2, screen: screen.port2 };
}

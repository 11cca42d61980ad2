import type { CapturedFrame, NetworkSummary } from "../../hvdef/index.ts";
import {
  type Capture,
  openCapture,
  parseFilter,
  pcapngPieces,
  type VirtualSwitch,
} from "../../network/index.ts";
import { type Clock, HvError } from "../../support/index.ts";
import { openCaptureReading, type WantedFrames } from "./capture-reading.ts";

/** Bytes of memory for the frames of one network. */
const captureBytes = 8 << 20;

/** The capture of a network: one at a time, of a port or of all. */
export function openCaptureDesk(lan: VirtualSwitch, around: { readonly clock: Clock; wallClock(): number }) {
  let capture: Capture | null = null;
  let reading: ReturnType<typeof openCaptureReading> | null = null;
  let tap: Disposable | null = null;
  let running: NetworkSummary["capture"] = null;

  function stop(): void {
    capture?.stop();
    tap?.[Symbol.dispose]();
    tap = null;
    running = null;
  }
  const nameOf = (number: number): string =>
    lan.ports().find((port) => port.number === number)?.settings.name ?? `port ${number}`;

  return {
    stop,
    /** The capture that runs. */
    running: (): NetworkSummary["capture"] => running,
    start(number: number | null): void {
      const port = number === null ? null : (lan.ports().find((one) => one.number === number) ?? null);
      if (number !== null && port === null)
        throw new HvError("network.noPort", `There is no port ${number} any more.`);
      stop();
      capture?.[Symbol.dispose]();
      capture = openCapture({ clock: around.clock, wallClock: around.wallClock, limitBytes: captureBytes });
      reading = openCaptureReading(capture, nameOf);
      capture.start();
      tap = lan.tap(port, capture.tap);
      running = { port: number, since: around.wallClock() };
    },
    read: (wanted: WantedFrames): readonly CapturedFrame[] => reading?.read(wanted) ?? checked(wanted),
    save(name: string): Uint8Array<ArrayBuffer> {
      if (capture === null)
        throw new HvError("network.noCapture", `Nothing was captured on ${name} yet. Start a capture first.`);
      const ports = lan.ports().map((port) => ({ port: port.number, name: port.settings.name }));
      const pieces = [...pcapngPieces(capture, { ports, application: "Tabvisor", comment: name })];
      const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
      let at = 0;
      for (const piece of pieces) {
        whole.set(piece, at);
        at += piece.length;
      }
      return whole;
    },
  };
}

/** Nothing was captured yet; a filter that makes no sense is told all the same. @throws HvError `network.filter` */
function checked({ filter }: WantedFrames): readonly CapturedFrame[] {
  const parsed = parseFilter(filter);
  if (parsed.kind === "wrong") throw new HvError("network.filter", parsed.text);
  return [];
}

import type { CapturedFrame } from "../../hvdef/index.ts";
import { type Capture, openDissector, parseFilter } from "../../network/index.ts";
import { HvError } from "../../support/index.ts";

/** Which captured frames a reader wants. */
export interface WantedFrames {
  /** Number of the last frame it has; 0 for none. */
  readonly after: number;
  readonly limit: number;
  readonly filter: string;
}

/** Frames looked at in one piece. */
const pageFrames = 256;

/**
 * Reads a capture in words. A reader that asks for what comes after its last frame goes on where it was: only what
 * is new is decoded. Any other question begins with the oldest frame, since conversations count from their start.
 *
 * @param nameOf  the name of a port
 */
export function openCaptureReading(capture: Capture, nameOf: (port: number) => string) {
  let dissector = openDissector();
  let filter = "";
  let next = 0;
  let last = -1;

  function decode(frame: ReturnType<Capture["since"]>["frames"][number]) {
    return dissector.decode({ bytes: frame.bytes, length: frame.length, port: nameOf(frame.port) });
  }

  return {
    /** @throws HvError `network.filter` with the position of the mistake */
    read(wanted: WantedFrames): readonly CapturedFrame[] {
      const parsed = parseFilter(wanted.filter);
      if (parsed.kind === "wrong") throw new HvError("network.filter", parsed.text);
      if (wanted.filter !== filter || wanted.after !== last) {
        dissector = openDissector();
        ({ filter } = wanted);
        next = capture.first();
        last = wanted.after;
      }
      const found: CapturedFrame[] = [];
      while (next < capture.next() && found.length < wanted.limit) {
        const page = capture.since(next, pageFrames);
        if (page.frames.length === 0) break;
        for (const frame of page.frames) {
          next = frame.number + 1;
          const decoded = decode(frame);
          if (frame.number <= wanted.after || !parsed.matches(decoded)) continue;
          found.push({
            sequence: frame.number,
            at: frame.at,
            port: frame.port,
            direction: frame.direction,
            length: frame.length,
            protocol: decoded.protocol,
            source: decoded.source,
            destination: decoded.target,
            text: decoded.malformed === null ? decoded.summary : `${decoded.summary} [${decoded.malformed}]`,
          });
          last = frame.number;
          if (found.length >= wanted.limit) break;
        }
      }
      return found;
    },
  };
}

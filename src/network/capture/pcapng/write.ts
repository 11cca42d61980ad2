import type { Capture, CapturedFrame } from "../capture.ts";
import type { PortCount } from "../port-counts.ts";
import { enhancedPacket, interfaceDescription, interfaceStatistics, sectionHeader } from "./blocks.ts";

/** A port as a file names it. */
export interface PcapngPort {
  /** Its number, as the tap was given it. */
  readonly port: number;
  readonly name: string;
  /** e.g. the machine and adapter behind it. */
  readonly description?: string;
  readonly comment?: string;
}

/** What a file says besides the frames. */
export interface PcapngWords {
  /** Every port that may have been heard. Frames of others are written under a name made of the number. */
  readonly ports: readonly PcapngPort[];
  /** The program that wrote the file. */
  readonly application: string;
  /** For whoever opens the file. */
  readonly comment?: string;
  /** Which frames are written. Default: all. Called once for each, in order. */
  readonly keep?: (frame: CapturedFrame) => boolean;
}

/** Bytes gathered before a piece is handed out: few pieces, little memory. */
const pieceBytes = 64 << 10;
/** Frames read at a time. */
const frameBatch = 64;

/** A port, and what was known of it when the writing began. */
interface PortLine {
  readonly words: PcapngPort;
  /** Its place among the descriptions. */
  readonly interfaceId: number;
  readonly count: PortCount;
  written: number;
  passedOver: number;
}

/** What is to be written: taken in one go, since the capture may go on. */
interface Plan {
  readonly first: number;
  /** The first that is too late. */
  readonly next: number;
  readonly started: number;
  readonly ended: number;
  readonly snapLength: number;
  readonly lines: ReadonlyMap<number, PortLine>;
}

/**
 * Writes what a capture holds now as a pcapng file, in pieces; each piece is the reader's own. The capture may go
 * on: what comes later is not written, and what is given up before its turn is counted as dropped.
 *
 * @pcapng general file structure
 */
export function pcapngPieces(capture: Capture, words: PcapngWords): Generator<Uint8Array<ArrayBuffer>> {
  return gathered(blocks(capture, planOf(capture, words), words));
}

function planOf(capture: Capture, { ports }: PcapngWords): Plan {
  const ended = capture.stopped ?? capture.now();
  const unnamed = capture.heard().map((port) => ({ port, name: `port ${port}` }));
  const lines = new Map<number, PortLine>();
  for (const port of [...ports, ...unnamed]) {
    if (lines.has(port.port)) continue;
    const count = capture.count(port.port);
    lines.set(port.port, { words: port, interfaceId: lines.size, count, written: 0, passedOver: 0 });
  }
  const { snapLength, started } = capture;
  return {
    first: capture.first(),
    next: capture.next(),
    started: started ?? ended,
    ended,
    snapLength,
    lines,
  };
}

function* gathered(blocks: Iterable<Uint8Array>): Generator<Uint8Array<ArrayBuffer>> {
  let held: Uint8Array[] = [];
  let length = 0;
  for (const block of blocks) {
    held.push(block);
    length += block.length;
    if (length < pieceBytes) continue;
    yield joined(held, length);
    held = [];
    length = 0;
  }
  if (length > 0) yield joined(held, length);
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

function* blocks(capture: Capture, plan: Plan, words: PcapngWords): Generator<Uint8Array<ArrayBuffer>> {
  yield sectionHeader(words);
  for (const { words: port } of plan.lines.values()) {
    yield interfaceDescription({ ...port, snapLength: plan.snapLength });
  }
  yield* packets(capture, plan, words);
  const { started, ended } = plan;
  for (const { interfaceId, count, written, passedOver } of plan.lines.values()) {
    const received = count.in + count.out;
    const dropped = received - written - passedOver;
    yield interfaceStatistics({ interfaceId, started, ended, received, dropped, accepted: written });
  }
}

function* packets(capture: Capture, plan: Plan, { keep }: PcapngWords): Generator<Uint8Array<ArrayBuffer>> {
  let number = plan.first;
  while (number < plan.next) {
    const page = capture.since(number, Math.min(frameBatch, plan.next - number));
    // A capture that was closed meanwhile has nothing more for us.
    if (page.next <= number) return;
    number = page.next;
    for (const frame of page.frames) {
      const line = plan.lines.get(frame.port);
      // Frames given up in between leave room in the page for later ones.
      if (frame.number >= plan.next || line === undefined) return;
      if (keep === undefined || keep(frame)) {
        line.written++;
        yield enhancedPacket({ ...frame, interfaceId: line.interfaceId });
      } else line.passedOver++;
    }
  }
}

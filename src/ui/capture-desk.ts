import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { CapturedFrame, NetworkId, NetworkSummary } from "../hvdef/index.ts";
import { reasonSentence } from "./format.ts";
import type { NetworkHost } from "./host.ts";

/** What the page knows of the capture on one network. */
export interface CaptureDesk {
  /** `idle`: the page knows of no capture. */
  readonly state: ReadonlySignal<"idle" | "starting" | "running" | "stopping" | "stopped">;
  /** The port that is or was captured; `null`: all of them. */
  readonly port: ReadonlySignal<number | null>;
  /** The last ones that match, bounded, oldest first. */
  readonly frames: ReadonlySignal<readonly CapturedFrame[]>;
  /** Matching frames before {@link frames} that are not listed any more. */
  readonly before: ReadonlySignal<number>;
  readonly filter: ReadonlySignal<string>;
  /** What is wrong with the filter; the list is that of the last one that could be read. */
  readonly mistake: ReadonlySignal<string | null>;
  readonly problem: ReadonlySignal<string | null>;
  readonly saving: ReadonlySignal<boolean>;
  /** Takes up what the host says of the capture: it may have begun before the page did, or in another view. */
  follow(capture: NetworkSummary["capture"]): void;
  start(port: number | null): Promise<void>;
  stop(): Promise<void>;
  /** Takes another filter; the list is read again with it. */
  type(filter: string): void;
  /** Reads what is new. A view calls it again and again while it is seen. */
  read(): Promise<void>;
  save(fileName: string): Promise<void>;
  dismiss(): void;
}

/** Rows kept in the page; all the rest is in the file that can be saved. */
export const rowsKept = 5000;
const readAtOnce = 1000;
// A long capture is read in several goes: the page stays quick between them.
const goesAtOnce = 5;
/** Answers that took longer than this, milliseconds, are followed by a rest: the parent has guests to serve. */
const quickMs = 50;
/** How many times as long the rest is. */
const restShare = 4;

interface Reading {
  /** The filter of the rows there are. */
  filter: string;
  after: number;
  /** No more frames come, and all were read. */
  done: boolean;
}

/** Opens the capture desk of a network. */
export function openCaptureDesk(host: NetworkHost, network: NetworkId): CaptureDesk {
  const state = signal<CaptureDesk["state"]["value"]>("idle");
  const port = signal<number | null>(null);
  const frames = signal<readonly CapturedFrame[]>([]);
  const before = signal(0);
  const filter = signal("");
  const mistake = signal<string | null>(null);
  const problem = signal<string | null>(null);
  const saving = signal(false);
  let reading: Reading = { filter: "", after: 0, done: true };
  // A filter that was refused is not asked again until it is another one.
  let refused: string | null = null;
  let busy = false;
  let restUntil = 0;
  /** When the capture that runs began; `null`: the host has not said so yet. */
  let since: number | null = null;

  function begin(wanted: number | null): void {
    batch(() => {
      state.value = "running";
      port.value = wanted;
      frames.value = [];
      before.value = 0;
    });
    reading = { filter: reading.filter, after: 0, done: false };
  }

  function take(next: Reading, found: readonly CapturedFrame[], fresh: boolean): void {
    batch(() => {
      const all = fresh ? found : [...frames.value, ...found];
      const extra = Math.max(0, all.length - rowsKept);
      before.value = (fresh ? 0 : before.value) + extra;
      if (fresh || found.length > 0) frames.value = extra > 0 ? all.slice(extra) : all;
      mistake.value = null;
    });
    reading = next;
  }

  /** One question. Answers whether there is more to read at once. */
  async function readOnce(): Promise<boolean> {
    const wanted = filter.peek();
    const fresh = wanted !== reading.filter;
    if (wanted === refused) return false;
    const asked = reading;
    const after = fresh ? 0 : reading.after;
    const running = state.peek() === "running";
    // Meanwhile another capture may have begun, or another filter been typed.
    const isStale = (): boolean => reading !== asked || filter.peek() !== wanted;
    try {
      const found = await host.readCapture(network, { after, limit: readAtOnce, filter: wanted });
      if (isStale()) return true;
      const full = found.length >= readAtOnce;
      take({ filter: wanted, after: found.at(-1)?.sequence ?? after, done: !full && !running }, found, fresh);
      return full;
    } catch (error) {
      if (isStale()) return true;
      if (fresh) {
        refused = wanted;
        mistake.value = reasonSentence(error);
      } else problem.value = reasonSentence(error);
      return false;
    }
  }

  async function read(): Promise<void> {
    const idle = state.peek() === "idle" || state.peek() === "starting";
    const sameFilter = filter.peek() === reading.filter;
    // Another filter is somebody who waits for its rows.
    if (busy || idle || (sameFilter && (reading.done || Date.now() < restUntil))) return;
    busy = true;
    const begun = Date.now();
    for (let go = 0; go < goesAtOnce; go += 1) if (!(await readOnce())) break;
    const took = Date.now() - begun;
    restUntil = took > quickMs ? begun + took + restShare * took : 0;
    busy = false;
  }

  return {
    state,
    port,
    frames,
    before,
    filter,
    mistake,
    problem,
    saving,
    follow(capture) {
      const now = state.peek();
      // What the page itself has under way is told by its own answer.
      if (now === "starting" || now === "stopping") return;
      const isKnown = now === "running" && (since === null || since === capture?.since);
      if (capture === null) {
        if (now === "running") state.value = "stopped";
      } else {
        if (!isKnown) begin(capture.port);
        since = capture.since;
      }
    },
    async start(wanted) {
      if (state.peek() === "starting" || state.peek() === "running") return;
      const earlier = state.peek();
      state.value = "starting";
      problem.value = null;
      try {
        await host.startCapture(network, wanted);
        since = null;
        begin(wanted);
      } catch (error) {
        state.value = earlier;
        problem.value = reasonSentence(error);
      }
    },
    async stop() {
      if (state.peek() !== "running") return;
      state.value = "stopping";
      try {
        await host.stopCapture(network);
        state.value = "stopped";
      } catch (error) {
        state.value = "running";
        problem.value = reasonSentence(error);
      }
    },
    type(text) {
      filter.value = text;
      refused = null;
      if (text === reading.filter) mistake.value = null;
    },
    read,
    async save(fileName) {
      if (saving.peek()) return;
      saving.value = true;
      problem.value = null;
      try {
        await host.saveCapture(network, fileName);
      } catch (error) {
        problem.value = reasonSentence(error);
      } finally {
        saving.value = false;
      }
    },
    dismiss() {
      problem.value = null;
    },
  };
}

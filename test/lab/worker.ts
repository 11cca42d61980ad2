import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { openEngine } from "../../src/hal/v86/engine.ts";
import type {
  ChannelId,
  Grant,
  PartitionMessage,
  SavedChild,
  ScreenNews,
  VmConfiguration,
} from "../../src/hvdef/index.ts";
import { type InspectNode, micros } from "../../src/support/index.ts";
import {
  type ChannelOwner,
  type FrameOwner,
  loopbackCarriers,
  openEndpoints,
  openLink,
} from "../../src/vmbus/index.ts";
import { openWorkerProcess, type ThreadWaits } from "../../src/vmwp/index.ts";
import { straightLines } from "./straight.ts";

/** A real guest in this thread: the worker process of one machine and its parent over a loopback link. */
export interface GuestLab {
  text(): string;
  send(text: string): void;
  /** Waits for the pattern in everything since the last match. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<string>;
  /** Types a command at the shell. @returns its output without carriage returns. @throws when it fails */
  shell(command: string, timeoutMs?: number): Promise<string>;
  readonly api: ReturnType<typeof openWorkerProcess>["api"];
  readonly messages: readonly PartitionMessage[];
  /** What the bus offered at the start. */
  readonly offers: VmConfiguration["offers"];
  inspect(): InspectNode | null;
  /** The parent's ends. */
  inspectEnds(): InspectNode;
  /** Waits until the worker process says so. */
  message(kind: PartitionMessage["kind"], timeoutMs?: number): Promise<PartitionMessage>;
  grant(grant: Grant): void;
  readonly screen: ReturnType<typeof openWorkerProcess>["screen"];
  end(): Promise<void>;
}

/** A machine and whoever serves its channels. */
export interface WorkerLabOptions {
  /** A GUID. */
  readonly id: string;
  readonly configuration: Omit<VmConfiguration, "firmware">;
  readonly owners: readonly { readonly channel: ChannelId; readonly owner: ChannelOwner }[];
  /** Likewise for channels that carry frames. */
  readonly screenTold?: (news: ScreenNews) => void;
  readonly frameOwners?: readonly { readonly channel: number; readonly owner: FrameOwner }[];
  /** What it was saved as, instead of a start. */
  readonly saved?: SavedLab;
  /** Microseconds by which the machine's clocks are set on; none when absent. */
  readonly turned?: () => number;
}

/** What a worker process made of a machine that was saved. */
export interface SavedLab {
  readonly child: SavedChild;
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
}

/** Saves a machine. It stays paused. */
export async function saveLab({ api }: Pick<GuestLab, "api">): Promise<SavedLab> {
  await api.pause();
  const child = await api.save();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let piece = await api.takePages(); piece !== null; piece = await api.takePages()) pieces.push(piece);
  return { child, pieces };
}

export const prompt = /tabvisor:[^\n]*# $/;

/** A built file of `public/`. @throws with the command that makes it */
export function builtFile(path: string): Uint8Array<ArrayBuffer> {
  const file = `public/${path}`;
  if (!existsSync(file)) throw new Error(`${file} is missing: run npm run images and npm run wasm`);
  const bytes = readFileSync(file);
  return new Uint8Array(path.endsWith(".gz") ? gunzipSync(bytes) : bytes);
}

/**
 * Node hands out hundreds of port messages before it lets other tasks in, and the engine's compiled code
 * arrives as such a task: the page's waits would starve it here.
 */
function nodeWaits(): ThreadWaits {
  let wake: (() => void) | null = null;
  const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    breathe,
    sleep(milliseconds) {
      if (milliseconds < 1) return breathe();
      return new Promise((resolve) => {
        const timer = setTimeout(end, milliseconds);
        function end(): void {
          clearTimeout(timer);
          wake = null;
          resolve();
        }
        wake = end;
      });
    },
    wake: () => wake?.(),
  };
}

let compiled: WebAssembly.Module | null = null;

/** The hooked engine core, compiled once for all tests of a file. */
export function engineCore(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(builtFile("engine/core.wasm"));
  return compiled;
}

/** Starts a machine. @throws when it cannot be put together */
export async function openWorkerLab(options: WorkerLabOptions): Promise<GuestLab> {
  const { id, configuration, owners, frameOwners = [], turned = () => 0 } = options;
  const { child: childCarrier, parent: parentCarrier } = loopbackCarriers(queueMicrotask);
  const endpoints = openEndpoints(openLink(parentCarrier), queueMicrotask);
  for (const { channel, owner } of owners) endpoints.attach(channel, owner);
  for (const { channel, owner } of frameOwners) endpoints.attachFrames(channel, owner);

  const messages: PartitionMessage[] = [];
  const listeners = new Set<() => void>();
  const decoder = new TextDecoder();
  let text = "";
  let unread = "";
  let tree: InspectNode | null = null;

  const process = openWorkerProcess(id, {
    openEngine: (request) => openEngine({ core: engineCore() }, request),
    carrier: childCarrier,
    clock: { now: () => micros(performance.now() * 1000 + turned()) },
    wallClock: () => Date.now() + turned() / 1000,
    traceTime: () => performance.timeOrigin + performance.now(),
    waits: nodeWaits(),
    straight: straightLines(queueMicrotask).effects,
    fetchFile: (path) => Promise.resolve(builtFile(path)),
    report(message) {
      if (message.kind === "inspect") tree = message.tree;
      else if (message.kind !== "usage") messages.push(message);
      for (const listener of listeners) listener();
    },
    serialOut(bytes) {
      const piece = decoder.decode(bytes, { stream: true });
      text += piece;
      unread += piece;
      for (const listener of listeners) listener();
    },
    warn: (line) => console.warn(line),
    screen: {
      later(milliseconds, task) {
        const timer = setTimeout(task, milliseconds);
        return () => clearTimeout(timer);
      },
      told: (news) => options.screenTold?.(news),
    },
  });
  process.adopt({ epoch: 1, period: 20_000, budget: 20_000 });

  function until<T>(what: string, look: () => T | null, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        listeners.delete(check);
        reject(
          new Error(
            `${what} did not come within ${timeoutMs} ms; the console ends with: ${unread.slice(-800)}`,
          ),
        );
      }, timeoutMs);
      function check(): void {
        const found = look();
        if (found === null) return;
        clearTimeout(timer);
        listeners.delete(check);
        resolve(found);
      }
      listeners.add(check);
      check();
    });
  }
  function waitFor(pattern: RegExp, timeoutMs = 60_000): Promise<string> {
    return until(
      String(pattern),
      () => {
        const match = pattern.exec(unread);
        if (match === null) return null;
        unread = unread.slice(match.index + match[0].length);
        return match[0];
      },
      timeoutMs,
    );
  }
  const send = (line: string): void => process.serialInput(new TextEncoder().encode(line));
  const { saved } = options;
  if (saved === undefined) await process.api.start({ ...configuration, firmware: "firmware/" });
  else {
    await process.api.restore({ ...configuration, firmware: "firmware/" }, saved.child);
    for (const piece of saved.pieces) await process.api.putPages(piece.slice());
    await process.api.revive();
    await process.api.resume();
  }
  return {
    text: () => text,
    send,
    waitFor,
    async shell(command, timeoutMs = 60_000) {
      unread = "";
      // The quotes keep the marks apart from their echo, which the shell wraps as it likes.
      send(`echo "@"@; ${command}; echo "@$?"@\n`);
      const all = await waitFor(/@@\r\n[\s\S]*?@\d+@\r\n[\s\S]*?# $/, timeoutMs);
      const [, output = "", status = ""] = /@@\r\n([\s\S]*)@(\d+)@\r\n/.exec(all) ?? [];
      const plain = output.replaceAll("\r", "");
      if (status !== "0") throw new Error(`${command} failed with ${status}: ${plain}`);
      return plain.replace(/\n$/, "");
    },
    api: process.api,
    messages,
    offers: configuration.offers,
    inspect: () => tree,
    inspectEnds: endpoints.inspect,
    message: (kind, timeoutMs = 60_000) =>
      until(kind, () => messages.find((message) => message.kind === kind) ?? null, timeoutMs),
    grant: process.adopt,
    screen: process.screen,
    async end() {
      await process.api.pause();
      endpoints[Symbol.dispose]();
    },
  };
}

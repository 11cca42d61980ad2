import type { Automation } from "../../../src/ui/automation.ts";
import type { PeerNetwork, PeerReply, PeerRequest } from "./peer-messages.ts";

/** A machine under measurement: ours through the automation object, or the peer in its worker. */
export interface Guest {
  /** What must not be timed: earlier output is read away, the peer's disk is brought into memory. */
  prepare(): Promise<void>;
  /** From asking for the machine to its shell prompt, in milliseconds. */
  boot(): Promise<number>;
  /** Types a line at the prompt and waits until all of it is done. */
  run(line: string, timeoutMs: number): Promise<Ran>;
  /** Ends the machine and waits until it is gone. */
  end(): Promise<void>;
}

/** What a line of the shell did. */
export interface Ran {
  readonly output: string;
  /** From sending the line to its end mark, by the page's clock. */
  readonly milliseconds: number;
}

/** What the peer is built from. */
export interface PeerSettings {
  readonly memoryBytes: number;
  readonly commandLine: string;
  readonly disk: string | null;
  readonly modules: string | null;
  readonly acpi: boolean;
  readonly network: PeerNetwork;
}

/** The two kinds of guest, for the program that drives this page from outside. */
export interface Bench {
  ours(name: string): Guest;
  peer(settings: PeerSettings): Guest;
}

declare global {
  var tabvisor: Automation;
  var tabvisorBench: Bench;
  /** The machine that the program outside is timing. */
  var guest: Guest;
  /** Two machines on one network. */
  var pair: readonly [Guest, Guest];
}

const prompt = "tabvisor:~# ";
const bootTimeout = 180_000;

/** Types a text and answers what is printed up to another text. */
type Exchange = (text: string, until: string) => Promise<string>;

/** Types `line` so that only its output, not its echo, holds the mark. Ends at the next prompt. */
async function timed(line: string, exchange: Exchange): Promise<Ran> {
  const mark = `mark${Math.random().toString(36).slice(2, 8)}`;
  const started = performance.now();
  const printed = await exchange(`${line}; echo ${mark.slice(0, 4)}""${mark.slice(4)}\n`, mark);
  const milliseconds = performance.now() - started;
  await exchange("", prompt);
  const output = printed.slice(printed.indexOf("\n") + 1, printed.lastIndexOf(mark)).replaceAll("\r", "");
  return { output, milliseconds };
}

function ours(name: string): Guest {
  const console = tabvisor.console(name);
  const exactly = (text: string) => text.replace(/[$.*+?()[\]{}|\\^]/g, "\\$&");
  return {
    async prepare() {
      await console.waitFor(/[\s\S]*/);
    },
    async boot() {
      const started = performance.now();
      await tabvisor.start(name, { cold: true });
      await console.waitFor(new RegExp(exactly(prompt)), bootTimeout);
      return performance.now() - started;
    },
    run: (line, timeoutMs) =>
      timed(line, (text, until) => {
        if (text !== "") console.send(text);
        return console.waitFor(new RegExp(`[\\s\\S]*?${exactly(until)}`), timeoutMs);
      }),
    async end() {
      await tabvisor.stop(name);
      while (tabvisor.vms().some((vm) => vm.name === name && vm.state !== "off")) await pause(50);
    },
  };
}

function peer(settings: PeerSettings): Guest {
  const worker = new Worker(new URL("bench/peer.worker.js", document.baseURI), {
    type: "module",
    name: "peer",
  });
  const base = document.baseURI;
  function ask(request: PeerRequest, timeoutMs: number): Promise<PeerReply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the peer gave no answer in ${timeoutMs} ms`)),
        timeoutMs,
      );
      worker.onerror = (event) => reject(new Error(`the peer failed: ${event.message}`));
      worker.onmessage = (event: MessageEvent<PeerReply>) => {
        clearTimeout(timer);
        if (event.data.kind === "failed") reject(new Error(`the peer failed: ${event.data.reason}`));
        else resolve(event.data);
      };
      worker.postMessage(request);
    });
  }
  return {
    async prepare() {
      const { disk, modules } = settings;
      await ask({ kind: "load", base, disk, modules }, bootTimeout);
    },
    async boot() {
      const { memoryBytes, commandLine, acpi, network } = settings;
      const started = performance.now();
      await ask({ kind: "start", base, memoryBytes, commandLine, acpi, network, until: prompt }, bootTimeout);
      return performance.now() - started;
    },
    run: (line, timeoutMs) =>
      timed(line, async (text, until) => {
        const reply = await ask({ kind: "expect", send: text, until }, timeoutMs);
        return reply.kind === "found" ? reply.output : "";
      }),
    async end() {
      worker.terminate();
      await pause(200);
    },
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

globalThis.tabvisorBench = { ours, peer };

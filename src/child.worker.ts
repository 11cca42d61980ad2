import { openCarrier } from "./hal/carrier-ends.ts";
import { pageTime, threadClock } from "./hal/clock.ts";
import { fetchImage } from "./hal/fetch-image.ts";
import { ownFirmware } from "./hal/own-firmware.ts";
import { serveContract } from "./hal/rpc.ts";
import { screenEffects, serveScreen } from "./hal/screen-port.ts";
import type { ChildGrant, ChildStart } from "./hal/start-messages.ts";
import { openEngine } from "./hal/v86/engine.ts";
import { openWaits } from "./hal/waits.ts";
import type { PartitionMessage, WorkerProcessApi } from "./hvdef/index.ts";
import { reasonOf } from "./support/index.ts";
import { openWorkerProcess, type WorkerProcess } from "./vmwp/index.ts";
import { netPathRule, netQueue } from "./vsp/index.ts";

const firmwareFolder = "firmware/";

function report(message: PartitionMessage): void {
  self.postMessage(message);
}

/** A file of the site; a BIOS the site lacks may have been given by the visitor. */
async function fetchFile(base: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await fetchImage(base, path);
  } catch (failure) {
    const own = path.startsWith(firmwareFolder) ? await ownFirmware(path.slice(firmwareFolder.length)) : null;
    if (own === null) throw failure;
    return own;
  }
}

function start(message: ChildStart): WorkerProcess {
  const process = openWorkerProcess(message.vm, {
    openEngine: (request) => openEngine({ core: message.core }, request),
    carrier: openCarrier(message.link),
    clock: threadClock,
    wallClock: () => Date.now(),
    traceTime: pageTime,
    waits: openWaits(),
    straight: { carrier: openCarrier, queue: netQueue, pathRule: netPathRule },
    fetchFile: (path) => fetchFile(message.base, path),
    report,
    serialOut: (bytes) => message.console.postMessage(bytes, [bytes.buffer]),
    warn: (text) => console.warn(text),
    screen: screenEffects(message.screen),
  });
  serveScreen(message.screen, process.screen);
  message.console.onmessage = (event: MessageEvent<Uint8Array>) => process.serialInput(event.data);
  serveContract<WorkerProcessApi>(message.control, process.api, process.called);
  report({ kind: "ready" });
  return process;
}

// The engine starts itself in a promise of its own: what goes wrong there must end the machine, not hang it.
self.onunhandledrejection = (event: PromiseRejectionEvent) => {
  event.preventDefault();
  report({ kind: "ended", end: { kind: "crashed", detail: reasonOf(event.reason) } });
};

let process: WorkerProcess | null = null;
self.onmessage = (event: MessageEvent<ChildStart | ChildGrant>) => {
  if (event.data.kind === "start") process ??= start(event.data);
  else process?.adopt(event.data.grant);
};

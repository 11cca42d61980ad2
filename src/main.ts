import { threadClock } from "./hal/clock.ts";
import { childHandle } from "./hal/page/child-handle.ts";
import { loadEngineCore } from "./hal/page/engine-core.ts";
import { openParent } from "./hal/page/parent.ts";
import { guestMemoryBudget, logicalProcessorsOf, missingPlatform } from "./hal/page/platform.ts";
import type { CreatePartition, HypervisorApi, PartitionId } from "./hvdef/index.ts";
import { type Hypervisor, openHypervisor, type PartitionChange } from "./hypervisor/root/index.ts";
import { HvError, reasonOf } from "./support/index.ts";
import { type Automation, automation, type LiveHost, mountApp, openLiveHost } from "./ui/index.ts";

declare global {
  var tabvisor: Automation;
}

/** Processors the guests share: all of the device, or as many as the address asks for, to see them compete. */
const logicalProcessors = logicalProcessorsOf(new URL(location.href), navigator.hardwareConcurrency);
const tickMillis = 1000;
const showMillis = 500;
const base = document.baseURI;
const partitions = new Map<PartitionId, CreatePartition>();

/** One child worker: its thread, its console, and the engine core it shares with the others. */
function spawn(
  live: LiveHost,
  core: WebAssembly.Module,
  request: CreatePartition,
): ReturnType<typeof childHandle> {
  const worker = new Worker(new URL("./child.worker.ts", import.meta.url), {
    type: "module",
    name: request.name,
  });
  const serial = new MessageChannel();
  const log = live.console(request.vm);
  serial.port1.onmessage = (event: MessageEvent<Uint8Array<ArrayBuffer>>) => log.receive(event.data);
  log.connect((bytes) => serial.port1.postMessage(bytes));
  const { control, link, vm } = request;
  return childHandle(worker, { kind: "start", core, control, link, console: serial.port2, base, vm });
}

/** What the parent may ask of the hypervisor. */
function hypervisorApi(hypervisor: () => Promise<Hypervisor>): HypervisorApi {
  return {
    async createPartition(request) {
      const outcome = (await hypervisor()).createPartition(request);
      if (outcome.kind === "refused") throw outcome.error;
      partitions.set(outcome.partition, request);
      return outcome.partition;
    },
    async setProcessorShare(partition, share) {
      (await hypervisor()).setShare(partition, share);
    },
    async terminate(partition, end) {
      (await hypervisor()).terminate(partition, end);
    },
  };
}

/** Tells the page what became of a partition. Answers the machine it belonged to. */
function show(live: LiveHost, change: PartitionChange): void {
  const request = partitions.get(change.partition);
  const tell = (level: "warning" | "error", text: string): void =>
    live.notice({ kind: "event", event: { at: Date.now(), level, vm: request?.vm ?? null, text } });
  switch (change.kind) {
    case "notResponding":
      tell("warning", `${request?.name} does not respond.`);
      live.responding(change.partition, false);
      break;
    case "responding":
      live.responding(change.partition, true);
      break;
    case "guestCrashed":
      tell("error", `The guest of ${request?.name} crashed: ${change.text || change.parameters.join(" ")}`);
      break;
    case "gone":
      if (request !== undefined) live.console(request.vm).connect(null);
      partitions.delete(change.partition);
      break;
    case "created":
    case "running":
      break;
  }
}

/** Joins the rooms of this thread. */
function start(root: HTMLElement): void {
  const core = Promise.withResolvers<WebAssembly.Module>();
  const opened = Promise.withResolvers<Hypervisor>();
  const missing = missingPlatform();
  const worker =
    missing === null ? new Worker(new URL("./parent.worker.ts", import.meta.url), { type: "module" }) : null;
  const parent =
    worker &&
    openParent(worker, base, {
      hypervisor: hypervisorApi(() => opened.promise),
      notice: (notice) => live.notice(notice),
    });
  const session =
    parent?.ready.then(() => parent.session) ??
    Promise.reject(new HvError("page.unable", missing?.title ?? ""));
  const live = openLiveHost(import.meta.env["TABVISOR_VERSION"], session, async (vm, files) =>
    parent?.intake.giveDisk(vm, files),
  );
  const ready = Promise.all([core.promise, session]).then(() => {});
  globalThis.tabvisor = automation(live.host, ready);
  mountApp(root, live.host);
  const fail = (failure: unknown): void =>
    live.fail(missing?.title ?? reasonOf(failure), missing?.wayOut ?? "Then load the page again.");
  ready.catch(fail);
  if (parent === null) return;

  loadEngineCore(base).then(core.resolve, core.reject);
  core.promise.then((module) => opened.resolve(hypervisorOver(live, module, parent.session)), opened.reject);
  // Disks and devices of every guest are served there: none can go on without it.
  parent.gone.catch((failure: unknown) => {
    fail(failure);
    opened.promise.then((hypervisor) => hypervisor[Symbol.dispose]()).catch(() => {});
  });
  parent.ready
    .then(({ storageRefused }) =>
      live.platform({
        isolated: crossOriginIsolated,
        storage: storageRefused === null ? { kind: "kept" } : { kind: "memory", reason: storageRefused },
        logicalProcessors,
      }),
    )
    .catch(() => {});
}

function hypervisorOver(
  live: LiveHost,
  core: WebAssembly.Module,
  session: { partitionGone: import("./hvdef/index.ts").HostSession["partitionGone"] },
): Hypervisor {
  const hypervisor = openHypervisor({
    clock: threadClock,
    log: (level, text) => live.notice({ kind: "event", event: { at: Date.now(), level, vm: null, text } }),
    memoryBytes: guestMemoryBudget(),
    logicalProcessors,
    spawn: (request) => spawn(live, core, request),
    onChange(change) {
      show(live, change);
      if (change.kind === "gone") session.partitionGone(change.partition, change.end).catch(() => {});
    },
  });
  setInterval(() => hypervisor.tick(), tickMillis);
  setInterval(() => {
    live.usage(hypervisor.usage());
    for (const partition of partitions.keys()) {
      const tree = hypervisor.partitionTree(partition);
      if (tree !== null) live.tree(partition, tree);
    }
  }, showMillis);
  return hypervisor;
}

const root = document.getElementById("app");
if (root !== null) start(root);

import { threadClock } from "./hal/clock.ts";
import { childHandle } from "./hal/page/child-handle.ts";
import { diskGate } from "./hal/page/disk-gate.ts";
import { loadEngineCore } from "./hal/page/engine-core.ts";
import { openParent } from "./hal/page/parent.ts";
import { guestMemoryBudget, logicalProcessorsOf, missingPlatform } from "./hal/page/platform.ts";
import { screenLine } from "./hal/page/screen-line.ts";
import type { CreatePartition, HostSession, PartitionId } from "./hvdef/index.ts";
import { type Hypervisor, hypervisorApi, openHypervisor } from "./hypervisor/root/index.ts";
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

/** One child worker: its thread, its console, its screen, and the engine core it shares with the others. */
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
  const screen = new MessageChannel();
  const shown = live.screen(request.vm);
  shown.connect(screenLine(screen.port1, shown.told));
  const { control, link, vm } = request;
  const ports = { control, link, console: serial.port2, screen: screen.port2 };
  return childHandle(worker, { kind: "start", core, ...ports, base, vm });
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
      hypervisor: hypervisorApi(opened.promise),
      notice: (notice) => live.notice(notice),
    });
  const session =
    parent?.ready.then(() => parent.session) ??
    Promise.reject(new HvError("page.unable", missing?.title ?? ""));
  const live = openLiveHost(
    import.meta.env["TABVISOR_VERSION"],
    session,
    diskGate(session.then(() => parent?.intake)),
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
        guestMemoryBytes: guestMemoryBudget(),
      }),
    )
    .catch(() => {});
}

/** Opens the hypervisor and keeps the page told of what it does. */
function hypervisorOver(live: LiveHost, core: WebAssembly.Module, session: HostSession): Hypervisor {
  const hypervisor = openHypervisor({
    clock: threadClock,
    log: (level, text) => live.notice({ kind: "event", event: { at: Date.now(), level, vm: null, text } }),
    memoryBytes: guestMemoryBudget(),
    logicalProcessors,
    spawn(request, partition) {
      const child = spawn(live, core, request);
      partitions.set(partition, request);
      return child;
    },
    onChange(change) {
      const owner = partitions.get(change.partition);
      if (owner !== undefined) live.partitionChanged(change, owner);
      if (change.kind === "restarted") session.partitionRestarted(change.partition).catch(() => {});
      if (change.kind !== "gone") return;
      partitions.delete(change.partition);
      session.partitionGone(change.partition, change.end).catch(() => {});
    },
  });
  setInterval(() => hypervisor.tick(), tickMillis);
  setInterval(() => {
    live.usage(hypervisor.usage());
    live.hypervisor(hypervisor.inspect());
    for (const partition of partitions.keys()) {
      const tree = hypervisor.partitionTree(partition);
      if (tree !== null) live.tree(partition, tree);
    }
  }, showMillis);
  return hypervisor;
}

const root = document.getElementById("app");
if (root !== null) start(root);

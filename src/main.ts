import { threadClock } from "./hal/clock.ts";
import { childHandle } from "./hal/page/child-handle.ts";
import { consoleLines } from "./hal/page/console-lines.ts";
import { diskGate } from "./hal/page/disk-gate.ts";
import { loadEngineCore } from "./hal/page/engine-core.ts";
import { openParent, type ParentLine } from "./hal/page/parent.ts";
import {
  guestMemoryBudget,
  logicalProcessorsOf,
  missingPlatform,
  platformReport,
} from "./hal/page/platform.ts";
import { callContract } from "./hal/rpc.ts";
import type { CreatePartition, HostSession, PartitionId } from "./hvdef/index.ts";
import { type Hypervisor, hypervisorApi, openHypervisor } from "./hypervisor/root/index.ts";
import { HvError, reasonOf } from "./support/index.ts";
import { type Automation, automation, type LiveHost, mountApp, openLiveHost } from "./ui/index.ts";
import type { WmiSession } from "./wmi/index.ts";

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
  { control, link, vm, name }: CreatePartition,
): ReturnType<typeof childHandle> {
  const worker = new Worker(new URL("./child.worker.ts", import.meta.url), { type: "module", name });
  const lines = consoleLines(live.console(vm), live.screen(vm));
  return childHandle(worker, { kind: "start", core, control, link, ...lines, base, vm });
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
  const served: Promise<ParentLine> =
    parent?.ready.then(() => parent) ?? Promise.reject(new HvError("page.unable", missing?.title ?? ""));
  const session = served.then((line) => line.session);
  const gate = diskGate(served.then(({ intake }) => intake));
  const live = openLiveHost(import.meta.env["TABVISOR_VERSION"], session, gate);
  const ready = Promise.all([core.promise, session]).then(() => {});
  const wmi = served.then((line) => callContract<WmiSession>(line.wmi, line.gone));
  globalThis.tabvisor = automation(live.host, ready, wmi);
  mountApp(root, live.host, wmi);
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
    .then(({ storageRefused }) => live.platform(platformReport(storageRefused, logicalProcessors)))
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

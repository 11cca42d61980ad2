import { carrierEnds, openCarrier } from "./hal/carrier-ends.ts";
import { pageTime, threadClock } from "./hal/clock.ts";
import { controlLine } from "./hal/control-line.ts";
import { diskIntake } from "./hal/disk-intake.ts";
import { fetchImage } from "./hal/fetch-image.ts";
import { openBrowserStorage, storageSpace } from "./hal/opfs.ts";
import { opfsStore } from "./hal/opfs-store.ts";
import { patiently } from "./hal/patience.ts";
import { threadPause } from "./hal/pause.ts";
import { callContract, serveContract } from "./hal/rpc.ts";
import { openSiteParts } from "./hal/site-parts.ts";
import { openSiteRanges } from "./hal/site-ranges.ts";
import type { DiskIntake, ParentReport, ParentStart } from "./hal/start-messages.ts";
import { browserUplinks } from "./hal/uplink/browser-uplinks.ts";
import type { HypervisorApi, ParentSession, VmGuid } from "./hvdef/index.ts";
import { vhdTimeStamp } from "./storage/index.ts";
import { reasonOf } from "./support/index.ts";
import { openEndpoints, openLink } from "./vmbus/index.ts";
import {
  catalogue,
  type DataPlane,
  type FileStore,
  memoryStore,
  openMachineServices,
  openManagement,
  openObserving,
  recogniseFile,
  type ServicePlan,
  stockImages,
  stockOpener,
  visitorDevice,
} from "./vmms/index.ts";

/** Cached disk contents reach the file after at most this long, asked or not. */
const writeBackMillis = 100;
const tickMillis = 1000;
const networkMillis = 50;

function report(message: ParentReport): void {
  self.postMessage(message);
}

const observing = openObserving(pageTime);

function dataPlane(plan: ServicePlan): DataPlane {
  const [end, remote] = carrierEnds();
  const link = openLink(openCarrier(end), observing.sinkOf(plan.vm));
  // Called as somebody's method it would be refused.
  const endpoints = openEndpoints(link, (task) => queueMicrotask(task));
  const machine = openMachineServices(plan);
  for (const { channel, owner } of machine.owners) endpoints.attach(channel, owner);
  for (const { channel, owner } of machine.adapters.frameOwners) endpoints.attachFrames(channel, owner);
  const hide = observing.show(plan.vm, endpoints.inspect);
  return {
    ...machine,
    remote,
    [Symbol.dispose]() {
      hide();
      endpoints[Symbol.dispose]();
      link[Symbol.dispose]();
    },
  };
}

/** An image of the site, by its index. */
function openSite(base: string, index: string) {
  const open = index.endsWith(".json") ? openSiteParts : openSiteRanges;
  return patiently(index, (signal) => open(base, index, signal));
}

async function start(message: ParentStart): Promise<void> {
  const storage = await openBrowserStorage();
  const kept = storage.kind === "kept" ? storage : null;
  const store = (folder: FileSystemDirectoryHandle | undefined): FileStore =>
    observing.counted(folder === undefined ? memoryStore() : opfsStore(folder));
  const management = await openManagement(catalogue, {
    hypervisor: callContract<HypervisorApi>(message.hypervisor, new Promise<never>(() => {})),
    disks: store(kept?.disks),
    machines: store(kept?.machines),
    bootFiles: store(kept?.bootFiles),
    newVm: () => crypto.randomUUID() as VmGuid,
    siteText: async (path) => new TextDecoder().decode(await fetchImage(message.base, path)),
    stock: stockImages,
    openStock: stockOpener({
      openSite: (index) => openSite(message.base, index),
      streams: store(kept?.streams),
      pause: threadPause,
    }),
    newIdentity: () => ({
      uniqueId: crypto.getRandomValues(new Uint8Array(16)),
      timeStamp: vhdTimeStamp(Date.now()),
    }),
    clock: threadClock,
    entropy: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    newId: () => crypto.randomUUID(),
    newLine: carrierEnds,
    uplinks: browserUplinks(),
    firmware: "firmware/",
    serve: dataPlane,
    openControl: controlLine,
    pause: threadPause,
    storageSpace,
    wallClock: () => Date.now(),
    breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
    notify: (notice) => message.notices.postMessage(notice),
  });
  setInterval(() => management.writeBack(), writeBackMillis);
  setInterval(() => management.tick(), tickMillis);
  setInterval(() => management.tickNetworks(), networkMillis);
  const session = { ...management.session, traceHost: observing.traceHost };
  serveContract<ParentSession>(message.session, session, observing.asked);
  const disks = kept?.disks ?? null;
  const intake = diskIntake({ management, disks, deviceOf: visitorDevice, recognise: recogniseFile });
  serveContract<DiskIntake>(message.intake, intake);
  for (const vm of await management.session.list()) message.notices.postMessage({ kind: "vm", vm });
  report({ kind: "ready", storageRefused: storage.kind === "kept" ? null : storage.reason });
  message.notices.postMessage({ kind: "disks", files: await management.session.listDisks() });
}

self.onmessage = (event: MessageEvent<ParentStart>) => {
  if (event.data.kind !== "start") return;
  start(event.data).catch((failure: unknown) => {
    report({ kind: "failed", reason: reasonOf(failure) });
  });
};

import { carrierEnds, openCarrier } from "./hal/carrier-ends.ts";
import { pageTime, threadClock } from "./hal/clock.ts";
import { controlLine } from "./hal/control-line.ts";
import { diskIntake } from "./hal/disk-intake.ts";
import { fetchImage } from "./hal/fetch-image.ts";
import { openBrowserStorage, storageSpace } from "./hal/opfs.ts";
import { opfsStore } from "./hal/opfs-store.ts";
import { threadPause } from "./hal/pause.ts";
import { callContract, serveContract } from "./hal/rpc.ts";
import { openSiteImage } from "./hal/site-image.ts";
import type { DiskIntake, ParentReport, ParentStart } from "./hal/start-messages.ts";
import { browserUplinks } from "./hal/uplink/browser-uplinks.ts";
import type { HypervisorApi, ObservedSession, VmGuid } from "./hvdef/index.ts";
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
import type { WmiSession } from "./wmi/index.ts";

/** What the host of a tab calls itself towards its clients. */
const hostName = "TABVISOR";
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
  const soon = (task: () => void): void => queueMicrotask(task);
  const endpoints = observing.shown(plan.vm, openEndpoints(link, soon));
  const machine = openMachineServices(plan);
  for (const { channel, owner } of machine.owners) endpoints.attach(channel, owner);
  for (const { channel, owner } of machine.adapters.frameOwners) endpoints.attachFrames(channel, owner);
  return {
    ...machine,
    remote,
    [Symbol.dispose]() {
      endpoints[Symbol.dispose]();
      link[Symbol.dispose]();
    },
  };
}

async function start(message: ParentStart): Promise<void> {
  const storage = await openBrowserStorage();
  const kept = storage.kind === "kept" ? storage : null;
  const store = (folder: FileSystemDirectoryHandle | undefined): FileStore =>
    observing.counted(folder === undefined ? memoryStore() : opfsStore(folder));
  const site = (index: string) => openSiteImage(message.base, index);
  const management = await openManagement(catalogue, {
    hostName,
    hypervisor: callContract<HypervisorApi>(message.hypervisor, new Promise<never>(() => {})),
    disks: store(kept?.disks),
    machines: store(kept?.machines),
    bootFiles: store(kept?.bootFiles),
    newVm: () => crypto.randomUUID() as VmGuid,
    siteText: async (path) => new TextDecoder().decode(await fetchImage(message.base, path)),
    stock: stockImages,
    openStock: stockOpener({ openSite: site, streams: store(kept?.streams), pause: threadPause }),
    openSite: site,
    states: store(kept?.states),
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
  serveContract<ObservedSession>(message.session, session, observing.asked);
  serveContract<WmiSession>(message.wmi, management.wmi, observing.askedWmi);
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

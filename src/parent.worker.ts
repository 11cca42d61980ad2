import { streamImage } from "./hal/fetch-image.ts";
import { openBrowserStorage } from "./hal/opfs.ts";
import { opfsStore } from "./hal/opfs-store.ts";
import { isFirmwareName, keepFirmware } from "./hal/own-firmware.ts";
import { portCarrier } from "./hal/port-carrier.ts";
import { callContract, serveContract } from "./hal/rpc.ts";
import type { DiskIntake, ParentReport, ParentStart } from "./hal/start-messages.ts";
import { streamPieces } from "./hal/stream-pieces.ts";
import type { HostSession, HypervisorApi, VmGuid, WorkerProcessApi } from "./hvdef/index.ts";
import { HvError, reasonOf } from "./support/index.ts";
import { openEndpoints, openLink } from "./vmbus/index.ts";
import {
  type ControlLine,
  catalogue,
  type DataPlane,
  memoryStore,
  openDiskShelf,
  openManagement,
  planServices,
} from "./vmms/index.ts";

/** Cached disk contents reach the file after at most this long, asked or not. */
const writeBackMillis = 100;

function report(message: ParentReport): void {
  self.postMessage(message);
}

function dataPlane(plan: ReturnType<typeof planServices>): DataPlane {
  const { port1, port2 } = new MessageChannel();
  const link = openLink(portCarrier(port1));
  const endpoints = openEndpoints(link, queueMicrotask);
  for (const { channel, owner } of plan.owners) endpoints.attach(channel, owner);
  return {
    remote: port2,
    offers: plan.offers,
    [Symbol.dispose]() {
      endpoints[Symbol.dispose]();
      link[Symbol.dispose]();
    },
  };
}

/** A line whose calls fail as soon as it is closed: a call to an ended worker would never settle. */
function controlLine(): ControlLine {
  const { port1, port2 } = new MessageChannel();
  const { promise: gone, reject: end } = Promise.withResolvers<never>();
  return {
    remote: port2,
    api: callContract<WorkerProcessApi>(port1, gone),
    [Symbol.dispose]() {
      end(new HvError("vm.gone", "The machine was turned off meanwhile."));
      port1.close();
    },
  };
}

async function start(message: ParentStart): Promise<void> {
  const storage = await openBrowserStorage();
  const store = storage.kind === "kept" ? opfsStore(storage.directory) : memoryStore();
  const shelf = openDiskShelf(store, async (path, signal) =>
    streamPieces(await streamImage(message.base, path, signal)),
  );
  const management = openManagement(catalogue, {
    hypervisor: callContract<HypervisorApi>(message.hypervisor, new Promise<never>(() => {})),
    shelf,
    firmware: "firmware/",
    serve: (vm, disks) => dataPlane(planServices(vm, disks)),
    openControl: controlLine,
    wallClock: () => Date.now(),
    notify: (notice) => message.notices.postMessage(notice),
  });
  setInterval(() => management.writeBack(), writeBackMillis);
  serveContract<HostSession>(message.session, management.session);
  const library = (): never => {
    throw new HvError("library.closed", "The library of disks is not open yet.");
  };
  serveContract<DiskIntake>(message.intake, {
    importFile: async () => library(),
    exportDisk: async () => library(),
    passThrough: async () => library(),
    async giveDisk(vm, files) {
      for (const file of files.filter((one) => isFirmwareName(one.name))) await keepFirmware(file);
      const disk = files.find((one) => !isFirmwareName(one.name));
      if (disk !== undefined) await management.giveDisk(vm as VmGuid, streamPieces(disk.stream()));
    },
  });
  for (const vm of await management.session.list()) message.notices.postMessage({ kind: "vm", vm });
  report({ kind: "ready", storageRefused: storage.kind === "kept" ? null : storage.reason });
}

self.onmessage = (event: MessageEvent<ParentStart>) => {
  if (event.data.kind !== "start") return;
  start(event.data).catch((failure: unknown) => {
    report({ kind: "failed", reason: reasonOf(failure) });
  });
};

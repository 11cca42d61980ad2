/** A host without a browser: the real management service, with real machines in this very thread. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { openEngine } from "../../src/hal/v86/engine.ts";
import type { CreatePartition, HypervisorApi, PartitionId, VmGuid } from "../../src/hvdef/index.ts";
import { type Clock, micros } from "../../src/support/index.ts";
import { loopbackCarriers, openEndpoints, openLink } from "../../src/vmbus/index.ts";
import {
  type DataPlane,
  type FileStore,
  type HostSurroundings,
  memoryStore,
  openMachineServices,
  openManagement,
  type ServicePlan,
  type StockVm,
  stockImages,
  stockOpener,
} from "../../src/vmms/index.ts";
import { openWorkerProcess, type ThreadWaits, type WorkerProcess } from "../../src/vmwp/index.ts";
import { netPathRule, netQueue } from "../../src/vsp/index.ts";

/** What a machine in the room shows of itself. */
export interface Guest {
  readonly process: WorkerProcess;
  /** All that came on its serial port. */
  said(): string;
}

/** The host with what its machines keep. */
export interface Room {
  readonly management: Awaited<ReturnType<typeof openManagement>>;
  readonly disks: FileStore;
  readonly machines: FileStore;
  guest(): Guest;
}

const clock: Clock = { now: () => micros(performance.now() * 1000) };
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Node hands out hundreds of port messages before other tasks, the engine's compiled code among them. */
function nodeWaits(): ThreadWaits {
  let wake = (): void => {};
  return {
    breathe,
    sleep(milliseconds) {
      if (milliseconds < 1) return breathe();
      return new Promise((resolve) => {
        const timer = setTimeout(() => wake(), milliseconds);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    wake: () => wake(),
  };
}

/** A file of the site, inflated. */
function siteFile(folder: string, path: string): Uint8Array<ArrayBuffer> {
  const bytes = readFileSync(join(folder, path));
  return new Uint8Array(path.endsWith(".gz") ? gunzipSync(bytes) : bytes);
}

/** A disk of the site, by its index. */
function siteDisk(folder: string, path: string) {
  const index = JSON.parse(readFileSync(join(folder, path), "utf8"));
  const { byteLength, chunkBytes, hash, parts } = index;
  return {
    identity: `sha256:${hash}`,
    check: null,
    source: {
      byteLength,
      chunkBytes,
      isZero: (chunk: number) => parts[chunk].file === null,
      async fetch(chunk: number) {
        const { file } = parts[chunk];
        const length = Math.min(chunkBytes, byteLength - chunk * chunkBytes);
        return file === null ? new Uint8Array(length) : siteFile(folder, join(path, "..", file));
      },
    },
  };
}

/** Opens the room with one machine. @param folder  what is served: `public/` */
export async function openRoom(folder: string, machine: StockVm): Promise<Room> {
  const core = new WebAssembly.Module(siteFile(folder, "engine/core.wasm"));
  const [disks, machines] = [memoryStore(), memoryStore()];
  const carriers = new Map<unknown, ReturnType<typeof loopbackCarriers>["child"]>();
  const controls = new Map<unknown, (process: WorkerProcess) => void>();
  let guest: Guest | null = null;
  let identities = 0;

  function serve(plan: ServicePlan): DataPlane {
    const { child, parent } = loopbackCarriers(queueMicrotask);
    const { port1: remote } = new MessageChannel();
    carriers.set(remote, child);
    const endpoints = openEndpoints(openLink(parent), queueMicrotask);
    const services = openMachineServices(plan);
    for (const { channel, owner } of services.owners) endpoints.attach(channel, owner);
    for (const { channel, owner } of services.adapters.frameOwners) endpoints.attachFrames(channel, owner);
    return { ...services, remote, [Symbol.dispose]: () => endpoints[Symbol.dispose]() };
  }
  const hypervisor: HypervisorApi = {
    async createPartition({ vm, link, control }: CreatePartition) {
      const carrier = carriers.get(link);
      if (carrier === undefined) throw new Error("the machine has no link");
      guest = startGuest({ vm, core, folder, carrier });
      controls.get(control)?.(guest.process);
      return 1 as PartitionId;
    },
    async terminate() {
      await guest?.process.api.pause();
    },
    async setProcessorShare() {},
  };
  const openControl: HostSurroundings["openControl"] = () => {
    const { port1: remote } = new MessageChannel();
    let there: WorkerProcess | null = null;
    controls.set(remote, (process) => {
      there = process;
    });
    const api = new Proxy({} as WorkerProcess["api"], {
      get: (_target, name: keyof WorkerProcess["api"]) => there?.api[name],
    });
    return { remote, api, [Symbol.dispose]() {} };
  };
  const management = await openManagement([machine], {
    ...quietSurroundings(),
    hypervisor,
    disks,
    machines,
    siteText: async (path) => new TextDecoder().decode(siteFile(folder, path)),
    stock: stockImages,
    openStock: stockOpener({
      openSite: async (index) => siteDisk(folder, index),
      streams: memoryStore(),
      pause: async () => {},
    }),
    openSite: async (index) => siteDisk(folder, index),
    // Differencing disks of a site know each other by these: equal images give equal ones.
    newIdentity: () => ({ uniqueId: new Uint8Array(16).fill(0xd0 + identities++), timeStamp: 0 }),
    serve,
    openControl,
  });
  return {
    management,
    disks,
    machines,
    guest() {
      if (guest === null) throw new Error("the machine does not run");
      return guest;
    },
  };
}

/** What a host without network, visitor and page has of the rest. */
function quietSurroundings() {
  const nothing = (): never => {
    throw new Error("there is no such thing here");
  };
  return {
    hostName: "images",
    bootFiles: memoryStore(),
    states: memoryStore(),
    newVm: (): VmGuid => nothing(),
    clock,
    entropy: () => 0x7ab71502,
    newId: () => "network",
    newLine: nothing,
    uplinks: {
      tab: "images",
      join: nothing,
      dial: nothing,
      web: { fetch: nothing, isThere: async () => false },
      pageIsSecure: false,
      soon: (action: () => void) => queueMicrotask(action),
    },
    firmware: "firmware/",
    pause: async (): Promise<void> => breathe(),
    storageSpace: async () => ({ usedBytes: 0, quotaBytes: 0, persisted: false }),
    wallClock: () => Date.now(),
    breathe,
    notify() {},
  };
}

interface GuestParts {
  readonly vm: string;
  readonly core: WebAssembly.Module;
  readonly folder: string;
  readonly carrier: ReturnType<typeof loopbackCarriers>["child"];
}

function startGuest({ vm, core, folder, carrier }: GuestParts): Guest {
  const decoder = new TextDecoder();
  let said = "";
  const process = openWorkerProcess(vm, {
    openEngine: (request) => openEngine({ core }, request),
    carrier,
    clock,
    // Nobody looks.
    traceTime: () => 0,
    wallClock: () => Date.now(),
    waits: nodeWaits(),
    straight: { carrier: () => carrier, queue: netQueue, pathRule: netPathRule },
    fetchFile: async (path) => siteFile(folder, path),
    report() {},
    serialOut(bytes) {
      said += decoder.decode(bytes, { stream: true });
    },
    warn() {},
    screen: {
      later(milliseconds, task) {
        const timer = setTimeout(task, milliseconds);
        return () => clearTimeout(timer);
      },
      told() {},
    },
  });
  process.adopt({ epoch: 1, period: 20_000, budget: 20_000 });
  return { process, said: () => said };
}

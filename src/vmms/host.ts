import {
  type ByRole,
  type DiskSession,
  type HostNotice,
  type JobId,
  type NetworkId,
  type NewMachine,
  type ParentSession,
  type PartitionId,
  setupDiskName,
  type VmGuid,
} from "../hvdef/index.ts";
import type { MacAddress } from "../network/index.ts";
import { HvError } from "../support/index.ts";
import type { WmiNamespace, WmiSession } from "../wmi/index.ts";
import { freeMac, managementMac } from "./adapters/mac-range.ts";
import type { StockVm } from "./catalogue.ts";
import { catalogueFacts } from "./catalogue-facts.ts";
import { giveFirstDisk } from "./drives/first-disk.ts";
import { type KeptDrives, openKeptDrives } from "./drives/kept.ts";
import { setupDiskDrive } from "./drives/setup-disk.ts";
import type { FileStore } from "./file-store.ts";
import { openJobs } from "./jobs.ts";
import { keepMachine, loadMachine, type MachineKeeping } from "./kept-machine.ts";
import type { VisitorDevice } from "./library/device-disk.ts";
import { type DiskLibrary, type LibrarySurroundings, openLibrary } from "./library/library.ts";
import type { Departure, IncomingFile } from "./library/take-in.ts";
import { type Machine, openMachine } from "./machine.ts";
import type { MachineSurroundings } from "./machine-surroundings.ts";
import { makeMachine, type OpenOwnFile } from "./machines/make-machine.ts";
import { type OwnMachines, type OwnMachinesSurroundings, openOwnMachines } from "./machines/own-machines.ts";
import {
  firstNetworkId,
  type NetworksSurroundings,
  openNetworks,
  type VirtualNetworks,
} from "./networks/networks.ts";
import type { PowerRequest } from "./power.ts";
import { openMachineSaved } from "./saved/machine-saved.ts";
import { type GuestFiles, openHostSockets } from "./sockets/host-sockets.ts";
import type { ReceivedStore } from "./sockets/received.ts";
import { openMachineWarm, type WarmSurroundings } from "./warm/shelf.ts";
import { openVirtualization } from "./wmi/provider.ts";

/** What the management service needs beside what its machines need. */
export interface HostSurroundings
  extends Omit<
      MachineSurroundings,
      | "changed"
      | "tell"
      | "media"
      | "kept"
      | keyof MachineKeeping
      | "networks"
      | "newMac"
      | "saved"
      | "received"
      | "takeOwn"
      | "warm"
    >,
    Pick<WarmSurroundings, "states" | "openSite">,
    Pick<LibrarySurroundings, "stock" | "openStock" | "newIdentity">,
    Pick<OwnMachinesSurroundings, "bootFiles" | "newVm">,
    Pick<NetworksSurroundings, "clock" | "entropy" | "uplinks" | "newId" | "newLine"> {
  /** What the host calls itself towards its clients. */
  readonly hostName: string;
  /** Disk files. */
  readonly disks: FileStore;
  /** What is kept of machines. */
  readonly machines: FileStore;
  storageSpace: DiskSession["storageSpace"];
  /** A text file of the site, by its path relative to the page. @throws when it is not there */
  siteText(path: string): Promise<string>;
  /** Lets other work of the thread happen. */
  breathe(): Promise<void>;
  notify(notice: HostNotice): void;
}

/** The management service of one host. */
export interface VirtualMachineManagement extends GuestFiles {
  readonly session: ParentSession;
  /** The same host as clients of Hyper-V know it: `root\virtualization`. */
  readonly wmi: WmiSession;
  /** Writes what disk caches hold; the door calls it about ten times a second. */
  writeBack(): void;
  /** Integration services go on, machines that wait for space try again, and files that grow are listed; the door calls it once a second. */
  tick(): void;
  /** Lets the time of networks pass; the door calls it twenty times a second. */
  tickNetworks(): void;
  /** Takes in a disk the visitor picked for the machine, as its first disk. @throws HvError */
  giveDisk(vm: VmGuid, file: () => Promise<IncomingFile>): Promise<void>;
  takeIn(title: string, file: () => Promise<IncomingFile>): JobId;
  depart(name: string): Promise<Departure>;
  addDevice(device: VisitorDevice): Promise<string>;
  /** Makes a machine of files that the visitor picked: all of it or nothing. @throws HvError */
  makeMachine(plan: NewMachine, files: ByRole<OpenOwnFile>): Promise<VmGuid>;
}

/** Opens the service with every machine of the catalogue, all off, with the drives they were given. */
export async function openManagement(
  catalogue: readonly StockVm[],
  surroundings: HostSurroundings,
): Promise<VirtualMachineManagement> {
  let wmi: WmiNamespace | null = null;
  const around: HostSurroundings = {
    ...surroundings,
    notify(notice) {
      surroundings.notify(notice);
      wmi?.changed();
    },
  };
  const machines = new Map<VmGuid, Machine>();
  let listing = Promise.resolve();
  let listed = true;
  let lastListed = "";
  const jobs = openJobs({ ...around, changed: (job) => around.notify({ kind: "job", job }) });
  const library = openLibrary({
    store: around.disks,
    jobs,
    stock: around.stock,
    firstDisks: catalogue.flatMap(({ firstDisks }) => firstDisks),
    openStock: around.openStock,
    newIdentity: around.newIdentity,
    users: () => [...machines.values()].map(userOf),
    async replaced(from, to) {
      for (const machine of machines.values()) await machine.drives.replaced(from, to);
    },
    changed: listAgain,
  });
  const networks = await openNetworks({
    ...around,
    store: around.machines,
    // Several tabs may have one external network, and meet on it.
    managementMac: ({ id, kind }) => managementMac(kind === "external" ? `${id} ${around.uplinks.tab}` : id),
    tell: (level, text) =>
      around.notify({ kind: "event", event: { at: around.wallClock(), level, vm: null, text } }),
  });
  /** Given away, perhaps not yet kept. */
  const given = new Set<string>();
  function newMac(): MacAddress {
    const mac = freeMac(around.entropy, new Set([...given, ...[...machines.values()].flatMap(macsOf)]));
    given.add(mac);
    return mac;
  }
  const kept = openKeptDrives(around.machines);
  const sockets = openHostSockets({ ...around, find, jobs });
  const own = openOwnMachines({
    ...around,
    reserved: catalogue.map(({ name }) => name),
    usualNetwork: async () => usualNetworkOf(await networks.session.listNetworks()),
    summary: (vm) => find(vm).summary(),
    put,
    async drop(vm) {
      machines.delete(vm);
      around.notify({ kind: "vmGone", vm });
      await listAgain();
    },
    tell: (level, text) =>
      around.notify({ kind: "event", event: { at: around.wallClock(), level, vm: null, text } }),
  });
  const { received } = sockets;
  const host: ManagedBy = { kept, library, networks, newMac, received, takeOwn: own.takeOwn, around };
  for (const stock of [...catalogue, ...(await own.load())])
    machines.set(stock.id as VmGuid, await manage(stock, host));
  await library.sweep();
  await own.bootFiles.sweep();

  /** Takes a machine under management, or one that is off again as it is to be. */
  async function put(stock: StockVm): Promise<void> {
    const machine = await manage(stock, host);
    machines.set(machine.id, machine);
    around.notify({ kind: "vm", vm: machine.summary() });
    await listAgain();
  }

  /** One list at a time; all that changes meanwhile is in the next. Resolves when that was told; never rejects. */
  function listAgain(): Promise<void> {
    if (!listed) return listing;
    listed = false;
    listing = listing
      .then(() => {
        listed = true;
        return library.list();
      })
      .then((files) => {
        const text = JSON.stringify(files);
        if (text !== lastListed) around.notify({ kind: "disks", files });
        lastListed = text;
      })
      .catch(() => {});
    return listing;
  }

  function find(vm: VmGuid): Machine {
    const machine = machines.get(vm);
    if (machine === undefined)
      throw new HvError("vm.unknown", "There is no such virtual machine on this host.");
    return machine;
  }
  const power =
    (request: PowerRequest) =>
    async (vm: VmGuid): Promise<void> => {
      await find(vm).request(request);
      void listAgain();
    };
  /** Runs a change of drives, after which the library's users are others. */
  async function withList(change: Promise<void>): Promise<void> {
    await change;
    void listAgain();
  }

  const management: Omit<VirtualMachineManagement, "wmi"> = {
    session: {
      list: async () => [...machines.values()].map((machine) => machine.summary()),
      async start(vm, kind) {
        await find(vm).request("start", kind);
        void listAgain();
      },
      describeStart: (vm) => find(vm).describeStart(),
      pause: power("pause"),
      resume: power("resume"),
      reset: power("reset"),
      turnOff: power("turnOff"),
      save: power("save"),
      deleteSavedState: power("deleteSavedState"),
      setProcessorShare: async (vm, share) => find(vm).setShare(share),
      async partitionGone(partition: PartitionId, end) {
        for (const machine of machines.values()) machine.ended(partition, end);
        void listAgain();
      },
      async partitionRestarted(partition) {
        for (const machine of machines.values()) machine.restarted(partition);
      },
      traceWorker: async (vm) => find(vm).trace(),
      listDisks: library.list,
      inspectDisk: library.inspect,
      blockMap: library.blockMap,
      beginDiskJob: async (request) => library.begin(request),
      cancelJob: async (job) => jobs.cancel(job),
      renameDisk: library.rename,
      removeDisk: library.remove,
      addDrive: async (vm, drive) => withList(find(vm).drives.add(drive)),
      removeDrive: async (vm, slot) => withList(find(vm).drives.remove(slot)),
      setMedium: async (vm, slot, medium) => withList(find(vm).drives.setMedium(slot, medium)),
      setScsiControllers: async (vm, count) => find(vm).drives.setScsiControllers(count),
      storageSpace: around.storageSpace,
      ...networks.session,
      async removeNetwork(id) {
        await networks.session.removeNetwork(id);
        for (const machine of machines.values()) await machine.adapters.networkGone(id);
      },
      addAdapter: async (vm, adapter) => find(vm).adapters.add(adapter),
      removeAdapter: async (vm, type, index) => find(vm).adapters.remove({ type, index }),
      changeAdapter: async (vm, adapter) => find(vm).adapters.change(adapter),
      shutDown: async (vm, text) => find(vm).integration.shutDown(text),
      setIntegrationService: async (vm, service, enabled) =>
        find(vm).integration.setService(service, enabled),
      keyValuePairs: async (vm) => find(vm).integration.pairs(),
      setKeyValuePair: async (vm, pair) => find(vm).integration.setItem(pair),
      removeKeyValuePair: async (vm, key) => find(vm).integration.removeItem(key),
      freezeGuest: async (vm) => find(vm).integration.freeze(),
      thawGuest: async (vm) => find(vm).integration.thaw(),
      typeScancodes: async (vm, codes) => find(vm).input.typeScancodes(codes),
      pressKey: async (vm, key) => find(vm).input.pressKey(key),
      releaseKey: async (vm, key) => find(vm).input.releaseKey(key),
      typeKey: async (vm, key) => find(vm).input.typeKey(key),
      typeCtrlAltDel: async (vm) => find(vm).input.typeCtrlAltDel(),
      isKeyPressed: async (vm, key) => find(vm).input.isKeyPressed(key),
      releaseAll: async (vm) => find(vm).input.releaseAll(),
      typeText: async (vm, text) => find(vm).input.typeText(text),
      stopTyping: async (vm) => find(vm).input.stopTyping(),
      setKeyboardLayout: async (vm, layout) => find(vm).input.setLayout(layout),
      movePointer: async (vm, reports) => find(vm).input.movePointer(reports),
      insertSetupDisk: async (vm, replace) => withList(insertSetupDisk(find(vm), replace)),
      ...sockets.session,
      catalogue: () => catalogueFacts(catalogue, around.siteText),
      createMachine: own.create,
      renameMachine: own.rename,
      removeMachine: own.remove,
      listBootFiles: own.bootFiles.list,
      removeBootFile: own.bootFiles.remove,
    },
    tickNetworks: networks.tick,
    writeBack() {
      for (const machine of machines.values()) machine.writeBack();
    },
    tick() {
      for (const machine of machines.values()) {
        machine.integration.tick();
        machine.sockets.tick();
      }
      // A machine that still finds no space says so in its own trouble.
      for (const machine of machines.values()) machine.retryStalled().catch(() => {});
      if ([...machines.values()].some((machine) => machine.summary().state !== "off")) void listAgain();
      // Networks and what guests say of themselves tell nobody when they change.
      wmi?.changed();
    },
    async giveDisk(vm, file) {
      const machine = find(vm);
      if (machine.summary().takesDisk !== true)
        throw new HvError("disk.notOwn", `${machine.summary().name} has no place for a disk of your own.`);
      if (machine.summary().state !== "off")
        throw new HvError("vm.state", `Turn ${machine.summary().name} off before you change its disk.`);
      const job = library.takeIn(`Import a disk for ${machine.summary().name}`, file, (name) =>
        giveFirstDisk(machine, name),
      );
      await jobs.finished(job);
    },
    takeIn: (title, file) => library.takeIn(title, file),
    depart: library.depart,
    addDevice: library.addDevice,
    ...sockets.files,
    makeMachine: (plan, files) => makeMachine({ own, library, jobs }, plan, files),
  };
  wmi = openVirtualization({
    ...around,
    session: management.session,
    machines: () => [...machines.values()],
    networks: networks.list,
    diskJobs: jobs,
  });
  return { ...management, wmi: wmi.session };
}

async function insertSetupDisk({ drives, summary }: Machine, replace: boolean): Promise<void> {
  const slot = setupDiskDrive(summary().name, drives.set(), replace);
  if (slot !== null) await drives.setMedium(slot, { kind: "file", name: setupDiskName });
}

function userOf(machine: Machine) {
  const { id, name, drives } = machine.summary();
  const files = drives.flatMap(({ medium }) =>
    medium.kind === "file" || medium.kind === "device" ? [medium.name] : [],
  );
  return { vm: id, name, files };
}

function macsOf(machine: Machine): readonly string[] {
  return machine.adapters.set().flatMap(({ mac }) => mac ?? []);
}

/** What machines are managed with. */
interface ManagedBy {
  readonly kept: KeptDrives;
  readonly library: DiskLibrary;
  readonly networks: VirtualNetworks;
  newMac(): MacAddress;
  readonly received: ReceivedStore;
  readonly takeOwn: OwnMachines["takeOwn"];
  readonly around: HostSurroundings;
}

/** The network that the host began with, or the first there is. */
function usualNetworkOf(networks: readonly { readonly id: NetworkId }[]): NetworkId | null {
  return (networks.find(({ id }) => id === firstNetworkId) ?? networks[0])?.id ?? null;
}

/** Takes one machine under management, with the drives and adapters it was given last. */
async function manage(stock: StockVm, host: ManagedBy): Promise<Machine> {
  const { kept, library, networks, newMac, received, takeOwn, around } = host;
  const id = stock.id as VmGuid;
  const tell: MachineSurroundings["tell"] = (level, text) =>
    around.notify({ kind: "event", event: { at: around.wallClock(), level, vm: id, text } });
  const saved = openMachineSaved(stock.id, stock.name, around);
  const warm = openMachineWarm(stock, { ...around, disks: library, tell });
  const keptIn = { machines: around.machines, drives: kept };
  return openMachine(stock, await loadMachine(stock, { ...keptIn, saved, tell }), {
    ...around,
    saved,
    warm,
    networks,
    newMac,
    received,
    takeOwn,
    ...keepMachine(stock.id, keptIn),
    media: library.media,
    kept: around.disks.kept,
    changed: (vm) => around.notify({ kind: "vm", vm }),
    tell,
  });
}

import type { BlockMap, DiskFileSummary, DiskJobRequest, DiskReport, JobId } from "../../hvdef/index.ts";
import { type Disk, ramDisk, type VhdIdentity } from "../../storage/index.ts";
import { HvError } from "../../support/index.ts";
import type { FirstDisk, StockImage } from "../catalogue.ts";
import type { MediumSource, OpenMedium } from "../drives/rack.ts";
import { type FileStore, missingError } from "../file-store.ts";
import type { JobTable } from "../jobs.ts";
import { openChain } from "./chain.ts";
import { type FileUser, inspectFile, listFiles, mapBlocks } from "./listing.ts";
import { checkName, isUnfinished, unfinishedName } from "./names.ts";
import { checkNewName, sweep } from "./new-file.ts";
import { type ForeignDisk, openShelf, type Shelf, usable } from "./shelf.ts";
import { type OpenStock, stockDisk } from "./stock-images.ts";
import { type Departure, departureOf, type IncomingFile, takeIn } from "./take-in.ts";
import { childrenOf, performTask, putTogether, taskTitle } from "./tasks.ts";

/** What the library needs of its host. */
export interface LibrarySurroundings {
  readonly store: FileStore;
  readonly jobs: JobTable;
  readonly stock: readonly StockImage[];
  readonly firstDisks: readonly FirstDisk[];
  openStock: OpenStock;
  newIdentity(): VhdIdentity;
  /** The machines and what is in their drives. */
  users(): readonly FileUser[];
  /** A file has gone into another. */
  replaced(from: string, to: string): Promise<void>;
  /** Something a list of the library shows is another. */
  changed(): void;
}

/** The disk files of one host. */
export interface DiskLibrary {
  readonly media: MediumSource;
  list(): Promise<readonly DiskFileSummary[]>;
  inspect(name: string): Promise<DiskReport>;
  blockMap(name: string, cells: number): Promise<BlockMap>;
  begin(request: DiskJobRequest): JobId;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Begins to take in a file of the visitor. @param told  hears the file's name when it is there */
  takeIn(title: string, open: () => Promise<IncomingFile>, told?: (name: string) => Promise<void>): JobId;
  /** How a disk leaves for other programs; one that lies in several files is put together first. */
  depart(name: string): Promise<Departure>;
  /** Lists a device of the visitor. Answers the name it got. */
  addDevice(device: {
    readonly name: string;
    readonly disk: () => Disk;
    readonly byteLength: number;
  }): string;
  /** Removes what an earlier visit left unfinished. */
  sweep(): Promise<void>;
}

/** A disk that was put together to be saved elsewhere. The next one takes its place. */
const departureName = unfinishedName("departure");

/** Opens the library over a store. */
export function openLibrary(around: LibrarySurroundings): DiskLibrary {
  const shelf = openShelf(around.store);
  for (const image of around.stock) shelf.addForeign(stockDisk(image, around.openStock));

  function begin(title: string, run: Parameters<JobTable["begin"]>[0]["run"]): JobId {
    return around.jobs.begin({
      title,
      run: (steps) => run(steps).finally(around.changed),
    });
  }
  async function existing(name: string): Promise<string> {
    const found = await shelf.find(name);
    if (found === null) throw missingError(name);
    return found;
  }

  async function depart(name: string): Promise<Departure> {
    const stored = await existing(name);
    const facts = usable(stored, await shelf.factsOf(stored));
    const holder = shelf.holds(stored).find(({ access }) => access === "write")?.holder;
    if (holder !== undefined)
      throw new HvError(
        "storage.inUse",
        `${stored} is in use by ${holder}. Turn it off first, then download it.`,
      );
    const foreign = shelf.foreignNamed(stored) !== undefined;
    const ready = foreign ? null : departureOf(stored, facts, around.newIdentity());
    if (ready !== null) return ready;
    const job = begin(`Put ${stored} together`, (steps) =>
      putTogether(shelf, around, { source: stored, target: departureName, steps }),
    );
    await around.jobs.finished(job);
    return { name: stored.replace(/(\.[^.]*)?$/, ".vhd"), stored: departureName, tail: new Uint8Array(0) };
  }

  return {
    media: mediaOf(shelf, around),
    list: () => listFiles(shelf, around.users()),
    inspect: (name) => inspectFile(shelf, name, around.users()),
    blockMap: (name, cells) => mapBlocks(shelf, name, cells),
    begin: (request) => begin(taskTitle(request), (steps) => performTask(shelf, around, { request, steps })),
    async rename(from, to) {
      const stored = await existing(from);
      await checkNewName(shelf, to);
      await checkFree(shelf, stored, around.users(), "renamed");
      await shelf.store.rename(stored, to);
      shelf.forget(stored);
      await around.replaced(stored, to);
      around.changed();
    },
    async remove(name) {
      const stored = await existing(name);
      const foreign = shelf.foreignNamed(stored);
      if (foreign?.shared === true)
        throw new HvError("disk.foreign", `${stored} belongs to the site: it cannot be removed.`);
      await checkFree(shelf, stored, around.users(), "removed");
      if (foreign !== undefined) shelf.removeForeign(stored);
      else await shelf.store.remove(stored);
      shelf.forget(stored);
      around.changed();
    },
    takeIn: (title, open, told) =>
      begin(title, async (steps) => {
        const { name, lines } = await takeIn(shelf, open, { steps, holder: `the job “${title}”` });
        await told?.(name);
        return lines;
      }),
    depart,
    addDevice({ name, disk, byteLength }) {
      let title = name;
      for (let count = 2; shelf.foreignNamed(title) !== undefined; count++) title = `${name} (${count})`;
      shelf.addForeign(deviceDisk(title, disk, byteLength));
      around.changed();
      return title;
    },
    sweep: async () => {
      await sweep(shelf, isUnfinished);
    },
  };
}

/** How often what a guest wrote to a device goes there unasked, in calls of `writeBack`: every ten seconds. */
const callsBetweenCommits = 100;

/**
 * A device of the visitor in the library. One machine at a time has it. What a guest wrote goes to the device when
 * it flushes, every few seconds, and when the machine is turned off.
 */
function deviceDisk(name: string, openDevice: () => Disk, byteLength: number): ForeignDisk {
  let here: Disk | null = null;
  let closing: Promise<void> = Promise.resolve();
  let calls = 0;

  function close(disk: Disk): void {
    here = null;
    closing = (disk.prepareFlush?.() ?? Promise.resolve()).then(() => disk[Symbol.dispose]());
  }
  return {
    name,
    shared: false,
    facts: async () => ({ kind: "usable", format: "device", byteLength, vhd: null }),
    fileBytes: () => 0,
    fetched: () => null,
    async open() {
      await closing;
      const disk = openDevice();
      here = disk;
      return { ...disk, [Symbol.dispose]: () => close(disk) };
    },
    writeBack() {
      if (++calls % callsBetweenCommits === 0) void here?.prepareFlush?.();
    },
  };
}

/** @throws HvError when something uses a file or builds on it */
async function checkFree(
  shelf: Shelf,
  name: string,
  users: readonly FileUser[],
  doing: string,
): Promise<void> {
  const holder = shelf.holds(name)[0]?.holder;
  if (holder !== undefined)
    throw new HvError("storage.inUse", `${name} is in use by ${holder} and cannot be ${doing} now.`);
  const children = await childrenOf(shelf, name);
  if (children.length > 0)
    throw new HvError(
      "disk.hasChildren",
      `${name} cannot be ${doing}: ${children.join(", ")} would lose its parent.`,
    );
  if (doing === "renamed") return;
  const user = users.find(({ files }) => files.includes(name));
  if (user !== undefined)
    throw new HvError(
      "disk.attached",
      `${name} cannot be ${doing}: it is in a drive of ${user.name}. Take it out of the drive first.`,
    );
}

/** Opens what is in a machine's drives. */
function mediaOf(shelf: Shelf, around: LibrarySurroundings): MediumSource {
  return {
    async check({ kind, medium }) {
      if (medium.kind !== "file" && medium.kind !== "device") return;
      const stored = await shelf.find(medium.name);
      if (stored === null) {
        if (around.firstDisks.some(({ name }) => name === medium.name)) return;
        throw missingError(medium.name);
      }
      const { format } = usable(stored, await shelf.factsOf(stored));
      const fits =
        kind === "floppy" ? format === "floppy" : kind === "dvd" ? format === "iso" : format !== "iso";
      if (!fits) throw new HvError("drive.medium", `${stored} does not fit a ${driveTitles[kind]}.`);
    },
    async open(drive, use) {
      const { medium, kind } = drive;
      switch (medium.kind) {
        case "empty":
          return null;
        case "memory":
          return { disk: ramDisk(medium.byteLength), kept: "memory", writeBack() {} };
        case "file":
        case "device":
          await makeFirstDisk(shelf, around, { name: medium.name, signal: use.signal });
          return openFile(shelf, medium.name, { ...use, access: kind === "dvd" ? "read" : "write" });
      }
    },
  };
}

const driveTitles = { disk: "hard disk", dvd: "DVD drive", floppy: "diskette drive" } as const;

async function openFile(
  shelf: Shelf,
  name: string,
  use: Parameters<typeof openChain>[2],
): Promise<OpenMedium> {
  if (use.access === "write") {
    const children = await childrenOf(shelf, name);
    if (children.length > 0)
      throw new HvError(
        "disk.hasChildren",
        `${name} is the parent of ${children.join(", ")}: writing to it would damage what builds on it. Use a differencing disk on it instead.`,
      );
  }
  const chain = await openChain(shelf, name, use);
  const foreign = shelf.foreignNamed(name);
  const isDevice = foreign !== undefined && !foreign.shared;
  return {
    disk: chain.disk,
    kept: isDevice ? "your device" : shelf.store.kept,
    writeBack: chain.writeBack,
  };
}

/** The differencing disk that a stock machine gets with its first start. */
async function makeFirstDisk(
  shelf: Shelf,
  around: LibrarySurroundings,
  wanted: { readonly name: string; readonly signal: AbortSignal },
): Promise<void> {
  const first = around.firstDisks.find(({ name }) => name === wanted.name);
  if (first === undefined || (await shelf.find(first.name)) !== null) return;
  checkName(first.name);
  const steps = { signal: wanted.signal, step: async () => wanted.signal.throwIfAborted() };
  const request = { kind: "create", type: "differencing", ...first } as const;
  await performTask(shelf, around, { request, steps });
  around.changed();
}

import type { BlockMap, DiskFileSummary, DiskJobRequest, DiskReport, JobId } from "../../hvdef/index.ts";
import type { BlockFile } from "../../storage/index.ts";
import { HvError } from "../../support/index.ts";
import type { StockImage } from "../catalogue.ts";
import type { MediumSource } from "../drives/rack.ts";
import { type FileStore, missingError } from "../file-store.ts";
import type { JobTable, JobWork } from "../jobs.ts";
import { deviceDisk, type VisitorDevice } from "./device-disk.ts";
import { type FileUser, inspectFile, listFiles, mapBlocks } from "./listing.ts";
import { type MediaSurroundings, mediaOf } from "./media.ts";
import { checkName, checkSameKind, isUnfinished, sameName, unfinishedName } from "./names.ts";
import { checkNewName, makeFile, sweep } from "./new-file.ts";
import { checkRequest } from "./requests.ts";
import { openShelf, type Shelf, usable } from "./shelf.ts";
import { type OpenStock, stockDisk } from "./stock-images.ts";
import { type Departure, departureOf, type IncomingFile, takeIn } from "./take-in.ts";
import { childrenOf, performTask, putTogether, taskTitle } from "./tasks.ts";

/** What the library needs of its host. */
export interface LibrarySurroundings extends MediaSurroundings {
  readonly store: FileStore;
  readonly jobs: JobTable;
  readonly stock: readonly StockImage[];
  openStock: OpenStock;
  /** The machines and what is in their drives. */
  users(): readonly FileUser[];
  /** Something a list of the library shows is another. Resolves when whoever watches has the new list. */
  changed(): Promise<void>;
}

/** The disk files of one host. */
export interface DiskLibrary {
  readonly media: MediumSource;
  list(): Promise<readonly DiskFileSummary[]>;
  inspect(name: string): Promise<DiskReport>;
  blockMap(name: string, cells: number): Promise<BlockMap>;
  /** @throws HvError what can be told at once */
  begin(request: DiskJobRequest): JobId;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  has(name: string): Promise<boolean>;
  /** Makes a file, whole or not at all. @throws HvError */
  make(name: string, fill: (file: BlockFile) => void): Promise<void>;
  /** Begins to take in a file of the visitor. @param told  hears the file's name when it is there */
  takeIn(title: string, open: () => Promise<IncomingFile>, told?: (name: string) => Promise<void>): JobId;
  /** How a disk leaves for other programs; one that lies in several files is put together first. */
  depart(name: string): Promise<Departure>;
  /** Lists a device of the visitor. Answers the name it got: one that nothing else has. */
  addDevice(device: VisitorDevice): Promise<string>;
  /** Removes what an earlier visit left unfinished. */
  sweep(): Promise<void>;
}

/** A disk that was put together to be saved elsewhere. The next one takes its place. */
const departureName = unfinishedName("departure");

/** Opens the library over a store. */
export function openLibrary(around: LibrarySurroundings): DiskLibrary {
  const shelf = openShelf(around.store);
  for (const image of around.stock) shelf.addForeign(stockDisk(image, around.openStock));

  function begin(title: string, run: JobWork["run"], about?: Pick<JobWork, "about">): JobId {
    return around.jobs.begin({
      title,
      ...about,
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
      putTogether(shelf, around, { source: stored, target: departureName, steps }).catch(async (failure) => {
        await shelf.store.remove(departureName).catch(() => {});
        throw failure;
      }),
    );
    await around.jobs.finished(job);
    return { name: stored.replace(/(\.[^.]*)?$/, ".vhd"), stored: departureName, tail: new Uint8Array(0) };
  }

  return {
    media: mediaOf(shelf, around),
    list: () => listFiles(shelf, around.users()),
    inspect: (name) => inspectFile(shelf, name, around.users()),
    blockMap: (name, cells) => mapBlocks(shelf, name, cells),
    begin(request) {
      checkRequest(request);
      const run: JobWork["run"] = (steps) => performTask(shelf, around, { request, steps });
      return begin(taskTitle(request), run, { about: { kind: "disk", task: request.kind } });
    },
    async rename(from, to) {
      const stored = await existing(from);
      checkName(to);
      checkKept(shelf, stored, "renamed");
      checkSameKind(stored, to);
      await alone(shelf, [stored, to], "renamed", async () => {
        if (!sameName(stored, to)) await checkNewName(shelf, to);
        await checkChildless(shelf, stored, "renamed");
        await shelf.store.rename(stored, to);
        await around.replaced(stored, to).catch(async (failure: unknown) => {
          // A drive that cannot follow must find its file.
          await shelf.store.rename(to, stored);
          await around.replaced(to, stored).catch(() => {});
          throw failure;
        });
      });
      await around.changed();
    },
    async remove(name) {
      const stored = await existing(name);
      const foreign = shelf.foreignNamed(stored);
      if (foreign?.shared !== false) checkKept(shelf, stored, "removed");
      await alone(shelf, [stored], "removed", async () => {
        await checkChildless(shelf, stored, "removed");
        checkUnused(stored, around.users());
        if (foreign === undefined) await shelf.store.remove(stored);
        else shelf.removeForeign(stored);
      });
      await around.changed();
    },
    has: async (name) => (await shelf.find(name)) !== null,
    async make(name, fill) {
      await makeFile(shelf, { name, holder: "the management service" }, async (file) => fill(file));
      await around.changed();
    },
    takeIn: (title, open, told) =>
      begin(title, async (steps) => {
        const { name, lines } = await takeIn(shelf, open, { steps, holder: `the job “${title}”` });
        await told?.(name);
        return lines;
      }),
    depart,
    async addDevice(device) {
      let { name } = device;
      for (let count = 2; (await shelf.find(name)) !== null; count++) name = `${device.name} (${count})`;
      shelf.addForeign(deviceDisk({ ...device, name }));
      await around.changed();
      return name;
    },
    sweep: async () => {
      await sweep(shelf, isUnfinished);
    },
  };
}

/** Holds names while a file gets another or goes. @throws HvError when something uses one of them */
async function alone(
  shelf: Shelf,
  names: readonly string[],
  doing: string,
  work: () => Promise<void>,
): Promise<void> {
  const keys = names.filter((name, place) => names.findIndex((one) => sameName(one, name)) === place);
  for (const name of keys) {
    const holder = shelf.holds(name)[0]?.holder;
    if (holder !== undefined)
      throw new HvError("storage.inUse", `${name} is in use by ${holder} and cannot be ${doing} now.`, {
        hresult: 0x80070020,
      });
  }
  const holder = `somebody who has it ${doing}`;
  const releases: (() => void)[] = [];
  try {
    for (const name of keys) releases.push(await shelf.take(name, { holder, access: "write", disk: null }));
    await work();
  } finally {
    for (const release of releases) release();
    for (const name of keys) shelf.forget(name);
  }
}

function checkKept(shelf: Shelf, name: string, doing: string): void {
  const foreign = shelf.foreignNamed(name);
  if (foreign === undefined) return;
  const whose = foreign.shared ? "belongs to the site" : "is a file on your device";
  throw new HvError("disk.foreign", `${name} ${whose}: it cannot be ${doing} here.`);
}

/** @throws HvError when something builds on a file */
async function checkChildless(shelf: Shelf, name: string, doing: string): Promise<void> {
  const children = await childrenOf(shelf, name);
  if (children.length > 0)
    throw new HvError(
      "disk.hasChildren",
      `${name} cannot be ${doing}: ${children.join(", ")} would lose its parent.`,
    );
}

/** @throws HvError when a drive holds a file */
function checkUnused(name: string, users: readonly FileUser[]): void {
  const user = users.find(({ files }) => files.some((file) => sameName(file, name)));
  if (user !== undefined)
    throw new HvError(
      "disk.attached",
      `${name} cannot be removed: it is in a drive of ${user.name}. Take it out of the drive first.`,
    );
}

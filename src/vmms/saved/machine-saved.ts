import type { DriveSlot, SavedMemoryDisk, SavedUnits } from "../../hvdef/index.ts";
import type { Disk } from "../../storage/index.ts";
import { HvError, type OwnBytes, packPieces, pieceRegion, readPiece, reasonOf } from "../../support/index.ts";
import type { AttachedDrive } from "../drives/rack.ts";
import type { DriveSet } from "../drives/rules.ts";
import type { FileStore } from "../file-store.ts";
import { loadText, saveText } from "../kept-text.ts";
import type { Powered } from "../powered.ts";
import { changedDisk, parseStamps, stampDisks } from "./disk-stamps.ts";
import { newStateId, type OpenSavedFiles, savedFiles } from "./files.ts";

/** The saved state of one machine. */
export interface MachineSaved {
  /** There is one, and it is whole. */
  has(): Promise<boolean>;
  /**
   * Writes the state of a machine that is paused; it can go on all the same.
   * @throws HvError `vm.busy`, `storage.noSpace`; then there is no state
   */
  write(powered: Powered, memoryBytes: number): Promise<void>;
  /** The disks are closed: from now on the state counts. @throws what the store refuses with */
  commit(drives: DriveSet): Promise<void>;
  /** Opens the state for a restore. @throws HvError `state.*` with the way out */
  open(): Promise<OpenSavedFiles>;
  remove(): Promise<void>;
}

/** What saved states need of their host. */
export interface SavedSurroundings {
  readonly machines: FileStore;
  readonly disks: FileStore;
  readonly entropy: () => number;
  /** Milliseconds since 1970. */
  wallClock(): number;
  /** Lets other work of the thread happen. */
  breathe(): Promise<void>;
}

/** The code of the failure when there is no saved state any more: the machine is off. */
const goneCode = "state.gone";
const page = 4096;
/** Turns in which what the worker process has sent last arrives at whoever serves it. */
const lastWords = 4;
/** Pieces under way to the worker process: while it takes one in, the next is read. */
const piecesAhead = 4;

/** The saved state of a machine in the host's store. */
export function openMachineSaved(vm: string, name: string, around: SavedSurroundings): MachineSaved {
  const { machines, disks } = around;
  const files = savedFiles(machines, vm);
  /** Written when the disks are closed: without it the two files mean nothing. */
  const stampsName = `${vm}.saved.json`;

  async function remove(): Promise<void> {
    await machines.remove(stampsName);
    await files.remove();
  }
  async function write(powered: Powered, memoryBytes: number): Promise<void> {
    await remove();
    const { api } = powered.control;
    const child = await api.save();
    for (let turn = 0; turn < lastWords; turn++) await around.breathe();
    const { plane, rack } = powered;
    const own = {
      ...plane.services.save(),
      ...plane.adapters.save(),
      ...plane.integration.save(),
      ...plane.input.save(),
      ...plane.video.save(),
    };
    const memoryDisks = memoryDisksOf(rack.attached);
    const fromDisks = packDisks(memoryDisks);
    const pieces = async () => (await api.takePages()) ?? fromDisks();
    await files.write(pieces, {
      id: newStateId(around.entropy),
      savedAt: around.wallClock(),
      memoryBytes,
      build: child.build,
      units: { ...child.units, ...own },
      memoryDisks: memoryDisks.map(({ saved }) => saved),
    });
  }

  return {
    async has() {
      if ((await machines.has(stampsName)) && (await files.has())) return true;
      // What a page that was closed in the middle has left.
      await remove();
      return false;
    },
    write,
    async commit({ drives }) {
      const stamps = await stampDisks(disks, drives);
      await saveText(machines, stampsName, JSON.stringify({ format: 1, disks: stamps }));
    },
    async open() {
      const text = await loadText(machines, stampsName);
      if (text === null)
        throw new HvError(
          goneCode,
          `Another tab of this site has started ${name} or discarded its saved state. It is off here now.`,
        );
      const stamps = parse(text, name);
      const changed = await changedDisk(disks, stamps);
      if (changed !== null)
        throw new HvError(
          "state.disk",
          `The saved state of ${name} does not fit its disks: ${changed}. Put it back as it was, or discard the saved state.`,
        );
      return files.open();
    },
    remove,
  };
}

function parse(text: string, name: string) {
  try {
    return parseStamps(text);
  } catch (failure) {
    throw new HvError(
      "state.damaged",
      `The saved state of ${name} is damaged (${reasonOf(failure)}). Discard it to start the machine anew.`,
    );
  }
}

/** A restore found that there is nothing to restore. */
export function isStateGone(failure: unknown): boolean {
  return failure instanceof HvError && failure.code === goneCode;
}

/** Units of those who serve devices; all others are the worker process's. */
const servedUnits = /^(storvsp:|netvsp:|legacynic:|(ic|keyboard|mouse|video)$)/;

/** The units that the worker process has saved, and knows. */
export function childUnits(units: SavedUnits): SavedUnits {
  return Object.fromEntries(Object.entries(units).filter(([name]) => !servedUnits.test(name)));
}

/** Brings pages to where they belong. `put` takes the machine's memory. @throws HvError `state.damaged` */
export async function bringPages(
  open: OpenSavedFiles,
  attached: readonly AttachedDrive[],
  put: (piece: OwnBytes) => Promise<void>,
): Promise<void> {
  const disks = findDisks(open.machine.memoryDisks, attached);
  const under: Promise<void>[] = [];
  for (let piece = open.next(); piece !== null; piece = open.next()) {
    if (pieceRegion(piece) !== 0) {
      bringToDisk(piece, disks);
      continue;
    }
    const sent = put(piece);
    sent.catch(() => {});
    under.push(sent);
    if (under.length >= piecesAhead) await under.shift();
  }
  await Promise.all(under);
}

function bringToDisk(piece: OwnBytes, disks: ReadonlyMap<number, Disk>): void {
  const found = readPiece(piece, (region) => pagesOf(disks.get(region)?.byteLength ?? 0));
  const disk = disks.get(found?.region ?? 0);
  if (found === null || disk === undefined)
    throw new HvError("state.damaged", "A part of a saved disk of memory is damaged: its checksum is wrong.");
  found.each((at, bytes) => disk.write(at, new Uint8Array(bytes.subarray(0, disk.byteLength - at))));
}

/** Bytes of whole pages. */
function pagesOf(bytes: number): number {
  return Math.ceil(bytes / page) * page;
}

interface MemoryDisk {
  readonly disk: Disk;
  readonly saved: SavedMemoryDisk;
}

const placeOf = ({ controller, number, location }: DriveSlot): string =>
  `${controller} ${number}:${location}`;

function memoryDisksOf(attached: readonly AttachedDrive[]): readonly MemoryDisk[] {
  const memory = attached.flatMap(({ drive, medium }) =>
    drive.medium.kind === "memory" && medium !== null ? [{ slot: drive.slot, disk: medium.disk }] : [],
  );
  return memory.map(({ slot, disk }, at) => {
    return { disk, saved: { region: at + 1, place: placeOf(slot), byteLength: disk.byteLength } };
  });
}

function packDisks(disks: readonly MemoryDisk[]): () => OwnBytes | null {
  const packers = disks.map(({ disk, saved }) => {
    const bytes = new Uint8Array(page);
    const size = pagesOf(disk.byteLength);
    return packPieces({
      region: saved.region,
      size,
      pageAt(at) {
        const length = Math.min(page, disk.byteLength - at);
        bytes.fill(0);
        disk.read(at, bytes.subarray(0, length));
        return bytes;
      },
    });
  });
  return () => {
    for (let packer = packers[0]; packer !== undefined; packer = packers[0]) {
      const piece = packer.next();
      if (piece !== null) return piece;
      packers.shift();
    }
    return null;
  };
}

/** The disks of memory that are in their places again. */
function findDisks(
  saved: readonly SavedMemoryDisk[],
  attached: readonly AttachedDrive[],
): ReadonlyMap<number, Disk> {
  const found = new Map<number, Disk>();
  for (const { place, region, byteLength } of saved) {
    const there = memoryDisksOf(attached).find((one) => one.saved.place === place);
    if (there?.disk.byteLength !== byteLength)
      throw new HvError("state.damaged", `The disk of memory at ${place} is not the one that was saved.`);
    found.set(region, there.disk);
  }
  return found;
}

import { decodeSaved, encodeSaved, type GuestMemory, pageSize, readSavedUnit } from "../hvdef/index.ts";
import {
  type Clock,
  HvError,
  type OwnBytes,
  type PiecePacker,
  packPieces,
  readPiece,
} from "../support/index.ts";
import type { BootFiles, VirtualMachine } from "./machine.ts";
import type { ThreadWaits } from "./run-loop.ts";
import { lastSaidBytes } from "./serial-out.ts";

/** What a machine has to do with the thread it runs in: its time. Microseconds. */
export interface ProcessTime {
  /** What the partition's clock shows. */
  readonly now: number;
  /** Processor time that the guest has used. */
  readonly used: number;
}

/** The times, and what the guest said last on its serial port. */
export interface SavedProcess extends ProcessTime {
  readonly said: OwnBytes;
}

/** Microseconds in which everything under way should be answered. Reason: a disk that must be fetched takes seconds. */
const patience = 8_000_000;
/** Looks in a row that must find nothing: what the parent sent by itself is on its way a moment longer. */
const quietLooks = 4;
/** The one region of a machine's pages that is its memory. */
const ram = 0;
const format = 1;

/** Nothing to start from: a kernel that was saved lies in memory. */
export const noBootFiles: BootFiles = {
  dsdt: new Uint8Array(0),
  kernel: null,
  initrd: null,
  bios: null,
  font: null,
};

/**
 * Stops taking requests from a guest that stands still, and waits until those it has made are answered.
 * @returns `false`: something is not answered in time
 */
export async function comeToRest(
  machine: Pick<VirtualMachine, "quiet" | "deliver" | "drain">,
  { clock, waits }: { readonly clock: Clock; readonly waits: ThreadWaits },
): Promise<boolean> {
  const { quiet } = machine;
  const end = clock.now() + patience;
  quiet.hold();
  for (let looks = 0; looks < quietLooks; ) {
    const came = machine.deliver();
    machine.drain();
    looks = came || !quiet.isQuiet() ? 0 : looks + 1;
    if (clock.now() > end) return false;
    await waits.sleep(1);
  }
  return true;
}

/** Hands out a guest's memory. It must stand still until that was done. */
export function packMemory(memory: GuestMemory): PiecePacker {
  return packPieces({
    region: ram,
    size: memory.size,
    pageAt: (at) => memory.bytes().subarray(at, at + pageSize),
  });
}

/** Puts a piece of memory where it was. @throws HvError `state.damaged` */
export function putMemory(memory: GuestMemory, piece: Uint8Array): void {
  const found = readPiece(piece, (region) => (region === ram ? memory.size : 0));
  if (found === null)
    throw new HvError("state.damaged", "A part of the saved memory is damaged: its checksum is wrong.");
  const bytes = memory.bytes();
  found.each((at, page) => bytes.set(page, at));
}

/** Times and words as a unit. */
export function saveProcess(process: SavedProcess): OwnBytes {
  return encodeSaved({ format, ...process });
}

/** Reads the unit, which may be anything. @throws HvError `state.damaged` */
export function readProcess(bytes: OwnBytes | undefined): SavedProcess {
  const value = bytes === undefined ? undefined : decodeSaved(bytes);
  const read = readSavedUnit(value, { unit: "the worker process", format }, (fields) => ({
    now: positive(fields.real("now")) ?? fields.refuse("now"),
    used: positive(fields.real("used")) ?? fields.refuse("used"),
    said: fields.has("said") ? fields.bytes("said", lastSaidBytes) : new Uint8Array(0),
  }));
  if (read.kind === "usable") return read.state;
  throw new HvError("state.damaged", read.text);
}

/** A time that a clock can go on from: a hundred years at most. */
function positive(value: number): number | null {
  return value >= 0 && value < 3.2e15 ? value : null;
}

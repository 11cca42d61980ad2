import type { ScsiCommand } from "./command.ts";
import { check, type ScsiEnd } from "./result.ts";
import { type Sense, Senses } from "./sense.ts";
import type { ScsiUnit } from "./unit.ts";

type ModeSense = Extract<ScsiCommand, { kind: "modeSense" }>;
type ModeSelect = Extract<ScsiCommand, { kind: "modeSelect" }>;

const allPages = 0x3f;
const allSubpages = 0xff;

/** Answers MODE SENSE: header without block descriptors, then the pages asked for. @spc4 6.13 */
export function modeSense(unit: ScsiUnit, command: ModeSense): Uint8Array<ArrayBuffer> | Sense {
  if (command.control === 3) return Senses.savingNotSupported;
  if (command.subpage !== 0 && command.subpage !== allSubpages) return Senses.invalidFieldInCdb;
  const pages = (command.control === 1 ? changeableBits() : modePages()).filter(
    (page) => command.page === allPages || page[0] === command.page,
  );
  if (pages.length === 0) return Senses.invalidFieldInCdb;

  const headerBytes = command.form === 6 ? 4 : 8;
  const length = pages.reduce((sum, page) => sum + page.length, headerBytes);
  const out = new Uint8Array(length);
  const forceUnitAccess = 0x10;
  const device = (unit.disk.readOnly ? 0x80 : 0) | forceUnitAccess;
  if (command.form === 6) {
    out[0] = length - 1;
    out[2] = device;
  } else {
    out[1] = length - 2;
    out[3] = device;
  }
  let at = headerBytes;
  for (const page of pages) {
    out.set(page, at);
    at += page.length;
  }
  return out;
}

/**
 * Answers MODE SELECT: pages that say what is so already are good, all others are refused, because
 * nothing of ours can be changed. @spc4 6.11
 */
export function modeSelect(command: ModeSelect, dataOut: Uint8Array<ArrayBuffer>): ScsiEnd {
  if (command.listLength === 0) return { kind: "good", transferred: 0 };
  const headerBytes = command.form === 6 ? 4 : 8;
  if (command.listLength > dataOut.length || command.listLength < headerBytes) {
    return check(Senses.listLengthError);
  }
  const list = dataOut.subarray(0, command.listLength);
  const mediumType = command.form === 6 ? list[1] : list[2];
  // Both forms keep the length of the block descriptors at the header's end; we have none.
  const descriptors = command.form === 6 ? (list[3] ?? 0) : (list[6] ?? 0) | (list[7] ?? 0);
  if (mediumType !== 0 || descriptors !== 0) return check(Senses.invalidFieldInList);
  const fault = pagesFault(list.subarray(headerBytes));
  return fault === null ? { kind: "good", transferred: list.length } : check(fault);
}

/** Why the pages of a MODE SELECT cannot be, or `null` when they say what is so. */
function pagesFault(list: Uint8Array): Sense | null {
  const pages = modePages();
  let at = 0;
  while (at < list.length) {
    const ours = pages.find((page) => page[0] === list[at]);
    if (ours === undefined) return Senses.invalidFieldInList;
    const sent = list.subarray(at, at + ours.length);
    if (sent.length < ours.length) return Senses.listLengthError;
    if (ours.some((byte, place) => byte !== sent[place])) return Senses.invalidFieldInList;
    at += ours.length;
  }
  return null;
}

/** Our pages, in ascending order. */
function modePages(): readonly Uint8Array[] {
  const [caching, control] = blankPages();
  caching[2] = 0x04; // write cache enabled: guests then send SYNCHRONIZE CACHE
  control[3] = 0x10; // commands may be reordered
  return [caching, control];
}

/** The masks of bits that can be changed: none. */
function changeableBits(): readonly Uint8Array[] {
  return blankPages();
}

function blankPages(): readonly [Uint8Array, Uint8Array] {
  const caching = new Uint8Array(20);
  caching.set([0x08, 18]);
  const control = new Uint8Array(12);
  control.set([0x0a, 10]);
  return [caching, control];
}

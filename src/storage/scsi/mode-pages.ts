import type { ScsiCommand } from "./command.ts";
import { type Sense, Senses } from "./sense.ts";
import type { ScsiUnit } from "./unit.ts";

type ModeSense = Extract<ScsiCommand, { kind: "modeSense" }>;

const allPages = 0x3f;
const allSubpages = 0xff;

/** Answers MODE SENSE: header without block descriptors, then the pages asked for. @spc4 6.13 */
export function modeSense(unit: ScsiUnit, command: ModeSense): Uint8Array<ArrayBuffer> | Sense {
  if (command.control === 3) return Senses.savingNotSupported;
  if (command.subpage !== 0 && command.subpage !== allSubpages) return Senses.invalidFieldInCdb;
  const pages = modePages(command.control === 1).filter(
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

/** Our pages, in ascending order. Nothing in them can be changed, so the masks of changeable bits are zeros. */
function modePages(changeableMask: boolean): readonly Uint8Array[] {
  const caching = new Uint8Array(20);
  caching.set([0x08, 18]);
  const control = new Uint8Array(12);
  control.set([0x0a, 10]);
  if (!changeableMask) {
    caching[2] = 0x04; // write cache enabled: guests then send SYNCHRONIZE CACHE
    control[3] = 0x10; // commands may be reordered
  }
  return [caching, control];
}

import {
  type GuestMemory,
  pageEnabled,
  pageOf,
  type SavedFields,
  type SavedValue,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { MsrEntry } from "./msr.ts";
import { openOverlay, readOverlay, savedOverlay } from "./overlay.ts";

/** A page of zeros that the guest places with one register: bit 0 enables, 63:12 are the page number. */
export interface PlacedPage {
  readonly entry: MsrEntry;
  /** Byte address, or `null` while it is nowhere. */
  at(): number | null;
  /** Takes it off and clears the enable bit. */
  remove(): void;
  reset(): void;
  save(): SavedValue;
  /** @param fields  from `save`, by whatever way it came */
  resume(fields: SavedFields): void;
  inspect(): InspectNode;
}

/** @param onWrite  called after the page was placed or taken off */
export function openPlacedPage(memory: GuestMemory, index: number, onWrite: () => void): PlacedPage {
  const overlay = openOverlay(memory);
  let register = 0n;

  function write(value: bigint): void {
    register = value;
    if ((value & pageEnabled) === 0n) overlay.unmap();
    else overlay.map(pageOf(value), new Uint8Array(0));
    onWrite();
  }

  return {
    entry: { index, read: () => register, write },
    at: overlay.at,
    remove: () => write(register & ~pageEnabled),
    reset: () => write(0n),
    save: () => ({ register, overlay: savedOverlay(overlay.save()) }),
    resume(fields) {
      register = fields.big("register");
      overlay.resume(readOverlay(fields.optional("overlay"), memory));
    },
    inspect: overlay.inspect,
  };
}

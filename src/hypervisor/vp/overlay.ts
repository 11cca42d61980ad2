import { type GuestMemory, inRam, pageSize, type SavedFields, type SavedValue } from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";

/** A page of the hypervisor laid over a page of the guest. What lay below comes back afterwards. */
export interface Overlay {
  /**
   * Lays `contents` (at most a page, the rest is zero) over a guest page. An unchecked page number;
   * one beyond RAM leaves the overlay unmapped. Mapping the page it is on already changes nothing.
   */
  map(page: bigint, contents: Uint8Array): void;
  /** Puts back what was there. Harmless when nothing is mapped. */
  unmap(): void;
  /** Byte address of the page, or `null` while nothing is mapped. */
  at(): number | null;
  /** Where it is and what lies below it; `null` while nothing is mapped. */
  save(): OverlayState | null;
  /** Goes on where it was saved: the page itself is in RAM already. */
  resume(state: OverlayState | null): void;
  inspect(): InspectNode;
}

/** What is saved of a mapped overlay. */
export interface OverlayState {
  readonly at: number;
  readonly below: Uint8Array<ArrayBuffer>;
}

/** What is saved of an overlay, as it may be anything: a page inside RAM. */
export function readOverlay(fields: SavedFields | null, memory: GuestMemory): OverlayState | null {
  if (fields === null) return null;
  const page = fields.integer("page", 0, Math.floor(memory.size / pageSize) - 1);
  const below = new Uint8Array(pageSize);
  below.set(fields.bytes("below", pageSize));
  return { at: page * pageSize, below };
}

/** An overlay's state as plain data. */
export function savedOverlay(state: OverlayState | null): SavedValue {
  return state === null ? null : { page: state.at / pageSize, below: state.below };
}

/** @tlfs 5.2.1 partial: the guest may write what real overlays protect */
export function openOverlay(memory: GuestMemory): Overlay {
  let mapped: OverlayState | null = null;
  let beyondRam = 0;

  function unmap(): void {
    if (mapped === null) return;
    memory.bytes().set(mapped.below, mapped.at);
    memory.wrote(mapped.at, pageSize);
    mapped = null;
  }

  function map(page: bigint, contents: Uint8Array): void {
    const at = Number(page) * pageSize;
    if (mapped?.at === at) return;
    unmap();
    if (!inRam(memory, at, pageSize)) {
      beyondRam++;
      return;
    }
    const bytes = memory.bytes().subarray(at, at + pageSize);
    mapped = { at, below: bytes.slice() };
    bytes.fill(0);
    bytes.set(contents.subarray(0, pageSize));
    memory.wrote(at, pageSize);
  }

  return {
    map,
    unmap,
    at: () => mapped?.at ?? null,
    save: () => mapped,
    resume(state) {
      mapped = state;
    },
    inspect: () => ({ address: mapped?.at ?? null, beyondRam }),
  };
}

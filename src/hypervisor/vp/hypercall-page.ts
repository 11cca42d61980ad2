import {
  type GuestMemory,
  HypercallMsr,
  Msr,
  pageOf,
  pageSize,
  type SavedFields,
  type SavedValue,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import { guestName } from "./guest-identity.ts";
import type { MsrEntry } from "./msr.ts";
import { openOverlay, readOverlay, savedOverlay } from "./overlay.ts";

/** Port on which the code of the hypercall page calls us. */
export const hypercallPort = 0xf5;

/** OUT 0F5h, EAX; RET; the rest INT 3, so that a jump astray is noticed. */
const pageContents = new Uint8Array(pageSize).fill(0xcc);
pageContents.set([0xe7, hypercallPort, 0xc3]);

/** The registers with which a guest introduces itself and gets its hypercall page. */
export interface HypercallPage {
  readonly entries: readonly MsrEntry[];
  isEnabled(): boolean;
  reset(): void;
  save(): SavedValue;
  /** @param fields  from `save`, by whatever way it came */
  resume(fields: SavedFields): void;
  inspect(): InspectNode;
}

/**
 * @param onGoodbye  the guest wrote zero to GUEST_OS_ID: all its overlays go
 * @tlfs 3.13
 */
export function openHypercallPage(memory: GuestMemory, onGoodbye: () => void): HypercallPage {
  const overlay = openOverlay(memory);
  let guestOsId = 0n;
  let register = 0n;

  function disable(): void {
    register &= ~HypercallMsr.enable;
    overlay.unmap();
  }

  function introduce(value: bigint): void {
    guestOsId = value;
    if (value !== 0n) return;
    disable();
    onGoodbye();
  }

  function place(value: bigint): void {
    if ((register & HypercallMsr.locked) !== 0n) return;
    register = value;
    if (guestOsId === 0n || (value & HypercallMsr.enable) === 0n) disable();
    else overlay.map(pageOf(value), pageContents);
  }

  return {
    entries: [
      { index: Msr.guestOsId, read: () => guestOsId, write: introduce },
      { index: Msr.hypercall, read: () => register, write: place },
    ],
    isEnabled: () => overlay.at() !== null,
    reset() {
      disable();
      guestOsId = register = 0n;
    },
    save: () => ({ guestOsId, register, overlay: savedOverlay(overlay.save()) }),
    resume(fields) {
      guestOsId = fields.big("guestOsId");
      register = fields.big("register");
      overlay.resume(readOverlay(fields.optional("overlay"), memory));
    },
    inspect: () => ({
      guest: guestName(guestOsId),
      guestOsId: `0x${guestOsId.toString(16)}`,
      locked: (register & HypercallMsr.locked) !== 0n,
      page: overlay.inspect(),
    }),
  };
}

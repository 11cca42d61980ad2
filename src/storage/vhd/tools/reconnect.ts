import { type BlockFile, sectorSize } from "../../disk.ts";
import type { Steps } from "../../steps.ts";
import { placeTexts } from "../create.ts";
import { readVhdHead, type SparseHead, sameBytes, type VhdHead } from "../head.ts";
import { sealHeader, VhdHeader } from "../header.ts";
import { locatorField, locatorTexts, parentNameField } from "../locator.ts";
import { append, needsRepair, nextSector } from "./footers.ts";
import { attempt, guarded, refused, type ToolOutcome, type ToolTrouble, unusable } from "./outcome.ts";

/** The disk that a differencing disk shall build on from now on. */
export interface NewParent {
  /** What the parent says of itself. */
  readonly parent: VhdHead;
  /** File name of the parent, without folders. */
  readonly parentName: string;
  /** Also when the parent is not the disk the child was made from. */
  readonly force?: boolean;
}

/** Whether the disk has a parent with another unique id now. */
export interface ReconnectResult {
  readonly replaced: boolean;
}

/**
 * Tells a differencing disk where its parent is. Only what the disk says of its parent changes; a power cut leaves
 * the old word or the new one.
 *
 * @param child  the differencing disk; nobody uses it. Changed in place; borrowed
 * @throws the signal's reason when cancelled; the file is as it was then
 * @wmi Msvm_ImageManagementService.ReconnectParentVirtualHardDisk
 */
export async function reconnect(
  child: BlockFile,
  to: NewParent,
  steps: Steps,
): Promise<ToolOutcome<ReconnectResult>> {
  const { parent, parentName } = to;
  const file = guarded(child);
  const head = readVhdHead(file);
  if (head.kind === "corrupt") return unusable(head.text);
  const { sparse } = head;
  const trouble = mismatch(head, to) ?? needsRepair(head);
  if (trouble !== null) return trouble;
  if (sparse === null || head.parent === null) return refused("Only a differencing disk has a parent.");
  const replaced = !sameBytes(head.parent.uniqueId, parent.uniqueId);
  const named = namesAlready(head, parentName);
  return attempt(
    steps,
    () => file.size() + 4 * sectorSize + 2 * parentName.length,
    async () => {
      await steps.step(0, 1);
      const locators = named ? sparse.header.locators : await addTexts(file, head, parentName);
      writeHeader(file, sparse, {
        parentUniqueId: parent.uniqueId,
        parentTimeStamp: parent.footer.timeStamp,
        parentName: named ? sparse.header.parentName : parentNameField(parentName),
        locators,
      });
      return { kind: "done", replaced };
    },
  );
}

function mismatch(head: VhdHead, { parent, force }: NewParent): ToolTrouble | null {
  if (head.parent === null) return refused("Only a differencing disk has a parent to be connected to.");
  if (sameBytes(head.uniqueId, parent.uniqueId)) {
    return refused(
      "A disk cannot be its own parent, and that disk has the same unique id. Choose another one.",
    );
  }
  if (head.byteLength !== parent.byteLength) {
    const sizes = `${head.byteLength} and ${parent.byteLength} bytes`;
    return refused(
      `The disk and that parent have different sizes, ${sizes}, so they cannot belong together.`,
    );
  }
  if (force === true || sameBytes(head.parent.uniqueId, parent.uniqueId)) return null;
  return refused(
    "That disk is not the one this disk was made from. Connected to it, the guest may find its files damaged, " +
      "and what it then writes makes the damage last. Do it only if both are known to hold the same.",
  );
}

/** Whether everything a reader looks for already gives this name. */
function namesAlready({ parent }: VhdHead, name: string): boolean {
  if (parent === null || parent.name !== name) return false;
  const wanted = locatorTexts(name).length;
  return (
    parent.fieldName === name && parent.locators.filter(({ path }) => path?.endsWith(name)).length >= wanted
  );
}

/** Puts the locators' texts behind all else and answers the field that names them. Old texts stay where they are. */
async function addTexts(file: BlockFile, head: VhdHead, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const { locators, pieces, end } = placeTexts(name, nextSector(file.size()));
  await append(file, head, () => {
    for (const { at, bytes } of pieces) file.writeAt(at, bytes);
    return end;
  });
  return locatorField(locators);
}

/**
 * One write, of the first sector alone when nothing else changes. Behind the copy of the footer, where every maker
 * puts it, the header lies in one page of 4 KiB, which is what media and browsers write as one.
 */
function writeHeader(
  file: BlockFile,
  { header, headerAt }: SparseHead,
  parent: Pick<VhdHeader, "parentUniqueId" | "parentTimeStamp" | "parentName" | "locators">,
): void {
  const before = VhdHeader.bytes(header);
  const after = sealHeader({ ...header, ...parent });
  const tail = VhdHeader.size / 2;
  const whole = !sameBytes(before.subarray(tail), after.subarray(tail));
  file.writeAt(headerAt, whole ? after : after.subarray(0, tail));
  file.flush();
}

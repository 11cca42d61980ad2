import { type BlockFile, sectorSize } from "../../disk.ts";
import {
  dynamicHeaderAt,
  footerBytes,
  sealFooter,
  type VhdFooter,
  type VhdIdentity,
  VhdType,
} from "../footer.ts";
import { headerBytes, sealHeader, VhdHeader } from "../header.ts";
import {
  locatorField,
  locatorSectors,
  locatorsOf,
  locatorTextLimit,
  type ParentLocator,
} from "../locator.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Where the texts of locators start in the files we make: behind footer copy and header. */
const textsAt = Number(dynamicHeaderAt) + VhdHeader.size;

/** What stands before the table of a new dynamic disk: footer copy and header. The table follows at its end. */
export function dynamicHead(
  byteLength: number,
  identity: VhdIdentity,
  shape: { readonly tableEntries: number; readonly blockBytes: number },
): Bytes {
  const footer = footerBytes({ type: VhdType.dynamic, byteLength, identity });
  return joined([footer, headerBytes({ tableAt: textsAt, ...shape })]);
}

/**
 * What stands before the table of a file that takes another's place: the same footer and header, but for where
 * things stand, and the texts of the locators. A locator whose text is not in the file is left out.
 *
 * @throws what the file throws
 */
export function movedHead(
  source: BlockFile,
  { footer, header }: { readonly footer: VhdFooter; readonly header: VhdHeader },
  tableEntries: number,
): Bytes {
  const texts: Bytes[] = [];
  const locators: ParentLocator[] = [];
  let end = textsAt;
  for (const locator of locatorsOf(header.locators)) {
    const text = locatorText(source, locator);
    if (text === null) continue;
    // Tools disagree whether the space is counted in sectors or in bytes; nothing smaller than a sector is bytes.
    const space = locator.space < sectorSize ? text.length / sectorSize : text.length;
    locators.push({ ...locator, space, at: BigInt(end) });
    texts.push(text);
    end += text.length;
  }
  const moved = { ...header, tableOffset: BigInt(end), tableEntries, locators: locatorField(locators) };
  return joined([sealFooter({ ...footer, dataOffset: dynamicHeaderAt }), sealHeader(moved), ...texts]);
}

/** A locator's text, padded to whole sectors; `null` when it is unused or its text cannot be there. */
function locatorText(source: BlockFile, { platform, length, at }: ParentLocator): Bytes | null {
  if (platform === 0 || length === 0 || length > locatorTextLimit) return null;
  if (at + BigInt(length) > BigInt(source.size())) return null;
  const text = new Uint8Array(locatorSectors(length) * sectorSize);
  source.readAt(Number(at), text.subarray(0, length));
  return text;
}

function joined(parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

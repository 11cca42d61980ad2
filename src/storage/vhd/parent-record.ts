import type { BlockFile } from "../disk.ts";
import type { VhdHeader } from "./header.ts";
import {
  LocatorPlatform,
  lastPart,
  locatorSectors,
  locatorsOf,
  locatorTextLimit,
  type ParentLocator,
  textOf,
} from "./locator.ts";

/** What a differencing disk says of its parent. Nothing of it has been compared with any parent. */
export interface ParentRecord {
  /** 16 bytes as stored. */
  readonly uniqueId: Uint8Array<ArrayBuffer>;
  /** Seconds since 2000. */
  readonly timeStamp: number;
  /** File name without folders, out of the locators or the header's field; empty when there is none. */
  readonly name: string;
  /** The header's field as text, cut at its first NUL. */
  readonly fieldName: string;
  /** Used locators in the order of the header. */
  readonly locators: readonly LocatorRecord[];
}

/** A locator that is in use. */
export interface LocatorRecord {
  /** Open: {@link LocatorPlatform} knows those whose text is read. */
  readonly platform: number;
  /** Byte of the file where its text stands, and bytes of it. */
  readonly at: number;
  readonly length: number;
  /** The path; `null` when the platform is none of ours or the text lies outside the file. */
  readonly path: string | null;
}

/** Reads the parent's record; locators cost at most 64 KiB each. @throws what the file throws */
export function readParentRecord(file: BlockFile, header: VhdHeader): ParentRecord {
  const fieldName = textOf(header.parentName, false);
  const locators = usedLocators(header).map((locator) => readLocator(file, locator));
  const pathOf = (platform: number) => locators.find((one) => one.platform === platform)?.path;
  const path = [pathOf(LocatorPlatform.relativeUtf16), pathOf(LocatorPlatform.absoluteUtf16), fieldName].find(
    (one) => one !== undefined && one !== null && lastPart(one) !== "",
  );
  return {
    uniqueId: header.parentUniqueId,
    timeStamp: header.parentTimeStamp,
    name: lastPart(path ?? ""),
    fieldName,
    locators,
  };
}

/** Ranges of the file that the locators' texts take, in bytes, rounded up to sectors. */
export function locatorExtents(
  header: VhdHeader,
): readonly { readonly at: number; readonly length: number }[] {
  return usedLocators(header).map(({ at, length }) => ({
    at: Number(at),
    length: locatorSectors(length) * 512,
  }));
}

function usedLocators(header: VhdHeader): readonly ParentLocator[] {
  return locatorsOf(header.locators).filter(
    ({ platform, length, at }) => platform !== 0 && length > 0 && at > 0n && at < BigInt(2 ** 52),
  );
}

function readLocator(file: BlockFile, locator: ParentLocator): LocatorRecord {
  const { platform, length } = locator;
  const at = Number(locator.at);
  const ours = Object.values(LocatorPlatform).some((known) => known === platform);
  if (!ours || length > locatorTextLimit || at + length > file.size())
    return { platform, at, length, path: null };
  const bytes = new Uint8Array(length);
  file.readAt(at, bytes);
  return { platform, at, length, path: textOf(bytes, true) };
}

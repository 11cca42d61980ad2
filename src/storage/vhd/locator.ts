import { type Infer, layout, u32, u64 } from "../../support/index.ts";
import { sectorSize } from "../disk.ts";

/** One of the eight places where a differencing disk says how to find its parent. @vhd parent-locator-entry */
export const ParentLocator = layout("ParentLocator", "be", 24, {
  platform: u32, // LocatorPlatform; 0 unused
  space: u32, // sectors kept for the text; some tools write bytes
  length: u32, // bytes of the text
  reserved: u32, // zero, not checked
  at: u64, // bytes from the start of the file
});
export type ParentLocator = Infer<typeof ParentLocator>;

/** What the text of a locator is. Open: files may carry others, which are kept. @vhd platform-code */
export const LocatorPlatform = { relativeUtf16: 0x57327275, absoluteUtf16: 0x57326b75 } as const;

/** Locators in a header. */
export const locatorCount = 8;
/** Longest locator text we read: the longest path of Windows is 32767 letters of 2 bytes. */
export const locatorTextLimit = 65534;
/** Longest parent name: what the header's field holds. */
export const parentNameLimit = 256;

/** The locators of a header, unused ones too. */
export function locatorsOf(field: Uint8Array): readonly ParentLocator[] {
  const view = new DataView(field.buffer, field.byteOffset, field.byteLength);
  return Array.from({ length: locatorCount }, (_, place) =>
    ParentLocator.read(view, place * ParentLocator.size),
  );
}

/** Eight locators as the header holds them; missing ones are unused. */
export function locatorField(locators: readonly ParentLocator[]): Uint8Array<ArrayBuffer> {
  const field = new Uint8Array(locatorCount * ParentLocator.size);
  const view = new DataView(field.buffer);
  for (const [place, locator] of locators.slice(0, locatorCount).entries()) {
    ParentLocator.write(view, place * ParentLocator.size, locator);
  }
  return field;
}

/** A locator text with the bytes it is stored as. */
export interface LocatorText {
  readonly platform: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The default folder of Hyper-V Server 2008 R2; an absolute locator must name some place of Windows. */
const usualFolder = "C:\\Users\\Public\\Documents\\Hyper-V\\Virtual Hard Disks\\";

/** The texts a new differencing disk carries: its parent lies beside it, or in Hyper-V's usual folder. */
export function locatorTexts(parentName: string): readonly LocatorText[] {
  return [
    { platform: LocatorPlatform.relativeUtf16, bytes: utf16(`.\\${parentName}`, true) },
    { platform: LocatorPlatform.absoluteUtf16, bytes: utf16(`${usualFolder}${parentName}`, true) },
  ];
}

/** A parent's name as the header's field holds it: 512 bytes, cut to 256 letters. */
export function parentNameField(name: string): Uint8Array<ArrayBuffer> {
  const field = new Uint8Array(2 * parentNameLimit);
  field.set(utf16(name.slice(0, parentNameLimit), false));
  return field;
}

/** Text as UTF-16 without a mark of its byte order. */
export function utf16(text: string, littleEndian: boolean): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(text.length * 2);
  const view = new DataView(out.buffer);
  for (let place = 0; place < text.length; place++)
    view.setUint16(place * 2, text.charCodeAt(place), littleEndian);
  return out;
}

/** UTF-16 up to its end or its first NUL; an odd last byte is left out. Any bytes may be given. */
export function textOf(bytes: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const code = view.getUint16(at, littleEndian);
    if (code === 0) break;
    text += String.fromCharCode(code);
  }
  return text;
}

/** The last part of a path of Windows or of anyone else. */
export function lastPart(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("\\"), path.lastIndexOf("/")) + 1);
}

/** Sectors that a text takes. */
export function locatorSectors(length: number): number {
  return Math.ceil(length / sectorSize);
}

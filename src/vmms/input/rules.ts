import {
  isKeyName,
  type KeyboardLayout,
  type KeyName,
  keyboardLayouts,
  type PointerReport,
} from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";

/** What a machine's input is set to. */
export interface InputSettings {
  readonly layout: KeyboardLayout;
}

/** As a machine comes. */
export const usualInput: InputSettings = { layout: "us" };

/** Scan codes, and reports, of one call. Reason: a hand types some bytes between two calls; more is no hand. */
const batchLimit = 4096;
/** Characters of one text. Reason: at the pace of a guest that keeps up this takes a quarter of an hour. */
const textLimit = 256 * 1024;
const farthest = 0xffff;

/** Reads settings that were kept. @throws whatever is wrong with them */
export function parseInput(text: string): InputSettings {
  const found = JSON.parse(text) as { format?: unknown; layout?: unknown } | null;
  if (found?.format !== 1) throw new Error("its format is not known");
  return { layout: checkLayout(found.layout) };
}

/** @throws HvError `input.unknown` */
export function checkLayout(layout: unknown): KeyboardLayout {
  const known = keyboardLayouts.find((one) => one === layout);
  if (known === undefined)
    throw wrong(`There is no such keyboard layout. Choose one of ${keyboardLayouts.join(", ")}.`);
  return known;
}

/** @throws HvError `input.unknown` */
export function checkKey(key: string): KeyName {
  if (!isKeyName(key))
    throw wrong(`There is no key ${key}. Keys are named as in a browser: KeyA, Enter, ControlLeft.`);
  return key;
}

/** @throws HvError `input.unknown` */
export function checkCodes(codes: readonly number[]): readonly number[] {
  if (
    codes.length > batchLimit ||
    !codes.every((code) => Number.isInteger(code) && code >= 0 && code <= 0xff)
  )
    throw wrong(`Scan codes are at most ${batchLimit} whole numbers of 0 to 255.`);
  return codes;
}

/** @throws HvError `input.unknown` */
export function checkReports(reports: readonly PointerReport[]): readonly PointerReport[] {
  if (reports.length > batchLimit || !reports.every(isReport))
    throw wrong("A pointer report has whole numbers for its place or movement, its buttons and its wheel.");
  return reports;
}

/** @throws HvError `input.unknown` */
export function checkText(text: string): string {
  if (text.length > textLimit)
    throw wrong(`A text to type has at most ${textLimit} characters. Give the guest longer ones as a file.`);
  return text;
}

function isReport(report: PointerReport): boolean {
  const place = report.kind === "absolute" ? [report.x, report.y] : [report.dx, report.dy];
  return [...place, report.buttons, report.wheel].every(
    (figure) => Number.isInteger(figure) && Math.abs(figure) <= farthest,
  );
}

function wrong(text: string): HvError {
  return new HvError("input.unknown", text, { hresult: 0x80070057 });
}

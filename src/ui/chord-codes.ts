import { breakCodes, type KeyName, makeCodes } from "../hvdef/index.ts";

/** Scan codes of keys pressed together: down in order, up in reverse. */
export function chordCodes(keys: readonly KeyName[]): readonly number[] {
  return [...keys.flatMap(makeCodes), ...keys.toReversed().flatMap(breakCodes)];
}

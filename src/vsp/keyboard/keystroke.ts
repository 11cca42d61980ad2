import { breakBit, KeyboardFlag, KeyboardMessage, KeyStroke, scanPrefix } from "../../hvdef/index.ts";
import type { OwnBytes } from "../../support/index.ts";

/**
 * The events that say what some scan codes say.
 * @param codes  one part of `splitScanCodes`: a prefix belongs to the code behind it, the one after that has none
 */
export function keyEvents(codes: readonly number[]): readonly OwnBytes[] {
  const [first = 0] = codes;
  const prefix = first === scanPrefix.e0 || first === scanPrefix.e1 ? first : null;
  const plain = prefix === null ? codes : codes.slice(1);
  return plain.map((code, place) => event(code, place === 0 ? prefix : null));
}

function event(code: number, prefix: number | null): OwnBytes {
  const way = (code & breakBit) === 0 ? 0 : KeyboardFlag.isBreak;
  const before = prefix === scanPrefix.e0 ? KeyboardFlag.isE0 : prefix === null ? 0 : KeyboardFlag.isE1;
  return KeyStroke.bytes({
    type: KeyboardMessage.event,
    makeCode: code & ~breakBit & 0xff,
    reserved: 0,
    flags: way | before,
  });
}

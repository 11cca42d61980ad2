import { wire16 } from "../../frame/index.ts";
import { latin1, latin1Bytes } from "../octets.ts";

/** Bytes of a name at most, lengths and the final zero included. @rfc 1035 2.3.4 */
const longestName = 255;
const longestLabel = 63;
/** Jumps in one name at most. Each must lead back, so this only bounds the work. */
const jumpLimit = 16;

/** A name in a message. */
export interface WireName {
  /** As sent, upper and lower case kept: some clients check that they get it back so. */
  readonly labels: readonly string[];
  /** Where the message goes on. */
  readonly end: number;
}

/**
 * Reads a name, or `null` when it is malformed.
 *
 * @param start  where the message begins, from which pointers count
 * @param end  where the message ends
 * @rfc 1035 4.1.4
 */
export function readName(bytes: Uint8Array, start: number, at: number, end: number): WireName | null {
  const labels: string[] = [];
  let length = 1;
  let next: number | null = null;
  for (let jumps = 0; at < end; ) {
    const head = bytes[at] ?? 0;
    if (head === 0) return { labels, end: next ?? at + 1 };
    if (head >= 0xc0) {
      const target = start + (wire16(bytes, at) & 0x3fff);
      if (at + 2 > end || target >= at || ++jumps > jumpLimit) return null;
      next ??= at + 2;
      at = target;
      continue;
    }
    length += 1 + head;
    if (head > longestLabel || at + 1 + head > end || length > longestName) return null;
    labels.push(latin1(bytes, at + 1, head));
    at += 1 + head;
  }
  return null;
}

/** A name on the wire, without pointers. Labels have come from `readName` or are short. */
export function nameBytes(labels: readonly string[]): Uint8Array<ArrayBuffer> {
  const text = labels.map((label) => String.fromCharCode(label.length) + label).join("");
  return latin1Bytes(`${text}\0`);
}

/** The labels of a name with dots, those that are empty left out. */
export function labelsOf(name: string): string[] {
  return name
    .split(".")
    .filter((label) => label !== "")
    .map((label) => label.slice(0, longestLabel));
}

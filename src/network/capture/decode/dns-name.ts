import type { Dissection, Span } from "./dissection.ts";
import { printable } from "./text.ts";

/** A name of a message, or why there is none. */
export type DnsName =
  | { readonly kind: "name"; readonly text: string; readonly end: number }
  | { readonly kind: "cut" }
  | { readonly kind: "wrong"; readonly reason: string };

/** Bytes a name may have on the wire when written out. @rfc 1035 2.3.4 */
const nameLimit = 255;
const POINTER = 0xc0;

/**
 * Reads a name that may end in a pointer to another one.
 *
 * Pointers must lead backwards: this ends the walk, and nobody writes others.
 *
 * @param message  the whole message, which pointers count from
 * @param at  where the name begins in the frame
 */
export function readDnsName(frame: Dissection, message: Span, at: number): DnsName {
  const labels: string[] = [];
  let bytes = 1;
  let end: number | undefined;
  let lowest = at;
  for (;;) {
    if (at >= message.end) return { kind: "wrong", reason: "A DNS name goes on behind its message." };
    if (at >= frame.bytes.length) return { kind: "cut" };
    const length = frame.view.getUint8(at);
    if (length === 0) return { kind: "name", text: labels.join(".") || ".", end: end ?? at + 1 };
    if ((length & POINTER) === POINTER) {
      if (at + 2 > message.end) return { kind: "wrong", reason: "A DNS name goes on behind its message." };
      if (at + 2 > frame.bytes.length) return { kind: "cut" };
      end ??= at + 2;
      at = message.at + (frame.view.getUint16(at) & 0x3fff);
      if (at >= lowest) return { kind: "wrong", reason: "A DNS name points forward or at itself." };
      lowest = at;
      continue;
    }
    if ((length & POINTER) !== 0)
      return { kind: "wrong", reason: "A DNS name has a label of an unknown kind." };
    bytes += length + 1;
    if (bytes > nameLimit) return { kind: "wrong", reason: "A DNS name is longer than 255 bytes." };
    const next = at + 1 + length;
    if (next > message.end) return { kind: "wrong", reason: "A DNS name goes on behind its message." };
    if (next > frame.bytes.length) return { kind: "cut" };
    labels.push(printable(frame.bytes.subarray(at + 1, next)));
    at = next;
  }
}

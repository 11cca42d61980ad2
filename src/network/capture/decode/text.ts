/** Four bytes as a dotted address. */
export function ipv4Text(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** Sixteen bytes as an IPv6 address, its longest run of zero groups shortened. @rfc 5952 */
export function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, group) => {
    return (((bytes[group * 2] ?? 0) << 8) | (bytes[group * 2 + 1] ?? 0)).toString(16);
  });
  let best = { at: 0, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === "0") length++;
    if (length > best.length) best = { at, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.at).join(":")}::${groups.slice(best.at + best.length).join(":")}`;
}

/** A number as `0x` and at least `digits` digits. */
export function hexNumber(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/** Most characters of text taken from a frame into one value. */
const textLimit = 256;

/** Bytes as text a person may be shown: printable ASCII stays, a backslash is doubled, the rest becomes `\xNN`. */
export function printable(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) {
    if (out.length >= textLimit) return `${out}…`;
    if (byte === 0x5c) out += "\\\\";
    else if (byte >= 0x20 && byte < 0x7f) out += String.fromCharCode(byte);
    else out += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return out;
}

/** Most bytes shown in hex in one value; the reader has the frame itself. */
const hexLimit = 32;

/** The first bytes in hex, for what has no better form. */
export function hexText(bytes: Uint8Array): string {
  const text = Array.from(bytes.subarray(0, hexLimit), (byte) => byte.toString(16).padStart(2, "0")).join(
    " ",
  );
  return bytes.length > hexLimit ? `${text} …` : text;
}

/** "1 byte", "2 bytes". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

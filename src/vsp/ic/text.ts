/** Text as UTF-16 with its end, cut to `room` bytes, an even number. */
export function utf16(text: string, room: number): Uint8Array<ArrayBuffer> {
  const units = Math.min(text.length, room / 2 - 1);
  const out = new Uint8Array((units + 1) * 2);
  for (let at = 0; at < units; at++) {
    const unit = text.charCodeAt(at);
    out[at * 2] = unit & 0xff;
    out[at * 2 + 1] = unit >> 8;
  }
  return out;
}

/** The text in UTF-16 bytes of the guest, up to its end or theirs; halves of surrogate pairs are replaced. */
export function fromUtf16(bytes: Uint8Array<ArrayBuffer>): string {
  const units: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const unit = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    if (unit === 0) break;
    units.push(unit);
  }
  return String.fromCharCode(...units).toWellFormed();
}

/** One program header of a made-up executable. Defaults: loadable, 16 bytes at 1 MiB. */
export interface TinySegment {
  readonly kind?: number;
  readonly at?: number;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly memorySize?: number;
}

/** Writes a 32-bit x86 ELF executable by hand, so that a test can lie in any field afterwards. */
export function tinyElf(segments: readonly TinySegment[] = [{}], entry = 0x100000): Uint8Array<ArrayBuffer> {
  const bodies = segments.map(({ bytes }) => bytes ?? new Uint8Array(16).fill(0x90));
  const headers = 52 + 32 * segments.length;
  const file = new Uint8Array(headers + bodies.reduce((total, body) => total + body.length, 0));
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, 2, true); // executable
  view.setUint16(18, 3, true); // 386
  view.setUint32(20, 1, true);
  view.setUint32(24, entry, true);
  view.setUint32(28, 52, true); // program headers follow at once
  view.setUint16(40, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, segments.length, true);
  let place = headers;
  for (const [index, { kind = 1, at = 0x100000, memorySize }] of segments.entries()) {
    const body = bodies[index] ?? new Uint8Array(0);
    const base = 52 + 32 * index;
    view.setUint32(base, kind, true);
    view.setUint32(base + 4, place, true);
    view.setUint32(base + 8, 0xc0000000 + at, true); // virtual address: nobody asks
    view.setUint32(base + 12, at, true);
    view.setUint32(base + 16, body.length, true);
    view.setUint32(base + 20, memorySize ?? body.length, true);
    file.set(body, place);
    place += body.length;
  }
  return file;
}

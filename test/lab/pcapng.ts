// A plain reader of pcapng files, by the draft, apart from the writer under test.

/** A block: its fixed part (with a packet's bytes behind it), and its options. */
export interface PcapngBlock {
  readonly type: number;
  readonly body: Uint8Array;
  readonly options: readonly { readonly code: number; readonly value: Uint8Array }[];
}

/** Bytes of the fixed part of each block. */
const fixedBytes = new Map([
  [0x0a0d0d0a, 16],
  [1, 8],
  [5, 12],
  [6, 20],
]);

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not pcapng: ${what}`);
}

/** Cuts a little-endian file into blocks. @throws when a length, padding or end is not as the draft wants it */
export function readPcapng(file: Uint8Array): PcapngBlock[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const blocks: PcapngBlock[] = [];
  for (let at = 0; at < file.length; ) {
    const type = view.getUint32(at, true);
    const length = view.getUint32(at + 4, true);
    demand(length % 4 === 0 && length >= 12 && at + length <= file.length, `a block of ${length} bytes`);
    demand(view.getUint32(at + length - 4, true) === length, "the lengths of a block differ");
    const fixed = fixedBytes.get(type);
    demand(fixed !== undefined, `a block of type ${type}`);
    const packet = type === 6 ? view.getUint32(at + 20, true) : 0;
    const bodyEnd = at + 8 + (fixed ?? 0) + packet;
    const optionsAt = at + 8 + (fixed ?? 0) + Math.ceil(packet / 4) * 4;
    demand(
      file.subarray(bodyEnd, optionsAt).every((byte) => byte === 0),
      "padding that is not zero",
    );
    const options = readOptions(file.subarray(optionsAt, at + length - 4));
    blocks.push({ type, body: file.subarray(at + 8, bodyEnd), options });
    at += length;
  }
  return blocks;
}

function readOptions(bytes: Uint8Array): PcapngBlock["options"] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out: { code: number; value: Uint8Array }[] = [];
  let at = 0;
  let ended = bytes.length === 0;
  while (!ended) {
    demand(at + 4 <= bytes.length, "options without an end");
    const code = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    const next = at + 4 + Math.ceil(length / 4) * 4;
    demand(next <= bytes.length, "an option beyond its block");
    demand(
      bytes.subarray(at + 4 + length, next).every((byte) => byte === 0),
      "padding that is not zero",
    );
    ended = code === 0;
    if (!ended) out.push({ code, value: bytes.subarray(at + 4, at + 4 + length) });
    at = next;
  }
  demand(at === bytes.length, "bytes behind the options");
  return out;
}

/** What a frame has made so far, as far back as its window reaches. */
export interface Output {
  /** Begins a block that makes at most `limit` bytes. */
  begin(limit: number): void;
  /** @throws when the block gets too long, like the others */
  append(bytes: Uint8Array): void;
  fill(byte: number, count: number): void;
  /** Repeats what was made `offset` bytes ago. @throws also when that is before the beginning */
  copy(offset: number, count: number): void;
  /** A copy of what the block has made. */
  made(): Uint8Array<ArrayBuffer>;
}

/** Bytes made between two moves of the window. */
const slack = 4 << 20;

/** @param windowBytes  how far back a copy may reach */
export function openOutput(windowBytes: number): Output {
  // Grows as the frame does: what a frame claims about itself costs nothing.
  let buffer = new Uint8Array(256 << 10);
  let length = 0;
  let blockStart = 0;
  let blockEnd = 0;

  function begin(limit: number): void {
    if (length + limit > buffer.length) makeRoom(limit);
    blockStart = length;
    blockEnd = length + limit;
  }

  function makeRoom(limit: number): void {
    const most = windowBytes + slack + limit;
    if (buffer.length < most) {
      const larger = new Uint8Array(Math.min(most, Math.max(buffer.length * 2, length + limit)));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    if (length + limit <= buffer.length) return;
    buffer.copyWithin(0, length - windowBytes, length);
    length = windowBytes;
  }

  function room(count: number): void {
    if (length + count > blockEnd) throw new Error("a block makes too much");
  }

  function copy(offset: number, count: number): void {
    room(count);
    if (offset <= 0 || offset > length || offset > windowBytes)
      throw new Error("a copy reaches too far back");
    let from = length - offset;
    if (offset >= count) {
      buffer.copyWithin(length, from, from + count);
      length += count;
      return;
    }
    for (const end = length + count; length < end; ) buffer[length++] = buffer[from++] ?? 0;
  }

  return {
    begin,
    append(bytes) {
      room(bytes.length);
      buffer.set(bytes, length);
      length += bytes.length;
    },
    fill(byte, count) {
      room(count);
      buffer.fill(byte, length, length + count);
      length += count;
    },
    copy,
    made: () => buffer.slice(blockStart, length),
  };
}

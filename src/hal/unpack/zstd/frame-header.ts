/** What a frame says of itself. @zstd 3.1.1.1 */
export interface FrameHeader {
  /** How far back copies may reach. */
  readonly windowBytes: number;
  /** Bytes that it makes; `null` when it does not say. */
  readonly contentBytes: number | null;
  readonly hasChecksum: boolean;
}

/** Bytes of the header behind its first one, which is given. */
export function headerBytes(descriptor: number): number {
  return windowSize(descriptor) + dictionarySize(descriptor) + contentSize(descriptor);
}

/**
 * Reads a header behind its first byte.
 * @param bytes  as many as {@link headerBytes} says
 * @throws when it is of a kind that is not known, or needs a dictionary
 */
export function readFrameHeader(descriptor: number, bytes: Uint8Array<ArrayBuffer>): FrameHeader {
  if ((descriptor & 8) !== 0) throw new Error("a frame is of an unknown kind");
  const dictionaryAt = windowSize(descriptor);
  const contentAt = dictionaryAt + dictionarySize(descriptor);
  if (number(bytes, dictionaryAt, contentAt) !== 0) throw new Error("it was packed with a dictionary");
  const size = contentSize(descriptor);
  // Two bytes leave out the sizes that one byte can tell.
  const content = number(bytes, contentAt, contentAt + size) + (size === 2 ? 256 : 0);
  const window = bytes[0] ?? 0;
  const base = 2 ** (10 + (window >> 3));
  return {
    windowBytes: isSingle(descriptor) ? content : base + (base / 8) * (window & 7),
    contentBytes: size === 0 ? null : content,
    hasChecksum: (descriptor & 4) !== 0,
  };
}

/** The frame is one segment: its window is its content. */
function isSingle(descriptor: number): boolean {
  return (descriptor & 32) !== 0;
}

function windowSize(descriptor: number): number {
  return isSingle(descriptor) ? 0 : 1;
}

function dictionarySize(descriptor: number): number {
  return [0, 1, 2, 4][descriptor & 3] ?? 0;
}

function contentSize(descriptor: number): number {
  const form = descriptor >> 6;
  return form === 0 ? (isSingle(descriptor) ? 1 : 0) : 2 ** form;
}

function number(bytes: Uint8Array<ArrayBuffer>, from: number, to: number): number {
  let value = 0;
  for (let at = to - 1; at >= from; at--) value = value * 256 + (bytes[at] ?? 0);
  return value;
}

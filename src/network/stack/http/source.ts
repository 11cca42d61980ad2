/** A file that the server may give away. */
export interface HttpFile {
  /** Media type, e.g. `text/plain; charset=utf-8`. */
  readonly type: string;
  /** Bytes; does not change while the file is being sent. */
  readonly length: number;
  /**
   * Fills `into` from byte `at`; answers the bytes read. Fewer than asked inside the file means that it cannot be
   * read: the answer is broken off, which the client notices. Never throws.
   */
  read(at: number, into: Uint8Array<ArrayBuffer>): number;
  /** Called once, when the file is not needed any more. */
  close?(): void;
}

/**
 * A file of bytes. What is being sent is sent to its end, whatever becomes of whoever made it.
 * @param bytes  not copied; must not change
 */
export function bytesFile(type: string, bytes: Uint8Array<ArrayBuffer>): HttpFile {
  return {
    type,
    length: bytes.length,
    read(at, into) {
      const piece = bytes.subarray(at, at + into.length);
      into.set(piece);
      return piece.length;
    },
  };
}

/** A line of a folder's listing. */
export interface HttpEntry {
  /** Without a slash. */
  readonly name: string;
  /** Bytes; `null` for a folder. */
  readonly length: number | null;
}

/** Where the server's files come from. Paths begin with `/`, are decoded, and have no empty, `.` or `..` parts. */
export interface HttpSource {
  file(path: string): HttpFile | null;
  /** What is in a folder, whose path ends with `/`; `null` when there is none. */
  folder(path: string): readonly HttpEntry[] | null;
}

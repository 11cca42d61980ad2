import { HvError, reasonOf } from "../../support/index.ts";

/** The bytes of a dropped file, counted as they are read. */
export interface FileBytes {
  readonly byteLength: number;
  /** What a person calls it. */
  readonly name: string;
  /** Bytes from `at` on, fewer only at the end. @throws HvError `image.unreadable` */
  read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The range as a stream of pieces. Reading it fails as said above. */
  stream(from: number, to: number): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Bytes read so far, never more than the file has. */
  consumed(): number;
}

/** Bytes read at once. */
const pieceBytes = 1 << 20;

/** Opens a file for reading. Nothing is read yet. */
export function fileBytes(file: File): FileBytes {
  let consumed = 0;

  async function read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const bytes = new Uint8Array(await file.slice(at, at + length).arrayBuffer());
      consumed += bytes.length;
      return bytes;
    } catch (failure) {
      throw new HvError("image.unreadable", `The file ${file.name} cannot be read: ${reasonOf(failure)}`, {
        cause: failure,
      });
    }
  }

  function stream(from: number, to: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    let at = from;
    return new ReadableStream(
      {
        async pull(controller) {
          const piece = await read(at, Math.min(pieceBytes, to - at));
          at += piece.length;
          if (piece.length > 0) controller.enqueue(piece);
          if (piece.length === 0 || at >= to) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  }
  return {
    byteLength: file.size,
    name: file.name,
    read,
    stream,
    consumed: () => Math.min(consumed, file.size),
  };
}

import { HvError } from "../../support/index.ts";
import { streamPieces } from "../stream-pieces.ts";
import { damaged } from "./errors.ts";

/**
 * Inflated pieces of a packed stream.
 *
 * @param name  what a person calls the file
 * @throws HvError `image.corrupt` while it is read, or what reading the source throws
 */
export async function* inflated(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  format: "gzip" | "deflate-raw",
  name: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    yield* streamPieces(source.pipeThrough(new DecompressionStream(format)));
  } catch (failure) {
    // What fails before it is inflated has its sentence already.
    throw failure instanceof HvError ? failure : damaged(name, "it cannot be inflated");
  }
}

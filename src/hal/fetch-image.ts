import { HvError, reasonOf } from "../support/index.ts";

/**
 * Fetches a file that belongs to the site and inflates it when its name ends in `.gz`.
 *
 * @param path  relative to `base`, the page's address
 * @throws HvError `image.missing` or `image.corrupt`, with the way out
 */
export async function fetchImage(base: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
  // A Response would gather the bytes too, but every failure comes out of it as "Failed to fetch".
  const reader = (await streamImage(base, path)).getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    length += piece.value.length;
  }
  const whole = new Uint8Array(length);
  for (const piece of pieces.reverse()) {
    length -= piece.length;
    whole.set(piece, length);
  }
  return whole;
}

/** The same as a stream of inflated pieces, for images too large to hold twice. Reading it fails as said above. */
export async function streamImage(
  base: string,
  path: string,
  signal?: AbortSignal,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const response = await requestImage(base, path, signal === undefined ? {} : { signal });
  const arriving = readWith(response.body ?? new Blob([]).stream(), (failure) =>
    signal?.aborted ? failure : missing(path, reasonOf(failure)),
  );
  return path.endsWith(".gz") ? inflate(arriving, path) : arriving;
}

/** Says in one sentence that an image cannot be read. */
function corrupt(path: string, cause: unknown): HvError {
  return new HvError(
    "image.corrupt",
    `The file ${path} is damaged. Build it again with npm run images, then reload.`,
    {
      cause: reasonOf(cause),
    },
  );
}

function missing(path: string, why: string): HvError {
  return new HvError(
    "image.missing",
    `The file ${path} could not be loaded (${why}). Build it with npm run images, then reload.`,
  );
}

/**
 * Asks for a file of the site and checks that the answer can be it.
 *
 * @throws HvError `image.missing` with the way out, or the reason of `init.signal` when that was aborted
 */
export async function requestImage(base: string, path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(path, base), init);
  } catch (failure) {
    throw init.signal?.aborted ? failure : missing(path, reasonOf(failure));
  }
  if (!response.ok) throw missing(path, `the server answered ${response.status}`);
  // A server that answers every unknown address with its start page would hand us HTML.
  if (response.headers.get("content-type")?.startsWith("text/html"))
    throw missing(path, "the server sent a page instead");
  return response;
}

/** The same stream, failing with what `say` makes of a failure. */
function readWith(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  say: (failure: unknown) => unknown,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = source.getReader();
  return new ReadableStream({
    async pull(controller) {
      const piece = await reader.read().catch((failure: unknown) => {
        throw say(failure);
      });
      if (piece.done) controller.close();
      else controller.enqueue(piece.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** Servers that label `.gz` as an encoding make the browser inflate by itself: look at the bytes, not the name. */
function inflate(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  path: string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = source.getReader();
  let inner: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null = null;
  return new ReadableStream({
    async pull(controller) {
      if (inner === null) {
        const head = await readHead(reader);
        const whole = followUp(reader, head);
        inner = (isGzip(head) ? unpacked(whole, path) : whole).getReader();
      }
      const piece = await inner.read();
      if (piece.done) controller.close();
      else controller.enqueue(piece.value);
    },
    cancel: (reason) => inner?.cancel(reason) ?? reader.cancel(reason),
  });
}

/** The first pieces until there are bytes enough to judge, or all there are. */
async function readHead(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  let head = new Uint8Array(0);
  while (head.length < magic.length) {
    const piece = await reader.read();
    if (piece.done) break;
    const longer = new Uint8Array(head.length + piece.value.length);
    longer.set(head);
    longer.set(piece.value, head.length);
    head = longer;
  }
  return head;
}

const magic = [0x1f, 0x8b];

function isGzip(head: Uint8Array): boolean {
  return magic.every((byte, place) => head[place] === byte);
}

function unpacked(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  path: string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  // What fails before it is inflated has its sentence already.
  return readWith(source.pipeThrough(new DecompressionStream("gzip")), (failure) =>
    failure instanceof HvError ? failure : corrupt(path, failure),
  );
}

function followUp(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  head: Uint8Array<ArrayBuffer>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let pending: Uint8Array<ArrayBuffer> | null = head.length > 0 ? head : null;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      if (pending) {
        controller.enqueue(pending);
        pending = null;
        return;
      }
      const piece = await reader.read();
      if (piece.done) controller.close();
      else controller.enqueue(piece.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

import { HvError, reasonOf } from "../support/index.ts";

/**
 * Fetches a file that belongs to the site and inflates it when its name ends in `.gz`.
 *
 * @param path  relative to `base`, the page's address
 * @throws HvError `image.missing` or `image.corrupt`, with the way out
 */
export async function fetchImage(base: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await openImage(base, path);
  try {
    const stream = path.endsWith(".gz") ? inflate(response) : response.body;
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (failure) {
    throw corrupt(path, failure);
  }
}

/** The same as a stream of inflated pieces, for images too large to hold twice. */
export async function streamImage(
  base: string,
  path: string,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const response = await openImage(base, path);
  return path.endsWith(".gz") ? inflate(response) : (response.body ?? new Blob([]).stream());
}

/** Says in one sentence that an image cannot be read. */
export function corrupt(path: string, cause: unknown): HvError {
  return new HvError(
    "image.corrupt",
    `The file ${path} is damaged. Build it again with npm run images, then reload.`,
    {
      cause: reasonOf(cause),
    },
  );
}

async function openImage(base: string, path: string): Promise<Response> {
  const missing = (why: string): HvError =>
    new HvError(
      "image.missing",
      `The file ${path} could not be loaded (${why}). Build it with npm run images, then reload.`,
    );
  let response: Response;
  try {
    response = await fetch(new URL(path, base));
  } catch (failure) {
    throw missing(reasonOf(failure));
  }
  if (!response.ok) throw missing(`the server answered ${response.status}`);
  // A server that answers every unknown address with its start page would hand us HTML.
  if (response.headers.get("content-type")?.startsWith("text/html"))
    throw missing("the server sent a page instead");
  return response;
}

/** Servers that label `.gz` as an encoding make the browser inflate by itself: look at the bytes, not the name. */
function inflate(response: Response): ReadableStream<Uint8Array<ArrayBuffer>> {
  const source = response.body ?? new Blob([]).stream();
  const reader = source.getReader();
  let first = true;
  let inner: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null = null;
  return new ReadableStream({
    async pull(controller) {
      if (first) {
        first = false;
        const head = await reader.read();
        if (head.done) return controller.close();
        inner = followUp(reader, head.value, isGzip(head.value)).getReader();
      }
      const piece = await inner?.read();
      if (!piece || piece.done) return controller.close();
      controller.enqueue(piece.value);
    },
    cancel: (reason) => inner?.cancel(reason) ?? reader.cancel(reason),
  });
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function followUp(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  head: Uint8Array<ArrayBuffer>,
  packed: boolean,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let pending: Uint8Array<ArrayBuffer> | null = head;
  const raw = new ReadableStream<Uint8Array<ArrayBuffer>>({
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
  return packed ? raw.pipeThrough(new DecompressionStream("gzip")) : raw;
}

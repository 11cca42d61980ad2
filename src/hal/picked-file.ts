import type { DeviceFile, DevicePiece } from "../storage/index.ts";
import { HvError, reasonOf } from "../support/index.ts";

/** A file that the visitor picked or dropped, for reading. Any thread. */
export function pickedFile(file: File): DeviceFile {
  return {
    byteLength: file.size,
    read: (at, length) => readSlice(file, at, length).catch((failure: unknown) => refuse(file.name, failure)),
    write: null,
  };
}

/**
 * A file that the visitor picked and let the page write to. A commit copies the whole file beside itself and puts
 * the copy in its place, so that a crash leaves the old contents or the new ones, never half of them.
 *
 * Any thread. The visitor's permission must have been asked for on the page: a worker cannot ask.
 *
 * @throws HvError `storage.permission` or `storage.failed`
 */
export async function pickedHandle(handle: FileSystemFileHandle): Promise<DeviceFile> {
  const { name } = handle;
  const get = (): Promise<File> => handle.getFile().catch((failure: unknown) => refuse(name, failure));
  const opened = await get();
  /** The browser refuses to read a file that has changed since it was looked at. */
  let current = opened;

  async function read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await readSlice(current, at, length);
    } catch {
      current = await get();
      return readSlice(current, at, length).catch((failure: unknown) => refuse(name, failure));
    }
  }

  async function write(pieces: readonly DevicePiece[]): Promise<void> {
    if ((await get()).size < opened.size) {
      throw new HvError(
        "storage.failed",
        `The file ${name} has become shorter since it was opened. Remove it from its drive and pick it again.`,
      );
    }
    try {
      await replaceParts(handle, pieces);
    } catch (failure) {
      refuse(name, failure);
    }
    current = await get();
  }

  return { byteLength: opened.size, read, write };
}

async function readSlice(file: File, at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.slice(at, at + length).arrayBuffer());
}

/** Changes all of these parts of a file, or none. */
async function replaceParts(handle: FileSystemFileHandle, pieces: readonly DevicePiece[]): Promise<void> {
  const stream = await handle.createWritable({ keepExistingData: true });
  try {
    for (const { at, bytes } of pieces) await stream.write({ type: "write", position: at, data: bytes });
    await stream.close();
  } catch (failure) {
    await stream.abort().catch(() => {});
    throw failure;
  }
}

/** Says in a sentence what the browser objected to. */
function refuse(name: string, failure: unknown): never {
  const kind = failure instanceof DOMException ? failure.name : "";
  if (kind === "NotAllowedError" || kind === "SecurityError") {
    throw new HvError(
      "storage.permission",
      `The browser no longer lets this page use the file ${name}. Pick it again.`,
      { cause: failure },
    );
  }
  if (kind === "QuotaExceededError") {
    throw new HvError("storage.noSpace", `There is no space left to write the file ${name}.`, {
      hresult: 0x80070070,
      cause: failure,
    });
  }
  if (kind === "NotFoundError") {
    throw new HvError("storage.failed", `The file ${name} is not there any more.`, { cause: failure });
  }
  if (kind === "NoModificationAllowedError") {
    throw new HvError("storage.inUse", `The file ${name} is in use by another tab.`, { cause: failure });
  }
  throw new HvError("storage.failed", `The file ${name} cannot be used: ${reasonOf(failure)}`, {
    cause: failure,
  });
}

import type { BlockFile } from "../storage/index.ts";
import { HvError, reasonOf } from "../support/index.ts";

/** The browser's private file system, or why there is none. */
export type BrowserStorage =
  | { readonly kind: "kept"; readonly directory: FileSystemDirectoryHandle }
  | { readonly kind: "none"; readonly reason: string };

const directoryName = "disks";
const openAttempts = 12;
const openPause = 50;

/** Opens the folder that holds our disks, and proves that files in it can be opened for writing. */
export async function openBrowserStorage(): Promise<BrowserStorage> {
  // Absent, whatever its type says, on pages that did not come over HTTPS.
  const manager: StorageManager | undefined = navigator.storage;
  if (manager?.getDirectory === undefined)
    return { kind: "none", reason: "This page did not come over HTTPS, and browsers give such pages none." };
  try {
    const root = await manager.getDirectory();
    const directory = await root.getDirectoryHandle(directoryName, { create: true });
    const probe = await directory.getFileHandle(".probe", { create: true });
    const handle = await probe.createSyncAccessHandle().catch((failure: unknown) => {
      if (isBusy(failure)) return null;
      throw failure;
    });
    handle?.close();
    return { kind: "kept", directory };
  } catch (failure) {
    return { kind: "none", reason: reasonOf(failure) };
  }
}

/** Whether a finished file of that name exists. */
export async function hasFile(directory: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await directory.getFileHandle(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens a file exclusively.
 *
 * A tab that has just been closed may hold it for some milliseconds more, so it is asked for again
 * for about half a second.
 *
 * @param title  what a person calls it
 * @throws HvError `storage.inUse` when another tab holds it, `storage.failed` otherwise
 */
export async function openFile(
  directory: FileSystemDirectoryHandle,
  name: string,
  title: string,
): Promise<BlockFile> {
  const cannot = (failure: unknown): HvError =>
    new HvError("storage.failed", `The disk ${title} cannot be opened: ${reasonOf(failure)}`);
  const file = await directory.getFileHandle(name, { create: true }).catch((failure: unknown) => {
    throw cannot(failure);
  });
  for (let attempt = 1; ; attempt++) {
    try {
      return syncFile(await file.createSyncAccessHandle());
    } catch (failure) {
      if (!isBusy(failure)) throw cannot(failure);
      if (attempt === openAttempts) {
        throw new HvError(
          "storage.inUse",
          `The disk ${title} is in use by another tab. Turn its machine off there first.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, openPause));
    }
  }
}

/** Gives a finished download its final name; until then a reload starts it over. */
export async function renameFile(
  directory: FileSystemDirectoryHandle,
  from: string,
  to: string,
): Promise<void> {
  const file: FileSystemFileHandle & { move?(name: string): Promise<void> } =
    await directory.getFileHandle(from);
  if (file.move === undefined)
    throw new HvError("storage.failed", "This browser cannot rename stored files.");
  try {
    await file.move(to);
  } catch (failure) {
    throw new HvError("storage.failed", `A stored file cannot be replaced: ${reasonOf(failure)}`);
  }
}

/** Gives a file's space back. A file that is not there or open elsewhere is left as it is. */
export async function removeFile(directory: FileSystemDirectoryHandle, name: string): Promise<void> {
  await directory.removeEntry(name).catch(() => {});
}

function isBusy(failure: unknown): boolean {
  return failure instanceof DOMException && failure.name === "NoModificationAllowedError";
}

function isFull(failure: unknown): boolean {
  return failure instanceof DOMException && failure.name === "QuotaExceededError";
}

/** The error for a used-up quota. */
function full(cause?: unknown): HvError {
  return new HvError(
    "storage.noSpace",
    "The browser's storage is full. Free some space on this device or remove data of other sites, then try again.",
    { hresult: 0x80070070, cause },
  );
}

function syncFile(handle: FileSystemSyncAccessHandle): BlockFile {
  function guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (failure) {
      throw isFull(failure) ? full(failure) : failure;
    }
  }
  return {
    size: () => handle.getSize(),
    readAt: (at, into) => handle.read(into, { at }),
    writeAt(at, from) {
      const written = guarded(() => handle.write(from, { at }));
      if (written !== from.length) throw full();
    },
    resize: (size) => guarded(() => handle.truncate(size)),
    flush: () => handle.flush(),
    [Symbol.dispose]: () => handle.close(),
  };
}

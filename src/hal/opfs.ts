import type { StorageSpace } from "../hvdef/index.ts";
import type { BlockFile } from "../storage/index.ts";
import { HvError, reasonOf } from "../support/index.ts";
import type { FileUse, StoredFile } from "../vmms/index.ts";
import { holderOf, holdLabel } from "./holder-label.ts";

/** The browser's private file system, or why there is none. */
export type BrowserStorage =
  | {
      readonly kind: "kept";
      /** Visitors' disks. */
      readonly disks: FileSystemDirectoryHandle;
      /** Configurations of machines. */
      readonly machines: FileSystemDirectoryHandle;
      /** Fetched parts of the site's images. */
      readonly streams: FileSystemDirectoryHandle;
      /** Warm states of the site's machines that were fetched. */
      readonly states: FileSystemDirectoryHandle;
      /** Kernels and initial file systems of the visitor. */
      readonly bootFiles: FileSystemDirectoryHandle;
    }
  | { readonly kind: "none"; readonly reason: string };

const openAttempts = 12;
const openPause = 50;

/** Opens our folders, and proves that files in it can be opened for writing. */
export async function openBrowserStorage(): Promise<BrowserStorage> {
  // Absent, whatever its type says, on pages that did not come over HTTPS.
  const manager: StorageManager | undefined = navigator.storage;
  if (manager?.getDirectory === undefined)
    return { kind: "none", reason: "This page did not come over HTTPS, and browsers give such pages none." };
  try {
    const root = await manager.getDirectory();
    const folder = (name: string) => root.getDirectoryHandle(name, { create: true });
    const machines = await folder("machines");
    const probe = await machines.getFileHandle(".probe", { create: true });
    const handle = await probe.createSyncAccessHandle().catch((failure: unknown) => {
      if (isBusy(failure)) return null;
      throw failure;
    });
    handle?.close();
    const [disks, streams] = [await folder("disks"), await folder("streams")];
    const [states, bootFiles] = [await folder("warm"), await folder("boot")];
    return { kind: "kept", disks, machines, streams, states, bootFiles };
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

/** The files of a folder with their sizes. One that vanishes meanwhile is left out. */
export async function listFiles(directory: FileSystemDirectoryHandle): Promise<readonly StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const [name, handle] of directory.entries()) {
    if (handle.kind !== "file") continue;
    const file = await (handle as FileSystemFileHandle).getFile().catch(() => null);
    if (file !== null) files.push({ name, bytes: file.size, modified: file.lastModified });
  }
  return files;
}

/** A file as the browser hands it to a page: a snapshot that is read only when somebody reads it. */
export async function fileContents(directory: FileSystemDirectoryHandle, name: string): Promise<File> {
  return (await directory.getFileHandle(name)).getFile();
}

/**
 * Opens a file: alone for writing, with other readers for reading.
 *
 * A tab that has just been closed may hold it for some milliseconds more, so it is asked for again
 * for about half a second.
 *
 * @throws HvError `storage.inUse` when another tab holds it, `storage.missing`, `storage.failed` otherwise
 */
export async function openFile(
  directory: FileSystemDirectoryHandle,
  name: string,
  use: FileUse,
): Promise<BlockFile> {
  const writes = use.access === "write";
  const handle = await directory.getFileHandle(name, { create: writes }).catch((failure: unknown) => {
    throw isMissing(failure)
      ? new HvError("storage.missing", `There is no file ${name}.`, { hresult: 0x80070002 })
      : failed(name, failure);
  });
  for (let attempt = 1; ; attempt++) {
    try {
      const file = await createHandle(handle, writes ? "readwrite" : "read-only");
      return syncFile(file, holdLabel(labelOf(directory, name), use.holder));
    } catch (failure) {
      if (!isBusy(failure)) throw failed(name, failure);
      if (attempt === openAttempts) throw await inUse(directory, name);
      await new Promise((resolve) => setTimeout(resolve, openPause));
    }
  }
}

/** Browsers that know no modes ignore the wish: their files are exclusive always. */
function createHandle(
  handle: FileSystemFileHandle,
  mode: "readwrite" | "read-only",
): Promise<FileSystemSyncAccessHandle> {
  const withModes: {
    createSyncAccessHandle(options: { mode: string }): Promise<FileSystemSyncAccessHandle>;
  } = handle;
  return withModes.createSyncAccessHandle({ mode });
}

async function inUse(directory: FileSystemDirectoryHandle, name: string): Promise<HvError> {
  const holder = await holderOf(labelOf(directory, name));
  const who = holder === null ? "another tab" : `${holder} in another tab`;
  return new HvError("storage.inUse", `${name} is in use by ${who}. Turn it off there first.`, {
    hresult: 0x80070020,
  });
}

const labelOf = (directory: FileSystemDirectoryHandle, name: string): string => `${directory.name}/${name}`;

function failed(name: string, failure: unknown): HvError {
  return new HvError("storage.failed", `${name} cannot be opened: ${reasonOf(failure)}`);
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

/** Gives a file's space back; nothing happens where there is none. @throws HvError `storage.inUse` */
export async function removeFile(directory: FileSystemDirectoryHandle, name: string): Promise<void> {
  try {
    await directory.removeEntry(name);
  } catch (failure) {
    if (isMissing(failure)) return;
    throw isBusy(failure) ? await inUse(directory, name) : failed(name, failure);
  }
}

function isMissing(failure: unknown): boolean {
  return failure instanceof DOMException && failure.name === "NotFoundError";
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

/** A file over its handle. @param release  called once when it is closed */
function syncFile(handle: FileSystemSyncAccessHandle, release: () => void): BlockFile {
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
    [Symbol.dispose]() {
      handle.close();
      release();
    },
  };
}

/** What the browser gives this site to store. All zeros where it does not say. */
export async function storageSpace(): Promise<StorageSpace> {
  const manager: StorageManager | undefined = navigator.storage;
  const { usage = 0, quota = 0 } = (await manager?.estimate?.()) ?? {};
  return { usedBytes: usage, quotaBytes: quota, persisted: (await manager?.persisted?.()) ?? false };
}

import { HvError, reasonOf } from "../support/index.ts";

const folder = "firmware";

/** Keeps BIOS files of the visitor, for sites that were deployed without. @throws HvError `storage.failed` */
export async function keepFirmware(file: File): Promise<void> {
  try {
    await keep(file);
  } catch (failure) {
    throw new HvError("storage.failed", `The file ${file.name} cannot be kept: ${reasonOf(failure)}`);
  }
}

async function keep(file: File): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const directory = await root.getDirectoryHandle(folder, { create: true });
  const handle = await (await directory.getFileHandle(file.name, { create: true })).createSyncAccessHandle();
  try {
    handle.truncate(0);
    handle.write(new Uint8Array(await file.arrayBuffer()), { at: 0 });
    handle.flush();
  } finally {
    handle.close();
  }
}

/** A kept firmware file, or `null`. */
export async function ownFirmware(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const root = await navigator.storage.getDirectory();
    const directory = await root.getDirectoryHandle(folder);
    const file = await (await directory.getFileHandle(name)).getFile();
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    return null;
  }
}

/** Names the BIOS files go by. */
export function isFirmwareName(name: string): boolean {
  return name === "bios.bin" || name === "vgabios.bin";
}

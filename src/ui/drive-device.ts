import { reasonOf } from "../support/index.ts";
import type { PickedDevice } from "./drive-draft.ts";

declare global {
  interface Window {
    /** Chromium only. */
    showOpenFilePicker?: () => Promise<FileSystemFileHandle[]>;
  }
  interface FileSystemFileHandle {
    /** Chromium only. */
    requestPermission?: (wish: { readonly mode: "readwrite" }) => Promise<PermissionState>;
  }
}

/** Whether this browser has a picker whose files a guest may write to. */
export function canPickWritable(): boolean {
  return window.showOpenFilePicker !== undefined;
}

/** A file from a plain file field: the guest can only read it. */
export function readOnlyDevice(file: File, because: string): PickedDevice {
  return { source: file, name: file.name, byteLength: file.size, readOnlyBecause: because };
}

/**
 * Lets the visitor pick a file that a guest may write to, and asks for the permission. Call it from a press of
 * a button. Answers `null` when the visitor changed their mind.
 *
 * @throws with a sentence when the browser refuses
 */
export async function pickWritableDevice(): Promise<PickedDevice | null> {
  let handle: FileSystemFileHandle | undefined;
  try {
    [handle] = (await window.showOpenFilePicker?.()) ?? [];
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw new Error(`The browser did not open its file picker: ${reasonOf(error)}`);
  }
  if (handle === undefined) return null;
  const file = await handle.getFile();
  const permission = await handle.requestPermission?.({ mode: "readwrite" }).catch(() => "denied" as const);
  if (permission !== "granted") return readOnlyDevice(file, "writing to it was not allowed");
  return { source: handle, name: file.name, byteLength: file.size, readOnlyBecause: null };
}

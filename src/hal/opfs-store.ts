import type { FileStore } from "../vmms/index.ts";
import { hasFile, openFile, renameFile } from "./opfs.ts";

/** The management service's files in the browser's private file system. */
export function opfsStore(directory: FileSystemDirectoryHandle): FileStore {
  return {
    kept: "browser storage",
    has: (name) => hasFile(directory, name),
    open: (name) => openFile(directory, name),
    rename: (from, to) => renameFile(directory, from, to),
  };
}

import type { FileStore } from "../vmms/index.ts";
import { hasFile, openFile, removeFile, renameFile } from "./opfs.ts";

/** The management service's files in the browser's private file system. */
export function opfsStore(directory: FileSystemDirectoryHandle): FileStore {
  return {
    kept: "browser storage",
    has: (name) => hasFile(directory, name),
    open: (name, title) => openFile(directory, name, title),
    rename: (from, to) => renameFile(directory, from, to),
    remove: (name) => removeFile(directory, name),
  };
}

import type { FileStore } from "../vmms/index.ts";
import { hasFile, listFiles, openFile, removeFile, renameFile } from "./opfs.ts";

/** The management service's files in one folder of the browser's private file system. */
export function opfsStore(directory: FileSystemDirectoryHandle): FileStore {
  return {
    kept: "browser storage",
    list: () => listFiles(directory),
    has: (name) => hasFile(directory, name),
    open: (name, use) => openFile(directory, name, use),
    rename: (from, to) => renameFile(directory, from, to),
    remove: (name) => removeFile(directory, name),
  };
}

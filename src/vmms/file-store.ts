import { type BlockFile, ramFile } from "../storage/index.ts";
import { HvError } from "../support/index.ts";

/** Named files of the host. One owner each while open. */
export interface FileStore {
  readonly kept: "browser storage" | "memory";
  has(name: string): Promise<boolean>;
  /**
   * Opens exclusively, creating an empty file.
   * @param title  what a person calls it, for the sentence of an error
   * @throws HvError `storage.inUse`
   */
  open(name: string, title: string): Promise<BlockFile>;
  /** The old name is gone afterwards; a file under the new name is replaced. Neither may be open. */
  rename(from: string, to: string): Promise<void>;
  /** Gives its space back, if it is there and not open. */
  remove(name: string): Promise<void>;
}

/** Files in memory, for pages whose browser gives no storage. They last as long as the page. */
export function memoryStore(): FileStore {
  const files = new Map<string, BlockFile>();
  const open = new Set<string>();
  return {
    kept: "memory",
    has: (name) => Promise.resolve(files.has(name)),
    open(name, title) {
      if (open.has(name)) return Promise.reject(new HvError("storage.inUse", `The disk ${title} is in use.`));
      const file = files.get(name) ?? ramFile();
      files.set(name, file);
      open.add(name);
      return Promise.resolve({ ...file, [Symbol.dispose]: () => void open.delete(name) });
    },
    rename(from, to) {
      const file = files.get(from);
      if (file !== undefined) files.set(to, file);
      files.delete(from);
      return Promise.resolve();
    },
    remove(name) {
      if (!open.has(name)) files.delete(name);
      return Promise.resolve();
    },
  };
}

// The files of the browser can be opened in workers only: this one opens them for the tests.
import { hasFile, openBrowserStorage, openFile, removeFile, renameFile } from "../../src/hal/opfs.ts";
import { serveContract } from "../../src/hal/rpc.ts";
import type { BlockFile } from "../../src/storage/index.ts";
import { HvError } from "../../src/support/index.ts";
import type { FileUse } from "../../src/vmms/index.ts";

/** What the tests may do with files, by name. */
export interface Files {
  storage(): Promise<string>;
  open(name: string, holder: string, access?: FileUse["access"]): Promise<void>;
  close(name: string): Promise<void>;
  size(name: string): Promise<number>;
  /** Bytes read, and how many there were. */
  read(
    name: string,
    at: number,
    length: number,
  ): Promise<{ readonly got: number; readonly bytes: readonly number[] }>;
  write(name: string, at: number, bytes: readonly number[]): Promise<void>;
  /** Writes so many bytes of zeros in pieces of 1 MiB. */
  grow(name: string, length: number): Promise<void>;
  resize(name: string, size: number): Promise<void>;
  flush(name: string): Promise<void>;
  has(name: string): Promise<boolean>;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
}

const opened = new Map<string, BlockFile>();

async function directory(): Promise<FileSystemDirectoryHandle> {
  const storage = await openBrowserStorage();
  if (storage.kind === "none") throw new HvError("test.storage", storage.reason);
  return storage.disks;
}

function file(name: string): BlockFile {
  const found = opened.get(name);
  if (found === undefined) throw new HvError("test.closed", `${name} is not open here.`);
  return found;
}

const files: Files = {
  async storage() {
    const storage = await openBrowserStorage();
    return storage.kind === "kept" ? "kept" : storage.reason;
  },
  async open(name, holder, access = "write") {
    opened.set(name, await openFile(await directory(), name, { access, holder }));
  },
  async close(name) {
    file(name)[Symbol.dispose]();
    opened.delete(name);
  },
  size: async (name) => file(name).size(),
  async read(name, at, length) {
    const into = new Uint8Array(length);
    const got = file(name).readAt(at, into);
    return { got, bytes: [...into] };
  },
  write: async (name, at, bytes) => file(name).writeAt(at, Uint8Array.from(bytes)),
  async grow(name, length) {
    const piece = new Uint8Array(1 << 20).fill(1);
    for (let at = 0; at < length; at += piece.length) file(name).writeAt(at, piece);
  },
  resize: async (name, size) => file(name).resize(size),
  flush: async (name) => file(name).flush(),
  has: async (name) => hasFile(await directory(), name),
  rename: async (from, to) => renameFile(await directory(), from, to),
  remove: async (name) => removeFile(await directory(), name),
};

self.onmessage = (event: MessageEvent<MessagePort>) => serveContract<Files>(event.data, files);

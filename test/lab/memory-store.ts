import { createHash } from "node:crypto";
import { noSpaceError } from "../../src/storage/index.ts";
import { HvError } from "../../src/support/index.ts";
import { type FileStore, memoryStore } from "../../src/vmms/index.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A store in memory that tells what is open, what everything holds, and runs out of space when it is told to. */
export interface LabStore extends FileStore {
  /** Names of the files that are open, one for each opening, in alphabetical order. */
  opened(): readonly string[];
  /** A hash of every file, by name. Nothing may be open for writing. */
  hashes(): Promise<Readonly<Record<string, string>>>;
  put(name: string, contents: Bytes): Promise<void>;
  contents(name: string): Promise<Bytes>;
  /** From now on only so many changes go through; the rest finds no space. */
  room(changes: number): void;
  /** Changes that were tried since the room was last set. */
  tried(): number;
  /** As another tab would: holds a file until the answer is called. */
  holdElsewhere(name: string): () => void;
}

/** Opens an empty store. */
export function labStore(): LabStore {
  const store = memoryStore();
  const open: string[] = [];
  const elsewhere = new Set<string>();
  let room = Number.POSITIVE_INFINITY;
  let tried = 0;

  function spend(): void {
    if (tried++ >= room) throw noSpaceError();
  }
  function free(name: string): void {
    if (elsewhere.has(name)) throw new HvError("storage.inUse", `${name} is in use by another tab.`);
  }
  async function contents(name: string): Promise<Bytes> {
    const file = await store.open(name, { access: "read", holder: "the test" });
    const bytes = new Uint8Array(file.size());
    file.readAt(0, bytes);
    file[Symbol.dispose]();
    return bytes;
  }
  return {
    ...store,
    kept: "browser storage",
    async open(name, use) {
      free(name);
      const file = await store.open(name, use);
      open.push(name);
      let isOpen = true;
      return {
        ...file,
        writeAt(at, from) {
          spend();
          file.writeAt(at, from);
        },
        resize(size) {
          if (size > file.size()) spend();
          file.resize(size);
        },
        [Symbol.dispose]() {
          if (isOpen) open.splice(open.indexOf(name), 1);
          isOpen = false;
          file[Symbol.dispose]();
        },
      };
    },
    async rename(from, to) {
      free(from);
      free(to);
      return store.rename(from, to);
    },
    async remove(name) {
      free(name);
      return store.remove(name);
    },
    opened: () => [...open].sort(),
    async hashes() {
      const out: Record<string, string> = {};
      for (const { name } of await store.list())
        out[name] = createHash("sha1")
          .update(await contents(name))
          .digest("hex");
      return out;
    },
    async put(name, bytes) {
      const file = await store.open(name, { access: "write", holder: "the test" });
      file.resize(0);
      file.writeAt(0, bytes);
      file[Symbol.dispose]();
    },
    contents,
    room(changes) {
      room = changes;
      tried = 0;
    },
    tried: () => tried,
    holdElsewhere(name) {
      elsewhere.add(name);
      return () => void elsewhere.delete(name);
    },
  };
}

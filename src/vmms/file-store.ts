import { type BlockFile, ramFile } from "../storage/index.ts";
import { HvError } from "../support/index.ts";

/** A file as the store lists it. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  /** A number that is another one when the contents are: milliseconds since 1970 where the store knows them. */
  readonly modified: number;
}

/** How a file is opened. */
export interface FileUse {
  /**
   * `write` is exclusive and creates an empty file where there is none. `read` is shared among readers, keeps
   * writers out, and needs the file to be there.
   */
  readonly access: "write" | "read";
  /** Who uses it, as a person calls it: told to whoever finds it in use. */
  readonly holder: string;
}

/** Named files of the host. */
export interface FileStore {
  readonly kept: "browser storage" | "memory";
  /** In no order. Files being written elsewhere count too. */
  list(): Promise<readonly StoredFile[]>;
  has(name: string): Promise<boolean>;
  /** @throws HvError `storage.inUse`, saying by whom; `storage.missing`; `storage.failed` */
  open(name: string, use: FileUse): Promise<BlockFile>;
  /** The old name is gone afterwards; a file under the new name is replaced. Neither may be open. */
  rename(from: string, to: string): Promise<void>;
  /** Gives its space back; nothing happens where there is none. @throws HvError `storage.inUse` */
  remove(name: string): Promise<void>;
}

/** The error for a file somebody else has open. */
export function inUseError(name: string, holder: string | null, where = ""): HvError {
  const who = holder === null ? "something else" : holder;
  return new HvError("storage.inUse", `${name} is in use by ${who}${where}.`, { hresult: 0x80070020 });
}

/** The error for a file that is not there. */
export function missingError(name: string): HvError {
  return new HvError("storage.missing", `There is no file ${name}.`, { hresult: 0x80070002 });
}

interface MemoryFile {
  readonly file: BlockFile;
  /** Changes so far. */
  modified: number;
  readonly holders: { readonly holder: string; readonly access: "write" | "read" }[];
}

/** Files in memory, for pages whose browser gives no storage. They last as long as the page. */
export function memoryStore(): FileStore {
  const files = new Map<string, MemoryFile>();

  function open(name: string, use: FileUse): BlockFile {
    const known = files.get(name);
    if (known === undefined && use.access === "read") throw missingError(name);
    const entry: MemoryFile = known ?? { file: ramFile(), modified: 0, holders: [] };
    const other = entry.holders.find(({ access }) => access === "write" || use.access === "write");
    if (other !== undefined) throw inUseError(name, other.holder);
    files.set(name, entry);
    const held = { holder: use.holder, access: use.access };
    entry.holders.push(held);
    return {
      ...entry.file,
      writeAt(at, from) {
        entry.modified++;
        entry.file.writeAt(at, from);
      },
      resize(size) {
        entry.modified++;
        entry.file.resize(size);
      },
      [Symbol.dispose]() {
        const place = entry.holders.indexOf(held);
        if (place >= 0) entry.holders.splice(place, 1);
      },
    };
  }
  function free(name: string): void {
    const holder = files.get(name)?.holders[0];
    if (holder !== undefined) throw inUseError(name, holder.holder);
  }
  return {
    kept: "memory",
    list: async () =>
      [...files].map(([name, { file, modified }]) => ({ name, bytes: file.size(), modified })),
    has: async (name) => files.has(name),
    open: async (name, use) => open(name, use),
    async rename(from, to) {
      const entry = files.get(from);
      if (entry === undefined) throw missingError(from);
      free(from);
      free(to);
      files.delete(from);
      files.set(to, entry);
    },
    async remove(name) {
      free(name);
      files.delete(name);
    },
  };
}

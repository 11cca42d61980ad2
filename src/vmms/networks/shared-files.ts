import { type SharedFile, sharedFileBytes } from "../../hvdef/index.ts";
import { bytesFile, type HttpEntry, type HttpFile } from "../../network/index.ts";
import { HvError } from "../../support/index.ts";

/** Files of one network: what a listing shows. */
const mostFiles = 1000;
const longestName = 200;

/** What a name may not have: control characters, both slashes, marks that turn the direction of writing, no characters. */
const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}/\\\u202a-\u202e\u2066-\u2069\ufffd]/u;

/** Memory for shared files, which the networks of a host have in common. */
export interface SharedMemory {
  /** Bytes in use. */
  used: number;
}

/** Files that a network's guests may fetch. They last as long as the page. */
export interface SharedFiles extends Disposable {
  list(): readonly SharedFile[];
  /** Takes a file; one of the same name is replaced. Copies nothing. @throws HvError `network.share*` with the way out */
  share(name: string, bytes: Uint8Array<ArrayBuffer>): void;
  /** @throws HvError `network.shareGone` */
  unshare(name: string): void;
  entries(): readonly HttpEntry[];
  file(name: string): HttpFile | null;
}

/** Opens the shared files of a network. */
export function openSharedFiles(memory: SharedMemory): SharedFiles {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const sizeOf = (name: string): number => files.get(name)?.length ?? 0;

  function list(): readonly SharedFile[] {
    return [...files]
      .map(([name, { length }]) => ({ name, bytes: length }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }
  function drop(name: string): void {
    memory.used -= sizeOf(name);
    files.delete(name);
  }
  return {
    list,
    share(wanted, bytes) {
      const name = fitName(wanted);
      const used = memory.used - sizeOf(name) + bytes.length;
      if (used > sharedFileBytes)
        throw noRoom(name, bytes.length, sharedFileBytes - memory.used + sizeOf(name));
      if (!files.has(name) && files.size >= mostFiles)
        throw new HvError(
          "network.shareFull",
          `A network shares ${mostFiles} files at most. Stop sharing one of them, or put several into one archive.`,
        );
      memory.used = used;
      files.set(name, bytes);
    },
    unshare(name) {
      if (!files.has(name)) throw new HvError("network.shareGone", `${name} is not shared any more.`);
      drop(name);
    },
    entries: () => list().map(({ name, bytes }) => ({ name, length: bytes })),
    file(name) {
      const bytes = files.get(name);
      return bytes === undefined ? null : bytesFile("application/octet-stream", bytes);
    },
    [Symbol.dispose]() {
      for (const name of [...files.keys()]) drop(name);
    },
  };
}

/** The name as guests see it. Files of the visitor may be called anything. @throws HvError `network.shareName` */
function fitName(wanted: string): string {
  const name = wanted.normalize("NFC").trim();
  const wrong =
    name === "" || name === "." || name === ".."
      ? "A shared file needs a name."
      : unfit.test(name)
        ? "The name has characters that guests cannot ask for: slashes, control characters, or marks of the direction of writing."
        : name.length > longestName
          ? `The name has more than ${longestName} characters.`
          : null;
  if (wrong !== null)
    throw new HvError("network.shareName", `${wrong} Rename the file, then share it again.`);
  return name;
}

function noRoom(name: string, bytes: number, free: number): HvError {
  const inWords = (count: number): string => `${(count / 2 ** 20).toFixed(1)} MiB`;
  return new HvError(
    "network.shareRoom",
    `${name} has ${inWords(bytes)}, and ${inWords(Math.max(0, free))} of ${sharedFileBytes / 2 ** 20} MiB are free for shared files: they are kept in memory. Stop sharing another file, or give large ones to a guest on a disk.`,
  );
}

import { type DiskFormat, floppySizes } from "../../hvdef/index.ts";
import {
  type BlockFile,
  type Disk,
  type OpenImageOptions,
  openImage,
  readVhdHead,
  type VhdHead,
} from "../../storage/index.ts";
import { assemble, HvError, reasonOf } from "../../support/index.ts";
import { type FileStore, type FileUse, inUseError, type StoredFile } from "../file-store.ts";
import { extensionOf, isUnfinished, keyOf } from "./names.ts";

/** What a file turned out to be. */
export type FileFacts =
  | {
      readonly kind: "usable";
      readonly format: DiskFormat;
      /** Bytes the guest sees. */
      readonly byteLength: number;
      /** `null` for anything that is no VHD. */
      readonly vhd: VhdHead | null;
    }
  | { readonly kind: "unusable"; readonly text: string };

/** Something the library lists that is no file of the store: an image of the site, a device of the visitor. */
export interface ForeignDisk {
  readonly name: string;
  /** Never rejects: what cannot be had now says why. */
  facts(): Promise<FileFacts>;
  /** Bytes it takes in storage. */
  fileBytes(): number;
  /** Share of its blocks that are here, 0 to 1; `null` when that is no question. */
  fetched(): number | null;
  /** The disk; whoever opens it disposes it. One that cannot be shared is opened once at a time. */
  open(): Promise<Disk>;
  /** Called often while somebody uses it. */
  writeBack(): void;
  readonly shared: boolean;
}

/** Somebody who has a file open here. */
export interface FileHold {
  readonly holder: string;
  readonly access: "write" | "read";
  /** The disk it is the top layer of; for live pictures. */
  disk: Disk | null;
}

/** The files of the library, what is known of them and who uses them. */
export interface Shelf {
  readonly store: FileStore;
  /** Finished files, by name. */
  files(): Promise<readonly StoredFile[]>;
  foreign(): readonly ForeignDisk[];
  foreignNamed(name: string): ForeignDisk | undefined;
  addForeign(disk: ForeignDisk): void;
  removeForeign(name: string): void;
  /** The stored spelling of a name, or `null` when there is no such file. */
  find(name: string): Promise<string | null>;
  /** What a file is. Never rejects: a file that cannot be read is unusable and says why. */
  factsOf(name: string): Promise<FileFacts>;
  /** Its contents changed behind the facts. */
  forget(name: string): void;
  /**
   * Marks a file as used here, once nobody merely looks at it. @throws HvError `storage.inUse` with the holder.
   * @returns lets go of it
   */
  take(name: string, hold: FileHold): Promise<() => void>;
  holds(name: string): readonly FileHold[];
  /** Opens a file of the store, once nobody merely looks at it. @throws HvError as the store does */
  open(name: string, use: FileUse): Promise<BlockFile>;
  /**
   * Looks at files for a moment. Whoever wants to use one waits for that, so that a picture of the library is in
   * nobody's way.
   * @param work  gets the shelf on which a look does not wait for itself and counts as no use
   */
  look<T>(work: (looker: Shelf) => Promise<T>): Promise<T>;
}

/** Opens the shelf over a store. */
export function openShelf(store: FileStore): Shelf {
  const facts = new Map<string, FileFacts>();
  const holds = new Map<string, FileHold[]>();
  const foreign = new Map<string, ForeignDisk>();
  const looks = new Set<Promise<unknown>>();

  async function quiet(): Promise<void> {
    while (looks.size > 0) await Promise.allSettled(looks);
  }
  async function look<T>(work: (looker: Shelf) => Promise<T>): Promise<T> {
    const mine = work({ ...shelf, take: async () => () => {}, open: store.open });
    looks.add(mine);
    return mine.finally(() => looks.delete(mine));
  }

  async function files(): Promise<readonly StoredFile[]> {
    const all = await store.list();
    return all
      .filter(({ name }) => !isUnfinished(name) && !name.startsWith("."))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  async function read(name: string): Promise<FileFacts> {
    const known = facts.get(keyOf(name));
    if (known !== undefined) return known;
    try {
      const found = await look((looker) =>
        assemble(async (scope) => {
          const file = scope.own(await looker.open(name, { access: "read", holder: "the library of disks" }));
          return judgeKept(file, name);
        }),
      );
      facts.set(keyOf(name), found);
      return found;
    } catch (failure) {
      return { kind: "unusable", text: reasonOf(failure) };
    }
  }

  const shelf: Shelf = {
    store,
    files,
    foreign: () => [...foreign.values()],
    foreignNamed: (name) => foreign.get(keyOf(name)),
    addForeign: (disk) => void foreign.set(keyOf(disk.name), disk),
    removeForeign: (name) => void foreign.delete(keyOf(name)),
    async find(name) {
      const known = foreign.get(keyOf(name));
      if (known !== undefined) return known.name;
      return (await files()).find((file) => keyOf(file.name) === keyOf(name))?.name ?? null;
    },
    factsOf: async (name) => foreign.get(keyOf(name))?.facts() ?? read(name),
    forget: (name) => void facts.delete(keyOf(name)),
    async take(name, hold) {
      await quiet();
      const key = keyOf(name);
      const held = holds.get(key) ?? [];
      const other = held.find(({ access }) => access === "write" || hold.access === "write");
      if (other !== undefined) throw inUseError(name, other.holder);
      holds.set(key, [...held, hold]);
      return () => {
        const rest = (holds.get(key) ?? []).filter((one) => one !== hold);
        if (rest.length > 0) holds.set(key, rest);
        else holds.delete(key);
      };
    },
    holds: (name) => holds.get(keyOf(name)) ?? [],
    async open(name, use) {
      await quiet();
      return store.open(name, use);
    },
    look,
  };
  return shelf;
}

/**
 * What a file of the library is: a name that ends in .vhd or .iso was checked when it came, anything else is a raw
 * image whatever its sectors look like, or a guest could turn it into another format. The file stays the caller's.
 */
function judgeKept(file: BlockFile, name: string): FileFacts {
  const extension = extensionOf(name);
  if (extension === "vhd" || extension === "avhd") return judge(file, { format: "vhd" });
  if (extension === "iso") return judge(file, { format: "iso" });
  return judge(file, { format: floppySizes.includes(file.size()) ? "floppy" : "raw" });
}

/** What a file is, by its contents unless a format is given. It stays the caller's. */
export function judge(file: BlockFile, known: Pick<OpenImageOptions, "format"> = {}): FileFacts {
  const outcome = openImage(lent(file), { readOnly: true, ...known });
  switch (outcome.kind) {
    case "corrupt":
      // A differencing disk is sound without its parent: the chain says what is missing.
      if (outcome.fault === "parentMissing") return withoutParent(file);
      return { kind: "unusable", text: outcome.text };
    case "unsupported":
      return { kind: "unusable", text: outcome.text };
    case "disk": {
      const { format } = outcome;
      const { byteLength } = outcome.disk;
      outcome.disk[Symbol.dispose]();
      const head = isVhd(format) ? readVhdHead(file) : null;
      return { kind: "usable", format, byteLength, vhd: head?.kind === "head" ? head : null };
    }
  }
}

function withoutParent(file: BlockFile): FileFacts {
  const head = readVhdHead(file);
  if (head.kind !== "head") return { kind: "unusable", text: head.text };
  return { kind: "usable", format: "differencing", byteLength: head.byteLength, vhd: head };
}

/** The same file for somebody who would dispose it. */
function lent(file: BlockFile): BlockFile {
  return { ...file, [Symbol.dispose]() {} };
}

function isVhd(format: DiskFormat): boolean {
  return format === "fixed" || format === "dynamic" || format === "differencing";
}

/** What a file is when it must be usable. @throws HvError `disk.unusable` */
export function usable(name: string, facts: FileFacts): Extract<FileFacts, { kind: "usable" }> {
  if (facts.kind === "usable") return facts;
  throw new HvError("disk.unusable", `${name} cannot be used. ${facts.text}`, { hresult: 0x80070570 });
}

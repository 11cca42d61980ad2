import {
  encodeSavedMachine,
  isSavedPagesHead,
  readSavedMachine,
  type SavedMachine,
  SavedPagesHead,
  savedPagesHead,
  savedStateLimit,
} from "../../hvdef/index.ts";
import type { BlockFile } from "../../storage/index.ts";
import {
  assemble,
  HvError,
  longestPiece,
  type OwnBytes,
  pieceHeadBytes,
  pieceLength,
} from "../../support/index.ts";
import type { FileStore } from "../file-store.ts";

/** Hands out pieces until there are no more. */
export type PieceSource = () => Promise<OwnBytes | null>;

/** The two files of a saved machine, as Hyper-V has them. */
export interface SavedFiles {
  /** Whether there are any, whole or not. */
  has(): Promise<boolean>;
  /**
   * Writes both in place of any others, pages first.
   * @throws what the store refuses with; then there are none
   */
  write(pages: PieceSource, machine: Omit<SavedMachine, "pieces">): Promise<void>;
  /** Opens them for a restore. Whoever opens them disposes them. @throws HvError `state.damaged` */
  open(): Promise<OpenSavedFiles>;
  remove(): Promise<void>;
}

/** A saved machine that is being read. */
export interface OpenSavedFiles extends Disposable {
  readonly machine: SavedMachine;
  /** The next piece, the caller's; `null` after the last. @throws HvError `state.damaged` */
  next(): OwnBytes | null;
}

/** The files of one machine in a store. */
export function savedFiles(store: FileStore, vm: string): SavedFiles {
  const pagesName = `${vm}.bin`;
  const devicesName = `${vm}.vsv`;
  const holder = "the saved state of a machine";

  async function remove(): Promise<void> {
    // The one that counts first.
    await store.remove(devicesName);
    await store.remove(pagesName);
  }
  async function write(pages: PieceSource, machine: Omit<SavedMachine, "pieces">): Promise<void> {
    await remove();
    try {
      const pieces = await assemble(async (scope) => {
        const file = scope.own(await store.open(pagesName, { access: "write", holder }));
        return writePages(file, machine.id, pages);
      });
      await assemble(async (scope) => {
        const file = scope.own(await store.open(devicesName, { access: "write", holder }));
        file.resize(0);
        file.writeAt(0, encodeSavedMachine({ ...machine, pieces }));
        file.flush();
      });
    } catch (failure) {
      await remove().catch(() => {});
      throw failure;
    }
  }
  return {
    has: () => store.has(devicesName),
    write,
    open: () =>
      assemble(async (scope) => {
        const devices = scope.own(await store.open(devicesName, { access: "read", holder }));
        const read = readSavedMachine(wholeOf(devices));
        if (read.kind === "unusable") throw new HvError("state.damaged", read.text);
        const pages = scope.own(await store.open(pagesName, { access: "read", holder }));
        const { machine } = read;
        const next = readPages(pages, machine);
        const owned = scope.move();
        return { machine, next, [Symbol.dispose]: () => owned[Symbol.dispose]() };
      }),
    remove,
  };
}

async function writePages(file: BlockFile, id: string, pages: PieceSource): Promise<number> {
  const head = savedPagesHead(id);
  file.resize(0);
  file.writeAt(0, head);
  let at = head.length;
  let pieces = 0;
  for (let piece = await pages(); piece !== null; piece = await pages()) {
    file.writeAt(at, piece);
    at += piece.length;
    pieces++;
  }
  file.flush();
  return pieces;
}

/** Checksums of pieces are looked at where they are used. */
function readPages(file: BlockFile, { id, pieces }: SavedMachine): () => OwnBytes | null {
  const head = new Uint8Array(SavedPagesHead.size);
  file.readAt(0, head);
  if (!isSavedPagesHead(head, id)) throw damaged("its file of pages is something else");
  let at = head.length;
  let left = pieces;
  return () => {
    if (left === 0) return null;
    left--;
    const rest = file.size() - at;
    const bytes = new Uint8Array(Math.max(0, Math.min(longestPiece, rest)));
    file.readAt(at, bytes);
    const length = pieceLength(bytes.subarray(0, pieceHeadBytes));
    if (length === null || length > bytes.length) throw damaged("its file of pages is cut off");
    at += length;
    return length === bytes.length ? bytes : bytes.slice(0, length);
  };
}

function wholeOf(file: BlockFile): OwnBytes {
  if (file.size() > savedStateLimit) throw damaged("it is larger than one can be");
  const bytes = new Uint8Array(file.size());
  file.readAt(0, bytes);
  return bytes;
}

function damaged(why: string): HvError {
  return new HvError("state.damaged", `The saved state cannot be used. It is damaged: ${why}.`);
}

/** A name for a saved machine, from random numbers. */
export function newStateId(entropy: () => number): string {
  return Array.from({ length: 4 }, () => entropy().toString(16).padStart(8, "0")).join("");
}

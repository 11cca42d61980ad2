import { type InspectNode, openScope, reasonOf } from "../../support/index.ts";
import type { Disk, DiskLayer, DiskStatus } from "../disk.ts";
import { isNoSpace } from "../errors.ts";
import { wholeSectors } from "../range.ts";
import { commit, holdsBack } from "./commit.ts";
import { sparseKnownZeros, sparsePrepare, sparseRead } from "./sparse-read.ts";
import { openStore, type SparseParts, type SparseStore } from "./sparse-store.ts";
import { sparseUnmap, sparseWrite } from "./sparse-write.ts";
import { blockShare, countBlocks } from "./survey.ts";

/**
 * A dynamic or differencing disk over a table that was checked. Owns its file and its parent and disposes both.
 * A footer that was lost is written again at once; when that fails, with the first commit that succeeds.
 *
 * A file that fails makes a status, never an exception: guests cause the calls.
 */
export function sparseDisk(parts: SparseParts): Disk {
  const store = openStore(parts);
  const { byteLength, readOnly, parent } = store;
  const { type } = store.head;
  const scope = openScope();
  if (parent !== null) scope.own(parent);
  scope.own(store.file);
  if (!readOnly && holdsBack(store)) attempt(store, () => commitNow(store));

  const layer: DiskLayer = { format: type, allocation: (cells) => blockShare(store, cells) };
  return {
    byteLength,
    readOnly,
    ...(type === "dynamic" && !readOnly ? { thin: true } : {}),
    prepare(at, length) {
      if (parent === null || !wholeSectors(byteLength, at, length)) return null;
      return prepared(store, at, length);
    },
    read(at, into) {
      if (!wholeSectors(byteLength, at, into.length)) return "outOfRange";
      return attempt(store, () => sparseRead(store, at, into));
    },
    write(at, from) {
      if (readOnly) return "readOnly";
      if (!wholeSectors(byteLength, at, from.length)) return "outOfRange";
      return attempt(store, () => sparseWrite(store, at, from));
    },
    flush: () => (readOnly ? "ok" : attempt(store, () => commitNow(store))),
    unmap(at, length) {
      if (readOnly) return "readOnly";
      if (!wholeSectors(byteLength, at, length)) return "outOfRange";
      return attempt(store, () => sparseUnmap(store, at, length));
    },
    knownZeros: (at, length) => wholeSectors(byteLength, at, length) && sparseKnownZeros(store, at, length),
    writeBack: () => (readOnly || !holdsBack(store) ? "ok" : attempt(store, () => commitNow(store))),
    layers: () => [layer, ...(parent?.layers() ?? [])],
    inspect: () => inspectStore(store),
    [Symbol.dispose]: () => scope[Symbol.dispose](),
  };
}

/** Never throws: what a bitmap cannot be read for, the read that follows says. */
function prepared(store: SparseStore, at: number, length: number): Promise<void> | null {
  try {
    return sparsePrepare(store, at, length);
  } catch (thrown) {
    store.lastFailure = reasonOf(thrown);
    return null;
  }
}

function commitNow(store: SparseStore): DiskStatus {
  commit(store);
  return "ok";
}

function attempt(store: SparseStore, action: () => DiskStatus): DiskStatus {
  try {
    return action();
  } catch (thrown) {
    store.lastFailure = reasonOf(thrown);
    return isNoSpace(thrown) ? "noSpace" : "mediumError";
  }
}

function inspectStore(store: SparseStore): InspectNode {
  const own = {
    kind: store.head.type,
    byteLength: store.byteLength,
    readOnly: store.readOnly,
    blockBytes: store.blockBytes,
    blocks: store.table.length,
    allocatedBlocks: countBlocks(store.table),
    freePlaces: store.free.length,
    waiting: store.dirtyTable.size + store.dirtyBitmaps.size,
    lastFailure: store.lastFailure,
  };
  return store.parent === null ? own : { ...own, parent: store.parent.inspect() };
}

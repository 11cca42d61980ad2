import { type ReceivedFile, receivedBytes, receivedFiles, type VmGuid } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file of a guest as it comes. */
export interface IncomingReceipt {
  /** Takes the next bytes, which are the store's from here on. `false`: there is no memory for them. */
  add(piece: Bytes): boolean;
  /** All of it is there: it is listed. `false`: there are too many files. */
  keep(): boolean;
  /** Forgets it; harmless when it was kept. */
  drop(): void;
}

/** What a guest says of a file before it comes; its name was checked. */
export interface Receipt {
  readonly vm: VmGuid;
  readonly vmName: string;
  readonly name: string;
}

/** Files that guests gave to the host, in memory. */
export interface ReceivedStore {
  /** Latest first. */
  list(): readonly ReceivedFile[];
  begin(receipt: Receipt): IncomingReceipt;
  /** Bytes for which there is memory. */
  free(): number;
  /** @throws HvError `received.gone` */
  contents(id: number): { readonly name: string; readonly pieces: readonly Bytes[] };
  /** @throws HvError `received.gone` */
  forget(id: number): void;
}

/** Opens an empty store. @param changed  the list is another now */
export function openReceived(around: { wallClock(): number; changed(): void }): ReceivedStore {
  const files = new Map<number, ReceivedFile & { readonly pieces: readonly Bytes[] }>();
  let used = 0;
  let next = 1;

  function found(id: number) {
    const file = files.get(id);
    if (file === undefined) throw new HvError("received.gone", "This file of a guest is not kept any more.");
    return file;
  }
  return {
    list: () =>
      [...files.values()].reverse().map(({ id, vm, vmName, name, byteLength, at }) => ({
        id,
        vm,
        vmName,
        name,
        byteLength,
        at,
      })),
    begin({ vm, vmName, name }) {
      const pieces: Bytes[] = [];
      let byteLength = 0;
      let open = true;
      return {
        add(piece) {
          if (!open || used + piece.length > receivedBytes) return false;
          used += piece.length;
          byteLength += piece.length;
          pieces.push(piece);
          return true;
        },
        keep() {
          if (!open || files.size >= receivedFiles) return false;
          open = false;
          const id = next++;
          files.set(id, { id, vm, vmName, name, byteLength, at: around.wallClock(), pieces });
          around.changed();
          return true;
        },
        drop() {
          if (open) used -= byteLength;
          open = false;
        },
      };
    },
    free: () => receivedBytes - used,
    contents(id) {
      const { name, pieces } = found(id);
      return { name, pieces };
    },
    forget(id) {
      used -= found(id).byteLength;
      files.delete(id);
      around.changed();
    },
  };
}

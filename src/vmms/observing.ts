import {
  type HostTrace,
  type TraceNote,
  type TraceSession,
  type TraceSink,
  traceLease,
  traceTextLimit,
} from "../hvdef/index.ts";
import type { BlockFile } from "../storage/index.ts";
import { type InspectNode, openRecorder } from "../support/index.ts";
import type { FileStore } from "./file-store.ts";

/** What the host sees of itself: counters always, events while somebody looks. */
export interface Observing extends TraceSession {
  /** Where the lines of a machine tell what crosses them. */
  sinkOf(vm: string): TraceSink;
  /** Shows the ends of a machine's channels from now on. Answers how to stop. */
  show(vm: string, inspect: () => InspectNode): () => void;
  /** A client's call has arrived. @param args  the first is the machine, where it is about one */
  asked(call: string, args: readonly unknown[]): void;
  /** The same files, counted. */
  counted(store: FileStore): FileStore;
}

/** Notes of one kind kept between two looks, which come four times a second. */
const notesPerKind = 192;
/** Calls with which a view only looks: they are counted, and no news. */
const looking: readonly string[] = [
  "traceHost",
  "traceWorker",
  "list",
  "listNetworks",
  "networkTables",
  "blockMap",
  "storageSpace",
];

/** Opens the eyes of a host. @param now  milliseconds since 1970, with fractions */
export function openObserving(now: () => number): Observing {
  const recorder = openRecorder<TraceNote>({ now, lease: traceLease, perKind: notesPerKind });
  const counters = { requests: 0, looks: 0, reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0, flushes: 0 };
  const shown = new Map<string, () => InspectNode>();

  function asked(call: string, args: readonly unknown[]): void {
    if (looking.includes(call)) {
      counters.looks++;
      return;
    }
    counters.requests++;
    if (!recorder.on) return;
    const [vm] = args;
    const text = call.slice(0, traceTextLimit);
    recorder.note({ kind: "request", text, ...(typeof vm === "string" ? { vm: vm.slice(0, 64) } : {}) });
  }
  function read(bytes: number): void {
    counters.reads++;
    counters.bytesRead += bytes;
    if (recorder.on) recorder.note({ kind: "fileRead", bytes });
  }
  function wrote(bytes: number): void {
    counters.writes++;
    counters.bytesWritten += bytes;
    if (recorder.on) recorder.note({ kind: "fileWrite", bytes });
  }
  function countedFile(file: BlockFile): BlockFile {
    return {
      ...file,
      readAt(at, into) {
        const bytes = file.readAt(at, into);
        read(bytes);
        return bytes;
      },
      writeAt(at, from) {
        file.writeAt(at, from);
        wrote(from.length);
      },
      flush() {
        file.flush();
        counters.flushes++;
      },
    };
  }
  function tree(): InspectNode {
    const { requests, looks, ...files } = counters;
    const machines = Object.fromEntries([...shown].map(([vm, inspect]) => [vm, inspect()] as const));
    return { requests, looks, files, machines };
  }

  return {
    asked,
    sinkOf: (vm) => ({
      get on() {
        return recorder.on;
      },
      note: (note) => recorder.note({ ...note, vm }),
    }),
    show(vm, inspect) {
      shown.set(vm, inspect);
      return () => {
        if (shown.get(vm) === inspect) shown.delete(vm);
      };
    },
    counted: (store) => ({
      ...store,
      open: async (name, use) => countedFile(await store.open(name, use)),
    }),
    traceHost: async (): Promise<HostTrace> => ({ ...recorder.take(), tree: tree() }),
  };
}

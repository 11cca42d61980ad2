import {
  type HostTrace,
  type TraceNote,
  type TraceSession,
  type TraceSink,
  traceLease,
  traceTextLimit,
  wmiCall,
} from "../hvdef/index.ts";
import type { BlockFile } from "../storage/index.ts";
import { type InspectNode, openRecorder } from "../support/index.ts";
import type { FileStore } from "./file-store.ts";

/** The parent's ends of a machine's channels. */
interface ChannelEnds extends Disposable {
  inspect(): InspectNode;
}

/** What the host sees of itself: counters always, events while somebody looks. */
export interface Observing extends TraceSession {
  /** Where the lines of a machine tell what crosses them. */
  sinkOf(vm: string): TraceSink;
  /** The same ends of a machine's channels, shown as long as they are there. */
  shown<E extends ChannelEnds>(vm: string, ends: E): E;
  /** A client's call has arrived. @param args  the first is the machine, where it is about one */
  asked(call: string, args: readonly unknown[]): void;
  /** The same of a client of the WMI provider. */
  askedWmi(call: string, args: readonly unknown[]): void;
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

/** The identity of a machine in an object's path. */
const machineName = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** Opens the eyes of a host. @param now  milliseconds since 1970, with fractions */
export function openObserving(now: () => number): Observing {
  const recorder = openRecorder<TraceNote>({ now, lease: traceLease, perKind: notesPerKind });
  const counters = {
    requests: 0,
    wmi: 0,
    looks: 0,
    reads: 0,
    writes: 0,
    bytesRead: 0,
    bytesWritten: 0,
    flushes: 0,
  };
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
  function askedWmi(call: string, args: readonly unknown[]): void {
    // Whoever waits for events asks again and again.
    if (call === "next") return;
    counters.wmi++;
    if (!recorder.on) return;
    const [path, method] = args.map((one) => (typeof one === "string" ? one : ""));
    const vm = machineName.exec(path ?? "")?.[0].toLowerCase();
    const text = `${wmiCall}${call === "invoke" ? method : call}`.slice(0, traceTextLimit);
    recorder.note({ kind: "request", text, ...(vm === undefined ? {} : { vm }) });
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
    const { requests, wmi, looks, ...files } = counters;
    const machines = Object.fromEntries([...shown].map(([vm, inspect]) => [vm, inspect()] as const));
    return { requests, wmi, looks, files, machines };
  }

  return {
    asked,
    askedWmi,
    sinkOf: (vm) => ({
      get on() {
        return recorder.on;
      },
      note: (note) => recorder.note({ ...note, vm }),
    }),
    shown(vm, ends) {
      shown.set(vm, ends.inspect);
      return {
        ...ends,
        [Symbol.dispose]() {
          if (shown.get(vm) === ends.inspect) shown.delete(vm);
          ends[Symbol.dispose]();
        },
      };
    },
    counted: (store) => ({
      ...store,
      open: async (name, use) => countedFile(await store.open(name, use)),
    }),
    traceHost: async (): Promise<HostTrace> => ({ ...recorder.take(), tree: tree() }),
  };
}

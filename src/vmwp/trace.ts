import {
  type GuestCalls,
  type ScreenNews,
  type TraceNote,
  traceLease,
  traceTextLimit,
} from "../hvdef/index.ts";
import { type InspectNode, type OwnBytes, openRecorder, type Recorder } from "../support/index.ts";
import type { Intercepts } from "../vid/index.ts";

/** Notes of one kind kept between two looks, which come four times a second. */
const notesPerKind = 96;

/** What passes through a worker process is counted here, and told to whoever looks. */
export interface Passing {
  /** Listens only while somebody looks. */
  readonly trace: Recorder<TraceNote>;
  /** The management service called. */
  called(name: string): void;
  /** Characters for the emulated serial port. */
  serialIn(bytes: Uint8Array): void;
  /** Where the serial port's characters go. */
  serialOut(send: (bytes: OwnBytes) => void): (bytes: OwnBytes) => void;
  /** Where news of the screen goes. */
  screenNews(told: (news: ScreenNews) => void): (news: ScreenNews) => void;
  /** The guest's intercepted instructions. */
  intercepts(inner: Intercepts): Intercepts;
  /** The guest's hypercalls to the bus. */
  calls(inner: GuestCalls): GuestCalls;
  /** Interrupts that the hypervisor asks of the processor. */
  vectors(raise: (vector: number) => void): (vector: number) => void;
  inspect(): InspectNode;
}

/** Opens the counters of a worker process. @param now  milliseconds since 1970, with fractions */
export function openPassing(now: () => number): Passing {
  const trace = openRecorder<TraceNote>({ now, lease: traceLease, perKind: notesPerKind });
  const counters = { calls: 0, serialIn: 0, serialOut: 0, cpuid: 0 };
  const textOf = (bytes: Uint8Array): string =>
    new TextDecoder().decode(bytes.slice(0, traceTextLimit)).slice(0, traceTextLimit);

  function serial(kind: "serialIn" | "serialOut", bytes: Uint8Array): void {
    counters[kind] += bytes.length;
    if (trace.on) trace.note({ kind, bytes: bytes.length, text: textOf(bytes) });
  }
  return {
    trace,
    called(name) {
      // Whoever looks is no news.
      if (name === "trace") return;
      counters.calls++;
      if (trace.on) trace.note({ kind: "call", text: name.slice(0, traceTextLimit) });
    },
    serialIn: (bytes) => serial("serialIn", bytes),
    serialOut: (send) => (bytes) => {
      serial("serialOut", bytes);
      send(bytes);
    },
    screenNews: (told) => (news) => {
      if (trace.on && news.kind === "rows") {
        const text = (news.rows[0]?.text ?? "").slice(0, traceTextLimit);
        trace.note({ kind: "screen", subject: news.rows.length, text });
      }
      told(news);
    },
    intercepts: (inner) => ({
      timers: inner.timers,
      cpuid(leaf, subleaf) {
        counters.cpuid++;
        if (trace.on) trace.note({ kind: "cpuid", subject: leaf });
        return inner.cpuid(leaf, subleaf);
      },
      readMsr(index) {
        if (trace.on) trace.note({ kind: "msr", subject: index, text: "read" });
        return inner.readMsr(index);
      },
      writeMsr(index, value) {
        if (trace.on) trace.note({ kind: "msr", subject: index, text: "write" });
        return inner.writeMsr(index, value);
      },
    }),
    calls: (inner) => ({
      postMessage(connection, type, payload) {
        const bytes = payload.length;
        if (trace.on) trace.note({ kind: "hypercall", subject: connection, bytes, text: "HvPostMessage" });
        return inner.postMessage(connection, type, payload);
      },
      signalEvent(connection, flag) {
        if (trace.on)
          trace.note({ kind: "hypercall", subject: connection, tag: flag, text: "HvSignalEvent" });
        return inner.signalEvent(connection, flag);
      },
    }),
    vectors: (raise) => (vector) => {
      if (trace.on) trace.note({ kind: "interrupt", subject: vector });
      raise(vector);
    },
    inspect: () => ({ ...counters }),
  };
}

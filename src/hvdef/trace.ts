import type { InspectNode } from "../support/index.ts";
import { LinkKind } from "./link.ts";

/**
 * What crossed a border, by the thread that saw it. `subject`, `bytes` and `tag` mean what is said here, and 0 where
 * nothing is said.
 */
export type TraceKind =
  /** Page: a view asked something of a machine. `text`: the call. */
  | "ask"
  /** Parent: a client's call arrived at the management service. `text`: the call. */
  | "request"
  /** Parent: a disk file of the host was read or written: `bytes`. */
  | "fileRead"
  | "fileWrite"
  /** Parent and child: a record of the link. `subject`: channel; `tag`: transaction, low half; `text`: {@link linkWord}. */
  | "linkSent"
  | "linkArrived"
  /** Child: the management service called the worker process. `text`: the call. */
  | "call"
  /** Child: characters for the emulated serial port, and from it. `text`: how they begin. */
  | "serialIn"
  | "serialOut"
  /** Child: the picture of the screen has changed. `subject`: rows. `text`: how they begin. */
  | "screen"
  /** Child: a packet left the guest's ring, or was put into it. `subject`: channel; `tag`: transaction, low half. */
  | "packetTaken"
  | "packetPlaced"
  /** Child: the event flag of a channel was set for the guest. `subject`: channel. */
  | "channelEvent"
  /** Child: an interrupt was requested by the hypervisor. `subject`: vector. */
  | "interrupt"
  /** Child: a hypercall. `subject`: connection. `text`: its name. */
  | "hypercall"
  /** Child: an intercepted instruction. `subject`: number of the register, or leaf. `text`: "read" or "write". */
  | "msr"
  | "cpuid"
  /** Child: an access to an emulated device. `subject`: port or address. `text`: {@link EmulatedDevice}. */
  | "access";

/** What a border tells. */
export interface TraceNote {
  readonly kind: TraceKind;
  readonly subject?: number;
  readonly bytes?: number;
  readonly tag?: number;
  /** At most {@link traceTextLimit} characters. */
  readonly text?: string;
  /** The machine it concerns; absent in its own worker process. */
  readonly vm?: string;
}

/** How the text of a `request` begins that came through the WMI provider. */
export const wmiCall = "WMI ";

/** Longest text of a note, characters. */
export const traceTextLimit = 40;

/** A note with its time and its place among those of its thread. */
export interface TraceEvent extends TraceNote {
  /** Milliseconds since 1970, with fractions: all threads of a page mean the same. */
  readonly at: number;
  /** Grows by one with every event of a thread, also with those that found no room. */
  readonly sequence: number;
}

/** Where borders tell what crosses them. Whoever tells asks `on` first: it costs a branch while nobody listens. */
export interface TraceSink {
  readonly on: boolean;
  note(note: TraceNote): void;
}

/** Nobody listens, ever. */
export const noTrace: TraceSink = { on: false, note() {} };

/** Events of one thread since it was last asked. */
export interface TraceBatch {
  readonly events: readonly TraceEvent[];
  /** Events that found no room, of each kind. Rates come from counters, never from events. */
  readonly lost: number;
  /** When it was asked, as {@link TraceEvent}`.at`: what happened later is in the next batch. */
  readonly until: number;
}

/** How long a thread goes on recording after it was last asked, milliseconds. */
export const traceLease = 3000;

/** The parent's share of a look at the whole: what it saw, and its own counters. */
export interface HostTrace extends TraceBatch {
  readonly tree: InspectNode;
}

/** Main → parent. What the picture of the architecture is drawn from. */
export interface TraceSession {
  /** What the parent saw since the last call. It records for {@link traceLease} from now on. */
  traceHost(): Promise<HostTrace>;
}

/** Emulated devices whose registers are counted. */
export const emulatedDevices = [
  "ide",
  "network",
  "display",
  "keyboard",
  "serial",
  "diskette",
  "timer",
  "interrupts",
  "pci",
  "other",
] as const;
export type EmulatedDevice = (typeof emulatedDevices)[number];

/** Accesses to registers and memory of each emulated device. */
export type AccessCounts = Readonly<Record<EmulatedDevice, number>>;

/** Counts of accesses by device. @param count  asked with the place in {@link emulatedDevices} */
export function accessCounts(count: (place: number) => number): AccessCounts {
  const of = (device: EmulatedDevice): number => count(emulatedDevices.indexOf(device));
  return {
    ide: of("ide"),
    network: of("network"),
    display: of("display"),
    keyboard: of("keyboard"),
    serial: of("serial"),
    diskette: of("diskette"),
    timer: of("timer"),
    interrupts: of("interrupts"),
    pci: of("pci"),
    other: of("other"),
  };
}

const linkWords: ReadonlyMap<number, string> = new Map(
  Object.entries(LinkKind).map(([name, kind]) => [kind, name]),
);

/** What a record of the link is called: the name of its {@link LinkKind}. */
export function linkWord(kind: number): string {
  return linkWords.get(kind) ?? "unknown";
}

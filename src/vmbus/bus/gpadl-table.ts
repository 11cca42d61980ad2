import { type ChannelId, type GpadlId, type GuestMemory, pageSize } from "../../hvdef/index.ts";
import { addFragment, type CollectingGpadl, type Gpadl, type GpadlStep, startGpadl } from "./gpadl.ts";

/** Page lists of one connection. */
export interface GpadlTable {
  /** Takes the header of a new list. `pending`: more fragments are to come, no answer yet. */
  header(handle: GpadlId, start: GpadlHeaderFields): GpadlOutcome;
  /** Takes a further fragment. `stray`: nobody waits for it. */
  body(handle: GpadlId, fragment: Uint8Array): GpadlBodyOutcome;
  /** Forgets a list. `collecting`: its header still waited for an answer. */
  teardown(channel: ChannelId, handle: GpadlId): "gone" | "collecting" | "unknown";
  find(channel: ChannelId, handle: GpadlId): Gpadl | undefined;
  dropChannel(channel: ChannelId): void;
  dropAll(): void;
  /** Everything there is, for a saved state. */
  all(): GpadlSets;
  /** Takes lists back, whose pages are checked. `false`: they are more than there may be, or two have one name. */
  load(sets: GpadlSets): boolean;
  /** Numbers for inspection. */
  counts(): { readonly created: number; readonly collecting: number; readonly pages: number };
}

/** Lists by their handles. */
export interface GpadlSets {
  readonly created: readonly { readonly handle: GpadlId; readonly gpadl: Gpadl }[];
  readonly collecting: readonly { readonly handle: GpadlId; readonly state: CollectingGpadl }[];
}

/** The header message's fields. */
export interface GpadlHeaderFields {
  readonly channel: ChannelId;
  readonly rangeBytes: number;
  readonly rangeCount: number;
  readonly fragment: Uint8Array;
}

/** What a header led to. `bad` must be answered with a failure. */
export type GpadlOutcome =
  | { readonly kind: "pending" }
  | { readonly kind: "created" }
  | { readonly kind: "bad"; readonly reason: string };

/** What a body led to, with the channel to answer. */
export type GpadlBodyOutcome =
  | { readonly kind: "stray" }
  | { readonly kind: "pending" }
  | { readonly kind: "created"; readonly channel: ChannelId }
  | { readonly kind: "bad"; readonly channel: ChannelId; readonly reason: string };

/** Bounds of what a guest may make us remember, with the reason for each. */
export const gpadlLimits = {
  /** Lists of one partition. A network adapter has four, every other device one or two. */
  lists: 256,
  /** Pages of all lists: 256 MiB of guest memory, a quarter of a MiB of ours. */
  pages: 64 * 1024,
  /** Lists that wait for fragments. Linux collects one per device that probes; 64 KiB each at most. */
  collecting: 16,
} as const;

interface Tables {
  readonly created: Map<number, { readonly handle: GpadlId; readonly gpadl: Gpadl }>;
  /** By handle alone, since a body names no channel. */
  readonly collecting: Map<GpadlId, CollectingGpadl>;
  readonly ramPages: number;
  pages: number;
}

/** Opens an empty table over this RAM. */
export function openGpadlTable(memory: GuestMemory): GpadlTable {
  const tables: Tables = {
    created: new Map(),
    collecting: new Map(),
    ramPages: Math.floor(memory.size / pageSize),
    pages: 0,
  };
  return {
    header: (handle, start) => header(tables, handle, start),
    body: (handle, fragment) => body(tables, handle, fragment),
    teardown: (channel, handle) => teardown(tables, channel, handle),
    find: (channel, handle) => tables.created.get(key(channel, handle))?.gpadl,
    dropChannel(channel) {
      for (const [handle, state] of tables.collecting) {
        if (state.channel === channel) tables.collecting.delete(handle);
      }
      for (const { handle, gpadl } of tables.created.values()) {
        if (gpadl.channel === channel) teardown(tables, channel, handle);
      }
    },
    dropAll() {
      tables.created.clear();
      tables.collecting.clear();
      tables.pages = 0;
    },
    all: () => ({
      created: [...tables.created.values()],
      collecting: [...tables.collecting].map(([handle, state]) => ({ handle, state })),
    }),
    load: (sets) => load(tables, sets),
    counts: () => ({
      created: tables.created.size,
      collecting: tables.collecting.size,
      pages: tables.pages,
    }),
  };
}

function key(channel: ChannelId, handle: GpadlId): number {
  return channel * 0x1_0000_0000 + handle;
}

function header(tables: Tables, handle: GpadlId, start: GpadlHeaderFields): GpadlOutcome {
  if (tables.collecting.has(handle) || tables.created.has(key(start.channel, handle))) {
    return { kind: "bad", reason: "page list handle in use" };
  }
  if (tables.created.size + tables.collecting.size >= gpadlLimits.lists) {
    return { kind: "bad", reason: "too many page lists" };
  }
  const step = startGpadl(start, start.fragment, tables.ramPages);
  if (step.kind === "collecting" && tables.collecting.size >= gpadlLimits.collecting) {
    return { kind: "bad", reason: "too many unfinished page lists" };
  }
  return keep(tables, handle, step);
}

function body(tables: Tables, handle: GpadlId, fragment: Uint8Array): GpadlBodyOutcome {
  const state = tables.collecting.get(handle);
  if (state === undefined) return { kind: "stray" };
  tables.collecting.delete(handle);
  // An empty body would let a guest keep a list unfinished for ever at no cost; it gains nothing, so be it.
  const outcome = keep(tables, handle, addFragment(state, fragment, tables.ramPages));
  return outcome.kind === "pending" ? outcome : { ...outcome, channel: state.channel };
}

function keep(tables: Tables, handle: GpadlId, step: GpadlStep): GpadlOutcome {
  if (step.kind === "bad") return step;
  if (step.kind === "collecting") {
    tables.collecting.set(handle, step.next);
    return { kind: "pending" };
  }
  const { gpadl } = step;
  if (tables.pages + gpadl.pageCount > gpadlLimits.pages) return { kind: "bad", reason: "too many pages" };
  tables.created.set(key(gpadl.channel, handle), { handle, gpadl });
  tables.pages += gpadl.pageCount;
  return { kind: "created" };
}

function teardown(tables: Tables, channel: ChannelId, handle: GpadlId): "gone" | "collecting" | "unknown" {
  if (tables.collecting.get(handle)?.channel === channel) {
    tables.collecting.delete(handle);
    return "collecting";
  }
  const found = tables.created.get(key(channel, handle));
  if (found === undefined) return "unknown";
  tables.created.delete(key(channel, handle));
  tables.pages -= found.gpadl.pageCount;
  return "gone";
}

function load(tables: Tables, { created, collecting }: GpadlSets): boolean {
  for (const one of created) {
    tables.created.set(key(one.gpadl.channel, one.handle), one);
    tables.pages += one.gpadl.pageCount;
  }
  for (const { handle, state } of collecting) tables.collecting.set(handle, state);
  return (
    tables.created.size === created.length &&
    tables.collecting.size === collecting.length &&
    tables.created.size + tables.collecting.size <= gpadlLimits.lists &&
    tables.collecting.size <= gpadlLimits.collecting &&
    tables.pages <= gpadlLimits.pages
  );
}

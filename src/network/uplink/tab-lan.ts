import { limitedLog, reasonOf } from "../../support/index.ts";
import { type FrameSource, longestFrame, shortestFrame } from "../port.ts";
import { type Allowance, farSideRate, openAllowance } from "./allowance.ts";
import { openLife } from "./life.ts";
import { addressAt } from "./recent-senders.ts";
import { openTabBacklog } from "./tab-backlog.ts";
import { openTabBatch, readTabBatch } from "./tab-batch.ts";
import { openTabPeers } from "./tab-peers.ts";
import { droppedWords, stateWords, type Uplink, type UplinkSurroundings } from "./uplink.ts";

/** One message between tabs. Old and new pages of one origin may be open at once, hence the version. */
export interface TabMessage {
  readonly version: number;
  /** The sender's id. */
  readonly from: string;
  /** A batch of frames; `null`: the tab only says that it is there. */
  readonly batch: ArrayBuffer | null;
  /** Bytes of all its batches so far, this one included. Pages of before did not count. */
  readonly total?: number;
  /** How far it has read whom: tabs, each with a total. */
  readonly read?: readonly (readonly [tab: string, total: number])[];
  /** It leaves. */
  readonly leaves?: boolean;
}

/** A channel that every tab of the origin hears. */
export interface TabChannel extends Disposable {
  post(message: TabMessage): void;
}

/**
 * Joins the channel of that name. What comes is unchecked. Messages come after the call has returned.
 * @throws when the page may not talk to other tabs
 */
export type JoinChannel = (name: string, heard: (message: unknown) => void) => TabChannel;

/** What the LAN between tabs needs. */
export interface TabLanOptions extends UplinkSurroundings {
  /** The segment's name, e.g. `LAN 1`. */
  readonly segment: string;
  /** Of this host, unlike that of any other: 1 to 64 characters. */
  readonly tab: string;
  readonly join: JoinChannel;
  /** Runs an action when the current task of the thread is over. */
  readonly soon: (action: () => void) => void;
}

/** The LAN between tabs, with what it has learnt: unicast may one day take a direct way. */
export interface TabLan extends Uplink {
  /** The tab behind which a MAC address (6 bytes at `at`) was last seen; `null` when it is not known. */
  tabOf(bytes: Uint8Array, at: number): string | null;
}

const version = 1;
const longestId = 64;
/** Tabs that one message may speak of. */
const mostReaders = 64;
/** How often a tab says that it is there. */
const helloMicros = 10_000_000;

/**
 * All tabs of one origin on one Ethernet segment, without a server. Frames are gathered into one message per turn
 * of the thread; every tab hears every message, and drops its own.
 */
export function openTabLan(options: TabLanOptions): TabLan {
  const { clock, segment, tab } = options;
  const log = limitedLog(options.log, clock);
  const peers = openTabPeers(clock, farSideRate);
  /** The other tabs' queues have no bound of their own: what leaves is bounded here, by rate and by what waits. */
  const outgoing = openAllowance(farSideRate, clock);
  const backlog = openTabBacklog(clock);
  const batch = openTabBatch();
  const counts = { sent: 0, received: 0, notUp: 0, overRate: 0, full: 0, lies: 0, messages: 0 };
  let port: FrameSource | null = null;
  let channel: TabChannel | null = null;
  let flushComes = false;
  let total = 0;
  let lastHello = 0;

  const life = openLife({ ...options, dial, hangUp });

  function dial(): void {
    try {
      channel = options.join(`tabvisor segment ${segment}`, receive);
    } catch (thrown) {
      const reason = `This page may not talk to other tabs (${reasonOf(thrown)}).`;
      life.happen({ kind: "hopeless", reason });
      return;
    }
    life.happen({ kind: "cameUp" });
    sayHello();
  }
  function hangUp(): void {
    flush();
    channel?.post({ version, from: tab, batch: null, leaves: true });
    channel?.[Symbol.dispose]();
    channel = null;
    peers.forgetAll();
    backlog.forgetAll();
  }
  function sayHello(): void {
    lastHello = clock.now();
    channel?.post({ version, from: tab, batch: null, total, read: peers.unread() });
  }
  function flush(): void {
    flushComes = false;
    if (batch.isEmpty()) return;
    counts.messages++;
    const frames = batch.take();
    total = backlog.posted(frames.byteLength);
    channel?.post({ version, from: tab, batch: frames, total, read: peers.unread() });
  }
  function lie(what: string): void {
    counts.lies++;
    log("warning", `Another tab on ${segment} sent ${what}. It is ignored.`);
  }

  function receive(raw: unknown): void {
    if (!life.isUp()) return;
    const message = readMessage(raw);
    if (message === null) {
      lie("something that is no batch of frames; it may be an older or newer version of this page");
      return;
    }
    if (message.from === tab) return;
    if (message.leaves === true) {
      forget(message.from);
      return;
    }
    const allowance = peers.heard(message.from);
    if (allowance === null) {
      lie("frames, but there are too many tabs");
      return;
    }
    if (message.batch !== null) takeBatch(message.batch, message.from, allowance);
    const mine = message.read?.find(([reader]) => reader === tab)?.[1];
    if (mine !== undefined && !backlog.told(message.from, mine))
      lie("a count of what it has read that cannot be");
    // What it sends in this turn carries the answer; a tab that only listens says hello for it.
    if (peers.read(message.from, message.total ?? 0) && batch.isEmpty()) sayHello();
  }
  function forget(other: string): void {
    peers.forget(other);
    backlog.forget(other);
  }
  function takeBatch(frames: ArrayBuffer, from: string, allowance: Allowance): void {
    const whole = readTabBatch(frames, (bytes, at, length) => {
      if (!allowance.take(length)) {
        counts.overRate++;
        return;
      }
      counts.received++;
      peers.seen(addressAt(bytes, at + 6), from);
      port?.send(bytes, at, length);
    });
    if (!whole) lie("a damaged batch of frames");
  }
  function frame(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean {
    if (!life.isUp()) {
      counts.notUp++;
      return false;
    }
    if (length < shortestFrame || length > longestFrame || !outgoing.take(length)) {
      counts.overRate++;
      return false;
    }
    if (backlog.isFull()) {
      counts.full++;
      return false;
    }
    if (!batch.add(bytes, at, length)) {
      flush();
      batch.add(bytes, at, length);
    }
    counts.sent++;
    if (!flushComes) {
      flushComes = true;
      options.soon(flush);
    }
    return true;
  }
  function tick(): void {
    life.happen({ kind: "time" });
    for (const gone of peers.tick()) backlog.forget(gone);
    if (life.isUp() && clock.now() - lastHello >= helloMicros) sayHello();
  }
  function close(): void {
    life.happen({ kind: "closed" });
    port = null;
  }
  function status(): string {
    if (!life.isUp()) return stateWords(life.state(), clock);
    const others = peers.counts().tabs;
    if (others === 0) return "Connected. No other tab is on this segment.";
    return others === 1 ? "Connected to another tab." : `Connected to ${others} other tabs.`;
  }

  return {
    frame,
    open(to) {
      port = to;
      life.happen({ kind: "asked" });
    },
    close,
    tick,
    tabOf: (bytes, at) => peers.tabOf(addressAt(bytes, at)),
    state: life.state,
    describe: () => ({
      name: segment,
      about: "Joins this page to the other tabs of this site on this computer, without a server.",
      exposes:
        "Every tab of this site on this computer sees what the guests send. Nothing leaves the computer.",
      status: status(),
      dropped: droppedWords([
        [counts.lies, "Messages of other tabs that made no sense, ignored"],
        [counts.overRate, "Frames that came faster than the segment carries, dropped"],
        [counts.full, "Frames of this host dropped because another tab read too slowly"],
      ]),
    }),
    inspect: () => ({
      kind: "tabLan",
      segment,
      state: life.state().kind,
      ...counts,
      ...peers.counts(),
      waiting: backlog.waiting(),
    }),
    [Symbol.dispose]: close,
  };
}

/** What another tab sent, checked; `null` when it is no message of ours. */
function readMessage(raw: unknown): TabMessage | null {
  if (typeof raw !== "object" || raw === null) return null;
  const found = raw as { readonly [K in keyof TabMessage]?: unknown };
  const { version: spoken, from, batch, total = 0, read = [], leaves = false } = found;
  if (spoken !== version) return null;
  if (typeof from !== "string" || from.length < 1 || from.length > longestId) return null;
  if (batch !== null && !(batch instanceof ArrayBuffer)) return null;
  if (typeof total !== "number" || !(total >= 0) || !Array.isArray(read) || read.length > mostReaders)
    return null;
  return { version, from, batch, total, read: read.filter(isReading), leaves: leaves === true };
}

function isReading(found: unknown): found is readonly [string, number] {
  return Array.isArray(found) && typeof found[0] === "string" && typeof found[1] === "number";
}

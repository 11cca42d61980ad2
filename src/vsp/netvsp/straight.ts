import { netLimits, PacketFilter, type PathTraffic, type QueueSetup } from "../../hvdef/index.ts";
import type { Channel } from "../../vmbus/index.ts";
import { readNote } from "./notes.ts";
import { payOwed } from "./receive.ts";
import { isLinkUp, type NetAdapter, type NetSession } from "./session.ts";

/** An opening of an adapter's channel, as its worker process knows it. */
export type NetOpening = Pick<QueueSetup, "channel" | "opening">;

/** What whoever hands out queues and paths wants to hear. */
export interface StraightEvents {
  /** `version` is another: what was opened with an earlier one is to be closed. Or there are parts to lend again. */
  changed(): void;
  /** What came out of a path into a queue of this adapter. */
  traffic(path: number, traffic: PathTraffic): void;
}

/** An adapter's part in frames that go past its provider. */
export interface NetStraight {
  /** Grows whenever the guest or its link changes in a way that queues and paths must know of. */
  readonly version: number;
  /** Where paths for the guest's frames may begin; `null`: they may not now. */
  source(): NetOpening | null;
  /**
   * Lends a queue half of the free parts of the receive buffer. They come back by the queue's notes, or with the end
   * of the buffer.
   *
   * @param queue  its number, of which there is never another
   * @returns `null`: the guest is not ready for a queue, or has no room for one
   */
  lend(queue: number): QueueSetup | null;
  watch(events: StraightEvents): void;
}

/** Parts of a queue at least. Reason: a large frame fills up to 40 of them. */
const fewestLent = 64;

/** What the provider tells of its changes. */
export interface StraightSide extends NetStraight {
  /** Something may have changed. */
  look(): void;
  noted(session: NetSession, payload: Uint8Array<ArrayBuffer>): void;
}

/** Opens an adapter's part in frames past the switch. */
export function openStraight(adapter: NetAdapter, live: () => NetSession | null): StraightSide {
  let events: StraightEvents | null = null;
  let version = 0;
  const seen: Seen = { session: null, state: null, negotiation: null, isUp: false };
  const isOpen = (): boolean => isLinkUp(adapter) && !adapter.held;

  return {
    get version() {
      return version;
    },
    look() {
      const session = live();
      const isUp = isOpen();
      if (!isNews(seen, session, isUp)) return;
      seen.session = session;
      seen.state = session?.state ?? null;
      seen.negotiation = session?.negotiation ?? null;
      seen.isUp = isUp;
      version++;
      events?.changed();
    },
    source() {
      const session = readySession(adapter, live());
      return session === null ? null : openingOf(session.channel);
    },
    lend(queue) {
      const session = readySession(adapter, live());
      return session === null ? null : lend(session, queue);
    },
    watch(wanted) {
      events = wanted;
    },
    noted(session, payload) {
      const note = readNote(payload);
      if (note?.kind === "traffic") events?.traffic(note.path, note.traffic);
      if (note?.kind !== "parts") return;
      takeBack(session, note.queue, note.parts);
      // There may be enough for a queue now.
      events?.changed();
    },
  };
}

/** What was there at the last look. States are replaced when they change, never written to. */
interface Seen {
  session: NetSession | null;
  state: NetSession["state"] | null;
  negotiation: NetSession["negotiation"] | null;
  isUp: boolean;
}

function isNews(seen: Seen, session: NetSession | null, isUp: boolean): boolean {
  if (seen.session !== session || seen.isUp !== isUp) return true;
  return session !== null && (seen.state !== session.state || seen.negotiation !== session.negotiation);
}

/** An opening whose guest sends and gets frames. */
function readySession(adapter: NetAdapter, session: NetSession | null): NetSession | null {
  if (session === null || !session.state.running || !isLinkUp(adapter) || adapter.held) return null;
  return session.parts === null ? null : session;
}

function openingOf({ id, opening }: Channel): NetOpening {
  return { channel: id, opening };
}

function lend(session: NetSession, queue: number): QueueSetup | null {
  const { parts, negotiation, state, adapter } = session;
  const listens = (state.filter & (PacketFilter.directed | PacketFilter.promiscuous)) !== 0;
  if (!listens || parts === null || negotiation.kind !== "agreed" || negotiation.receive === null)
    return null;
  const half = parts.free() >> 1;
  if (half < Math.max(fewestLent, netLimits.fewestParts)) return null;
  const lent = parts.lend(half);
  session.queues.set(queue, lent.length);
  return {
    queue,
    ...openingOf(session.channel),
    buffer: negotiation.receive.id,
    partBytes: session.partBytes,
    parts: Uint32Array.from(lent),
    mac: state.mac,
    multicast: state.multicast,
    filter: state.filter,
    offloads: adapter.facts.offloads,
    wholeIpv4: negotiation.coalesces && state.wholeIpv4,
    wholeIpv6: negotiation.coalesces && state.wholeIpv6,
  };
}

/** A queue gives parts back. Those of an earlier buffer are none of this one. */
function takeBack(session: NetSession, queue: number, parts: readonly number[]): void {
  const out = session.queues.get(queue);
  if (out === undefined || session.parts === null) return;
  let back = 0;
  for (const part of parts) if (session.parts.restore(part)) back++;
  if (back >= out) session.queues.delete(queue);
  else session.queues.set(queue, out - back);
  payOwed(session);
}

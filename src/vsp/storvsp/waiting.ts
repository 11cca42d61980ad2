import { storPacketBytes } from "../../hvdef/index.ts";
import { isSameUnit, type ScsiCommand, type ScsiUnit } from "../../storage/index.ts";
import type { ChannelRequest } from "../../vmbus/index.ts";

/** Requests held at most. Reason: more than Linux ever has outstanding on one ring (316). */
const countLimit = 512;

/** Bytes of guest data held at most. Reason: memory of the parent a single guest may bind this way. */
const byteLimit = 32 << 20;

/** A SCSI request on its way through the provider. */
export interface SrbWork {
  readonly request: ChannelRequest;
  readonly command: ScsiCommand;
  /** What was at its address when it came; `null` when nothing was. Nothing else may carry it out. */
  readonly unit: ScsiUnit | null;
}

/** One that is held, with copies of its bytes. */
export interface HeldWork extends SrbWork {
  readonly unit: ScsiUnit;
}

/**
 * Requests that cannot be answered yet: they wait for their range or a flush, or are stalled because the
 * store is full. Bounded: a request for which there is no room is answered BUSY, and the guest tries again.
 */
export interface Waiting {
  /** Copies a request and keeps it, or keeps on holding one; `null` when full. It is not stalled then. */
  hold(work: SrbWork, unit: ScsiUnit): HeldWork | null;
  /** The same for one that is stalled. */
  stall(work: SrbWork, unit: ScsiUnit): HeldWork | null;
  /** `false`: it was taken out, so its answer is no longer ours to give. */
  has(work: SrbWork): boolean;
  /** Takes a request out, if it is held. */
  take(work: SrbWork): void;
  /** Takes out all that `matches`, in order of arrival. */
  takeAll(matches: (held: HeldWork) => boolean): readonly HeldWork[];
  count(): number;
  /** What is stalled, in order of arrival. A copy. */
  stalled(): readonly HeldWork[];
  stalledCount(): number;
  /** Something is stalled on this unit: what comes now waits behind it. */
  stalledOn(unit: ScsiUnit | null): boolean;
}

interface Entry extends HeldWork {
  stalled: boolean;
}

/** An empty queue. */
export function openWaiting(): Waiting {
  const held = new Map<SrbWork, Entry>();
  let bytes = 0;
  let stalledCount = 0;

  function keep(work: SrbWork, unit: ScsiUnit, stalled: boolean): Entry | null {
    const entry = held.get(work) ?? enter(work, unit);
    if (entry === null) return null;
    if (entry.stalled !== stalled) stalledCount += stalled ? 1 : -1;
    entry.stalled = stalled;
    return entry;
  }

  function enter(work: SrbWork, unit: ScsiUnit): Entry | null {
    if (held.size >= countLimit || bytes + work.request.data.length > byteLimit) return null;
    const entry = { request: copyOf(work.request), command: work.command, unit, stalled: false };
    held.set(entry, entry);
    bytes += entry.request.data.length;
    return entry;
  }

  function take(work: SrbWork): void {
    const entry = held.get(work);
    if (entry === undefined) return;
    held.delete(work);
    bytes -= entry.request.data.length;
    if (entry.stalled) stalledCount--;
  }

  function takeAll(matches: (work: HeldWork) => boolean): readonly HeldWork[] {
    const taken = [...held.values()].filter(matches);
    for (const entry of taken) take(entry);
    return taken;
  }

  function stalled(): readonly Entry[] {
    return [...held.values()].filter((entry) => entry.stalled);
  }

  return {
    hold: (work, unit) => keep(work, unit, false),
    stall: (work, unit) => keep(work, unit, true),
    has: (work) => held.has(work),
    take,
    takeAll,
    count: () => held.size,
    stalled,
    stalledCount: () => stalledCount,
    stalledOn: (unit) =>
      stalledCount > 0 && unit !== null && stalled().some((entry) => isSameUnit(entry.unit, unit)),
  };
}

function copyOf(request: ChannelRequest): ChannelRequest {
  return {
    transactionId: request.transactionId,
    wantsCompletion: request.wantsCompletion,
    payload: request.payload.slice(0, storPacketBytes),
    data: request.data.slice(),
    dataRoom: request.dataRoom,
  };
}

import { storPacketBytes } from "../../hvdef/index.ts";
import type { ChannelRequest } from "../../vmbus/index.ts";

/** Requests held at most. Reason: more than Linux ever has outstanding on one ring (316). */
const countLimit = 512;

/** Bytes of guest data held at most. Reason: memory of the parent a single guest may bind this way. */
const byteLimit = 32 << 20;

/**
 * Requests whose range is still being fetched, with copies of their bytes. Bounded: a request for which
 * there is no room is answered BUSY, and the guest tries again.
 */
export interface Waiting {
  /** Copies a request and keeps it; `null` when full. */
  hold(request: ChannelRequest): ChannelRequest | null;
  /** Takes a held request out. `false`: it was taken before, so its answer is no longer ours to give. */
  take(held: ChannelRequest): boolean;
  /** Takes out all that `matches`, in order of arrival. */
  takeAll(matches: (held: ChannelRequest) => boolean): readonly ChannelRequest[];
  count(): number;
}

/** An empty queue. */
export function openWaiting(): Waiting {
  const held = new Set<ChannelRequest>();
  let bytes = 0;

  function hold(request: ChannelRequest): ChannelRequest | null {
    if (held.size >= countLimit || bytes + request.data.length > byteLimit) return null;
    const copy = {
      transactionId: request.transactionId,
      wantsCompletion: request.wantsCompletion,
      payload: request.payload.slice(0, storPacketBytes),
      data: request.data.slice(),
      dataRoom: request.dataRoom,
    };
    held.add(copy);
    bytes += copy.data.length;
    return copy;
  }

  function take(request: ChannelRequest): boolean {
    if (!held.delete(request)) return false;
    bytes -= request.data.length;
    return true;
  }

  function takeAll(matches: (request: ChannelRequest) => boolean): readonly ChannelRequest[] {
    const taken = [...held].filter(matches);
    for (const request of taken) take(request);
    return taken;
  }

  return { hold, take, takeAll, count: () => held.size };
}

import { type Carrier, LinkKind, LinkRecord, type PathTraffic, roundUp8 } from "../../hvdef/index.ts";
import { openLink } from "../link.ts";
import type { QueueChannel, QueueEntrance, QueuePlace, QueueProgram } from "../straight.ts";
import type { Arrival, Lane, RelayState, SettlingChannel } from "./lane.ts";
import { sendNote } from "./note.ts";
import { signalWritten } from "./outgoing.ts";
import { type GrowingTransfer, openQueueTransfer } from "./queue-transfer.ts";

const noTraffic: PathTraffic = { frames: 0, bytes: 0, lost: 0 };

/** Opens a queue of a lane. @returns `false` when there is no such opening */
export function openQueue(
  relay: RelayState,
  place: QueuePlace,
  start: (channel: QueueChannel) => QueueProgram,
): boolean {
  const lane = relay.lanes.get(place.channel);
  if (lane === undefined || lane.generation !== place.opening || relay.queues.has(place.queue)) return false;
  const channel = openChannel(relay, lane, (transactionId, lost) => program.taken(transactionId, lost));
  const program: QueueProgram = start(channel);
  relay.queues.set(place.queue, { lane, program, channel });
  return true;
}

/** Closes a queue with its paths. What the guest still holds of it comes to the program later. */
export function closeQueue(relay: RelayState, number: number): void {
  const queue = relay.queues.get(number);
  if (queue === undefined) return;
  for (const arrival of [...relay.arrivals.values()]) if (arrival.queue === queue) leave(relay, arrival);
  relay.queues.delete(number);
  queue.channel.settle();
  queue.program.report();
  queue.program.closed();
  signalWritten(relay);
}

/** Closes all queues of a lane. */
export function closeQueues(relay: RelayState, lane: Lane): void {
  for (const [number, queue] of [...relay.queues]) if (queue.lane === lane) closeQueue(relay, number);
}

/** Lets a path into a queue. @returns `false` when there is no such queue */
export function joinPath(relay: RelayState, end: QueueEntrance, carrier: Carrier): boolean {
  const queue = relay.queues.get(end.queue);
  if (queue === undefined || relay.arrivals.has(end.path)) {
    carrier[Symbol.dispose]();
    return false;
  }
  const link = openLink(carrier);
  relay.arrivals.set(end.path, { path: end.path, queue, link });
  queue.program.join(end.path, end.from, end.to);
  link.receive(relay.wake);
  return true;
}

/** Ends a path; what is under way on it is lost. */
export function leavePath(relay: RelayState, path: number): PathTraffic {
  const arrival = relay.arrivals.get(path);
  return arrival === undefined ? noTraffic : leave(relay, arrival);
}

function leave(relay: RelayState, { path, queue, link }: Arrival): PathTraffic {
  relay.arrivals.delete(path);
  link[Symbol.dispose]();
  return queue.program.leave(path);
}

/** Gives guests what came out of the paths. @returns whether there was anything */
export function deliverStraight(relay: RelayState): boolean {
  let any = false;
  for (const arrival of relay.arrivals.values()) if (takeArrived(relay, arrival)) any = true;
  if (!any) return false;
  for (const { channel } of relay.queues.values()) channel.settle();
  signalWritten(relay);
  return true;
}

function takeArrived(relay: RelayState, { path, queue, link }: Arrival): boolean {
  let taken = 0;
  const batches = link.read((record) => {
    if (record.kind !== LinkKind.straight || record.channel !== path) {
      relay.stale++;
      return;
    }
    const { bytes, dataAt, dataLength, transactionLow } = record;
    taken += LinkRecord.size + roundUp8(dataLength);
    queue.lane.counters.straight++;
    queue.program.arrived(path, bytes.subarray(dataAt, dataAt + dataLength), transactionLow);
  });
  if (batches === 0) return false;
  const { head } = relay;
  head.channel = path;
  head.kind = LinkKind.straightTaken;
  head.flags = 0;
  head.transactionLow = taken;
  head.transactionHigh = 0;
  head.payloadLength = 0;
  head.dataLength = 0;
  head.dataRoom = 0;
  link.reserve(head);
  link.commit(0);
  link.flush();
  return true;
}

function openChannel(relay: RelayState, lane: Lane, taken: QueueProgram["taken"]): SettlingChannel {
  let growing: GrowingTransfer | null = null;
  function settle(): void {
    const transfer = growing;
    growing = null;
    transfer?.settle();
  }
  return {
    settle,
    beginTransfer(buffer, transactionId, payload) {
      settle();
      const named = lane.buffers.get(buffer) ?? null;
      growing = openQueueTransfer(relay, {
        lane,
        named,
        buffer,
        transactionId,
        payload,
        written: () => void lane.queued.set(transactionId, taken),
        lost: () => taken(transactionId, true),
      });
      return growing;
    },
    note: (payload) => sendNote(relay, lane, payload),
  };
}

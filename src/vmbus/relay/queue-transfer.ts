import {
  PacketFlag,
  PacketType,
  TransferPages,
  TransferRange,
  transferBytes,
  transferPayload,
  transferRanges,
} from "../../hvdef/index.ts";
import type { AnyBytes } from "../../support/index.ts";
import type { Transfer } from "../channel.ts";
import { bufferOf, copyIn, isInside, placeOf } from "./buffer.ts";
import type { GuestBuffer } from "./guest-buffer.ts";
import type { Lane, RelayState } from "./lane.ts";
import { writeOrKeep } from "./outgoing.ts";

/** Marks transactions of queues among those of the parent, which have 31 bits. */
export const queueMark = 0x8000_0000;

/** What a transfer of a queue says. */
export interface QueueTransfer {
  readonly lane: Lane;
  /** The guest's buffer. Only this one: another of its name is not meant. */
  readonly named: GuestBuffer | null;
  readonly buffer: number;
  readonly transactionId: number;
  readonly payload: AnyBytes;
  /** The guest has it. */
  readonly written: () => void;
  /** It never got there. */
  readonly lost: () => void;
}

/** A transfer that grows where the guest's memory is. `settle` gives it to the guest, once. */
export interface GrowingTransfer extends Transfer {
  settle(): void;
}

/**
 * Begins a transfer whose ranges are written straight into guest memory, where a range lies in one piece there. Any
 * other is written beside it first.
 */
export function openQueueTransfer(relay: RelayState, start: QueueTransfer): GrowingTransfer {
  const { lane, payload } = start;
  if (payload.length > transferPayload) throw new RangeError("payload of a transfer too large");
  const header = new DataView(new ArrayBuffer(TransferPages.size + transferRanges * TransferRange.size));
  const message = payload.slice();
  let bytes = relay.beside;
  let beside: { readonly at: number; readonly length: number } | null = null;
  let ranges = 0;
  let used = 0;
  let settled = false;
  let sound = true;

  const bufferNow = () => {
    const found = bufferOf(relay, lane, start.buffer);
    return found === start.named ? found : null;
  };
  function moveIn(): void {
    const buffer = bufferNow();
    if (beside !== null && buffer !== null) {
      copyIn(relay.memory, buffer, { ...beside, source: relay.beside, from: 0 });
    }
    beside = null;
  }
  function settle(): void {
    if (settled) return;
    settled = true;
    moveIn();
    if (ranges === 0) return;
    if (!sound || lane.closed || bufferNow() === null || !write()) {
      start.lost();
      return;
    }
    lane.counters.bytesOut += used;
    start.written();
  }
  function write(): boolean {
    header.setUint32(TransferPages.at.set, start.buffer, true);
    header.setUint32(TransferPages.at.rangeCount, ranges, true);
    const { packet } = relay;
    packet.type = PacketType.transferPages;
    packet.flags = PacketFlag.completionRequested;
    packet.transactionLow = (start.transactionId | queueMark) >>> 0;
    packet.transactionHigh = 0;
    packet.header = new Uint8Array(header.buffer, 0, TransferPages.size + ranges * TransferRange.size);
    packet.payload = message;
    return writeOrKeep(relay, lane, false);
  }

  return {
    get bytes() {
      return bytes;
    },
    add(at, length) {
      if (settled || ranges === transferRanges || used + length > transferBytes) return -1;
      moveIn();
      const range = TransferPages.size + ranges * TransferRange.size;
      header.setUint32(range + TransferRange.at.byteCount, length, true);
      header.setUint32(range + TransferRange.at.byteOffset, at, true);
      ranges++;
      used += length;
      const buffer = bufferNow();
      const inside = buffer !== null && isInside(buffer, at, length);
      const place = inside ? placeOf(buffer, at, length) : -1;
      if (place >= 0) {
        bytes = relay.memory.bytes();
        relay.memory.wrote(place, length);
        return place;
      }
      bytes = relay.beside;
      if (inside) beside = { at, length };
      else sound = false;
      return 0;
    },
    settle,
  };
}

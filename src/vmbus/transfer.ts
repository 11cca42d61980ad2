import {
  LinkKind,
  LinkTransfer,
  roundUp8,
  TransferRange,
  transferBytes,
  transferPayload,
  transferRanges,
} from "../hvdef/index.ts";
import type { AnyBytes } from "../support/index.ts";
import type { Transfer } from "./channel.ts";
import type { Link, RecordHead } from "./link.ts";

/** What a transfer says before it has ranges. */
export interface TransferStart {
  readonly channel: number;
  readonly generation: number;
  readonly buffer: number;
  readonly transactionId: number;
  readonly payload: AnyBytes;
  /** Called when it takes no more ranges, if it has some: how many bytes it carries. */
  readonly settled: (dataLength: number) => void;
}

/** Begins a transfer in the outgoing batch. It grows until anything else uses the link. */
export function openTransfer(link: Link, head: RecordHead, start: TransferStart): Transfer {
  const { payload } = start;
  if (payload.length > transferPayload) throw new RangeError("payload of a transfer too large");
  const rangesOffset = LinkTransfer.size + roundUp8(payload.length);
  head.channel = start.channel;
  head.kind = LinkKind.transfer;
  head.flags = 0;
  head.transactionLow = start.transactionId;
  head.transactionHigh = 0;
  head.payloadLength = rangesOffset + transferRanges * TransferRange.size;
  head.dataLength = transferBytes;
  head.dataRoom = start.generation;
  const { bytes, payloadAt, dataAt } = link.reserveGrowing(head, settle);
  const view = new DataView(bytes.buffer);
  const packetLength = payload.length;
  LinkTransfer.write(view, payloadAt, { buffer: start.buffer, rangeCount: 0, packetLength, reserved: 0 });
  bytes.set(payload, payloadAt + LinkTransfer.size);
  let ranges = 0;
  let used = 0;
  let settled = false;

  function settle(): void {
    settled = true;
    if (ranges === 0) return;
    link.commit(used);
    start.settled(used);
  }
  return {
    bytes,
    add(offset, length) {
      if (settled || ranges === transferRanges || used + roundUp8(length) > transferBytes) return -1;
      const range = payloadAt + rangesOffset + ranges * TransferRange.size;
      view.setUint32(range + TransferRange.at.byteCount, length, true);
      view.setUint32(range + TransferRange.at.byteOffset, offset, true);
      ranges++;
      view.setUint32(payloadAt + LinkTransfer.at.rangeCount, ranges, true);
      const at = dataAt + used;
      used += roundUp8(length);
      return at;
    },
  };
}

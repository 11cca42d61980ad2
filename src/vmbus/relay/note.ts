import { LinkKind } from "../../hvdef/index.ts";
import type { Lane, RelayState } from "./lane.ts";

/** Word to the owner of a lane's channel; it leaves with the next batch. Of a closed lane nothing is said. */
export function sendNote(relay: RelayState, lane: Lane, payload: Uint8Array): void {
  if (lane.closed) return;
  const { head, link } = relay;
  head.channel = lane.channel;
  head.kind = LinkKind.note;
  head.flags = 0;
  head.transactionLow = 0;
  head.transactionHigh = 0;
  head.payloadLength = payload.length;
  head.dataLength = 0;
  head.dataRoom = lane.generation;
  const place = link.reserve(head);
  place.bytes.set(payload, place.payloadAt);
  link.commit(0);
}

import { SrbDirection, StorOperation, StorSrbPacket, storPacketBytes } from "../../hvdef/index.ts";

/** Where a packet's pages stand: read by the host, written by it, or not at all. */
export type DataDirection = "toHost" | "toGuest" | "none";

/** Gather rule of storvsc: the direction is written in each SCSI request. */
export function gatherStorvsc(payload: Uint8Array): DataDirection {
  if (payload.length < storPacketBytes || payload[0] !== StorOperation.executeSrb) return "none";
  switch (payload[StorSrbPacket.at.direction]) {
    case SrbDirection.write:
      return "toHost";
    case SrbDirection.read:
      return "toGuest";
    default:
      return "none";
  }
}

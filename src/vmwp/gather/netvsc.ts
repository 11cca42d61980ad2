import { NvspBuffer, NvspMessage, NvspRndis, netSendBuffer, nvspNoSection } from "../../hvdef/index.ts";
import type { GatherPlan } from "../../vmbus/index.ts";
import type { DataDirection } from "./storvsc.ts";

/**
 * Gather rule of netvsc. An RNDIS message lies in a section of the send buffer, in the packet's pages, or in both
 * in this order. Of a buffer that the guest announces, the parent must know the size to divide it.
 */
export function gatherNetvsc(payload: Uint8Array<ArrayBuffer>, plan: GatherPlan): DataDirection {
  if (payload.length < NvspRndis.at.reserved) return "none";
  switch (word(payload, NvspRndis.at.type)) {
    case NvspMessage.rndisPacket: {
      const section = word(payload, NvspRndis.at.section);
      if (section === nvspNoSection) return "toHost";
      plan.buffer = netSendBuffer;
      plan.section = section;
      plan.length = word(payload, NvspRndis.at.sectionLength);
      return "toHost";
    }
    case NvspMessage.receiveBuffer:
    case NvspMessage.sendBuffer:
      plan.list = word(payload, NvspBuffer.at.gpadl);
      return "none";
    default:
      return "none";
  }
}

function word(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return (low | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}

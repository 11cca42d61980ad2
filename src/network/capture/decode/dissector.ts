import { openTcpConversations } from "./conversations.ts";
import { openDissection } from "./dissection.ts";
import { decodeEthernet } from "./ethernet.ts";
import type { DecodedFrame } from "./frame.ts";

/** A frame to be put into words. */
export interface FrameToDecode {
  /** The captured bytes; borrowed for the call. */
  readonly bytes: Uint8Array;
  /** Bytes it had on the wire. */
  readonly length: number;
  /** Name of the port it was seen at. */
  readonly port: string;
}

/**
 * Puts frames into words, one after the other in the order in which they were captured: TCP's numbers count from
 * the start of each conversation, so a dissector remembers conversations, a bounded number of them.
 */
export interface Dissector {
  /** Takes any bytes. Never throws; work is bounded by the frame's length. */
  decode(frame: FrameToDecode): DecodedFrame;
}

/** Opens a dissector that has seen nothing yet. */
export function openDissector(): Dissector {
  const conversations = openTcpConversations();
  return {
    decode({ bytes, length, port }) {
      const frame = openDissection(bytes, conversations);
      decodeEthernet(frame, { at: 0, end: Math.max(bytes.length, length) });
      const { ethSource, ethTarget, ipSource, ipTarget } = frame;
      return {
        protocol: frame.protocol,
        source: ipSource ?? ethSource ?? "",
        target: ipTarget ?? ethTarget ?? "",
        summary: frame.summary,
        layers: frame.layers,
        malformed: frame.malformed,
        cut: frame.cut,
        facts: {
          protocols: frame.protocols,
          vlanIds: frame.vlanIds,
          tcpPorts: frame.tcpPorts,
          udpPorts: frame.udpPorts,
          port,
          ...(ethSource === undefined ? {} : { ethSource }),
          ...(ethTarget === undefined ? {} : { ethTarget }),
          ...(ipSource === undefined ? {} : { ipSource }),
          ...(ipTarget === undefined ? {} : { ipTarget }),
        },
      };
    },
  };
}

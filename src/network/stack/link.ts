import type { InspectNode, OwnBytes } from "../../support/index.ts";
import {
  destinationOffset,
  etherType,
  headerBytes,
  putWire16,
  sourceOffset,
  tagBytes,
  typeOffset,
  wire16,
} from "../frame/index.ts";
import type { FrameSink, SwitchPort } from "../port.ts";
import { isGroupMac, macOfAll, putWireMac, wireMac } from "./mac.ts";

/**
 * Frames kept while one of ours is on its way. Only a neighbour on this thread answers that fast, and one burst of
 * TCP stays below it.
 */
const inboxFrames = 64;

/** How a frame came in. */
export interface Arrival {
  readonly type: number;
  /** MAC address of the sender. */
  readonly from: number;
  /** Whether the frame was for us alone. */
  readonly direct: boolean;
}

/** Takes the payload of a frame; the bytes are valid during the call only. */
export type ArrivalHandler = (
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  length: number,
  arrival: Arrival,
) => void;

/** Our end of the wire: Ethernet headers, and frames in an order that no handler can upset. */
export interface Link extends Disposable {
  readonly mac: number;
  /** The frame that goes out next. Its payload is written at `headerBytes`, then `send` is called. */
  readonly out: OwnBytes;
  /** Sends `length` bytes of payload of `out`. No handler runs during the call. */
  send(to: number, type: number, length: number): void;
  /** Hands on what came in during a `send`. */
  settle(): void;
  inspect(): InspectNode;
}

/** A plug for a port and what its holder receives. */
export interface LinkOptions {
  /** Connects a sink to a port, which from then on belongs to the link. */
  plug(sink: FrameSink): SwitchPort;
  readonly mac: number;
  /** Longest payload of a frame. */
  readonly mtu: number;
  readonly receive: ArrivalHandler;
}

/** Plugs in. */
export function openLink(options: LinkOptions): Link {
  const { mac, mtu } = options;
  const out = new Uint8Array(headerBytes + mtu);
  const longest = headerBytes + tagBytes + mtu;
  const counters = {
    framesIn: 0,
    framesOut: 0,
    malformed: 0,
    tagged: 0,
    notForUs: 0,
    duplicateMac: 0,
    inboxFull: 0,
  };
  const arrival = { type: 0, from: 0, direct: false };
  const inbox = openInbox(longest);
  let sending = false;
  let port: SwitchPort | null = null;

  function receive(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void {
    counters.framesIn++;
    arrival.from = wireMac(bytes, at + sourceOffset);
    const target = wireMac(bytes, at + destinationOffset);
    arrival.direct = target === mac;
    arrival.type = wire16(bytes, at + typeOffset);
    let header: number = headerBytes;
    if (arrival.type === etherType.vlan) {
      // A priority tag names no VLAN and is allowed on an untagged port; any other was not meant for us.
      const tag = wire16(bytes, at + headerBytes);
      if (length < header + tagBytes || (tag & 0xfff) !== 0) {
        counters.tagged++;
        return;
      }
      arrival.type = wire16(bytes, at + headerBytes + 2);
      header += tagBytes;
    }
    if (arrival.from === mac) counters.duplicateMac++;
    else if (isGroupMac(arrival.from)) counters.malformed++;
    else if (!arrival.direct && target !== macOfAll) counters.notForUs++;
    else options.receive(bytes, at + header, length - header, arrival);
  }

  function settle(): void {
    // Bounded: what comes in answer to these waits for the next turn.
    for (let left = inboxFrames; left > 0 && !sending && port !== null; left--) {
      if (!inbox.take(receive)) return;
    }
  }

  function frame(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean {
    if (port === null) return false;
    if (length < headerBytes || length > longest || at < 0 || at + length > bytes.length) {
      counters.malformed++;
      return true;
    }
    if (!sending && inbox.isEmpty()) {
      receive(bytes, at, length);
      return true;
    }
    if (!inbox.put(bytes, at, length)) {
      counters.inboxFull++;
      return false;
    }
    return true;
  }

  port = options.plug({ frame });

  return {
    mac,
    out,
    settle,
    send(to, type, length) {
      if (port === null) return;
      putWireMac(out, destinationOffset, to);
      putWireMac(out, sourceOffset, mac);
      putWire16(out, typeOffset, type);
      counters.framesOut++;
      sending = true;
      try {
        port.send(out, 0, headerBytes + length);
      } finally {
        sending = false;
      }
      if (!inbox.isEmpty()) inbox.later(settle);
    },
    inspect: () => ({ ...counters }),
    [Symbol.dispose]() {
      const unplugged = port;
      port = null;
      unplugged?.[Symbol.dispose]();
    },
  };
}

/** A ring of frames, whose buffers are made when first needed and then kept. */
function openInbox(longest: number) {
  const slots: { readonly bytes: OwnBytes; length: number }[] = [];
  let first = 0;
  let count = 0;
  let promised = false;
  return {
    isEmpty: () => count === 0,
    put(bytes: Uint8Array, at: number, length: number): boolean {
      if (count === inboxFrames) return false;
      const place = (first + count) % inboxFrames;
      const slot = slots[place] ?? { bytes: new Uint8Array(longest), length: 0 };
      slots[place] = slot;
      slot.bytes.set(bytes.subarray(at, at + length));
      slot.length = length;
      count++;
      return true;
    },
    take(receive: (bytes: OwnBytes, at: number, length: number) => void): boolean {
      const slot = slots[first];
      if (count === 0 || slot === undefined) return false;
      // The place is free only afterwards: a frame that comes meanwhile must not overwrite this one.
      receive(slot.bytes, 0, slot.length);
      first = (first + 1) % inboxFrames;
      count--;
      return true;
    },
    /** Runs `settle` once the code that sent has come to its end; one promise for a whole burst. */
    later(settle: () => void): void {
      if (promised) return;
      promised = true;
      void Promise.resolve().then(() => {
        promised = false;
        settle();
      });
    },
  };
}

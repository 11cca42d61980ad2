import { bufferMemory, type GuestCalls, type GuestMemory, type SynicPort } from "../../src/hvdef/index.ts";

/** A control message as it reached the guest. */
export interface SeenMessage {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** A packet as it reached the guest. */
export interface SeenPacket {
  readonly type: number;
  readonly flags: number;
  readonly transaction: bigint;
  /** Between descriptor and payload. */
  readonly header: Uint8Array<ArrayBuffer>;
  readonly payload: Uint8Array;
  readonly trailer: readonly [number, number];
  readonly start: number;
}

/** RAM and a SynIC that only remembers: what a scripted guest lives in. */
export interface FakeGuest {
  readonly memory: GuestMemory;
  readonly synic: SynicPort;
  readonly messages: SeenMessage[];
  readonly events: number[];
  /** Ranges the host said it wrote. */
  readonly wrote: (readonly [number, number])[];
  /** Takes all messages seen so far. */
  take(): SeenMessage[];
  /** Types of the messages seen so far, which are taken. */
  takeTypes(): number[];
}

/** Makes a guest with that many pages of RAM. */
export function openFakeGuest(pages = 1024): FakeGuest {
  const plain = bufferMemory(pages * 4096);
  const messages: SeenMessage[] = [];
  const events: number[] = [];
  const wrote: (readonly [number, number])[] = [];
  const memory: GuestMemory = { ...plain, wrote: (at, length) => void wrote.push([at, length]) };
  function take(): SeenMessage[] {
    return messages.splice(0);
  }
  return {
    memory,
    messages,
    events,
    wrote,
    synic: {
      postMessage(sint, type, payload) {
        if (sint !== 2 || type !== 1) throw new Error(`message to SINT ${sint} of type ${type}`);
        const bytes = payload.slice();
        messages.push({ type: new DataView(bytes.buffer).getUint32(0, true), bytes });
      },
      signalEvent(sint, flag) {
        if (sint !== 2) throw new Error(`event to SINT ${sint}`);
        events.push(flag);
      },
      discardMessages() {},
    },
    take,
    takeTypes: () => take().map((message) => message.type),
  };
}

/** A control message from 32-bit words; the header's padding is word 1. */
export function words(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(values.length * 4);
  const view = new DataView(out.buffer);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true);
  return out;
}

/** Joins byte strings. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Bytes from hexadecimal text; spaces mean nothing. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/\s+/g, "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
  );
}

/** Page numbers as the wire has them, 8 bytes each. */
export function pfnBytes(pages: readonly number[]): Uint8Array<ArrayBuffer> {
  return words(...pages.flatMap((page) => [page, 0]));
}

/** Control messages a guest posts. */
export const say = {
  contact: (version: number, interruptPage = 0) =>
    words(14, 0, version, 0, interruptPage, 0, 0x1000, 0, 0x2000, 0),
  requestOffers: () => words(3, 0),
  unload: () => words(16, 0),
  open: (channel: number, gpadl: number, downstreamPage: number) =>
    joinBytes(words(5, 0, channel, channel, gpadl, 0, downstreamPage), new Uint8Array(120)),
  close: (channel: number) => words(7, 0, channel),
  teardown: (channel: number, gpadl: number) => words(11, 0, channel, gpadl),
  released: (channel: number) => words(13, 0, channel),
  modify: (channel: number, vp: number) => words(22, 0, channel, vp),
  /** All messages of one page list, cut as Linux cuts them: 26 pages, then 28 each. */
  gpadl(channel: number, gpadl: number, pages: readonly number[]): Uint8Array<ArrayBuffer>[] {
    const rangeBytes = 8 + 8 * pages.length;
    const head = words(8, 0, channel, gpadl, rangeBytes | (1 << 16), pages.length * 4096, 0);
    const out = [joinBytes(head, pfnBytes(pages.slice(0, 26)))];
    for (let at = 26; at < pages.length; at += 28) {
      out.push(joinBytes(words(9, 0, 0, gpadl), pfnBytes(pages.slice(at, at + 28))));
    }
    return out;
  },
};

/** Posts messages as a guest does. @returns the statuses */
export function postAll(calls: GuestCalls, messages: readonly Uint8Array<ArrayBuffer>[]): number[] {
  return messages.map((message) => calls.postMessage(4, 1, message));
}

/** The guest's end of one ring, written byte by byte and without any of the host's code. */
export interface GuestRing {
  readonly size: number;
  index(field: "write" | "read" | "mask" | "pending" | "features"): number;
  setIndex(field: "write" | "read" | "mask" | "pending" | "features", value: number): void;
  /** Writes one packet. @returns whether Linux would ring the doorbell; `null` when there is no room */
  put(packet: GuestPacket): boolean | null;
  /** Takes every packet that waits. */
  takeAll(): SeenPacket[];
  /** Takes at most this many. */
  takeSome(limit: number): SeenPacket[];
  free(): number;
}

/** A packet of the guest. `header`: what comes between descriptor and payload. */
export interface GuestPacket {
  readonly type: number;
  readonly flags: number;
  readonly transaction: bigint;
  readonly header?: Uint8Array;
  readonly payload: Uint8Array;
}

const fields = { write: 0, read: 4, mask: 8, pending: 12, features: 64 } as const;

/** Opens the guest's end over these pages, control page first. */
export function openGuestRing(memory: GuestMemory, pages: readonly number[]): GuestRing {
  const size = (pages.length - 1) * 4096;
  const control = (pages[0] ?? 0) * 4096;
  const address = (at: number) => (pages[1 + Math.floor((at % size) / 4096)] ?? 0) * 4096 + (at % 4096);
  const index: GuestRing["index"] = (field) => memory.view().getUint32(control + fields[field], true);
  const setIndex: GuestRing["setIndex"] = (field, value) =>
    memory.view().setUint32(control + fields[field], value, true);
  const poke = (at: number, bytes: Uint8Array) => {
    for (const [i, byte] of bytes.entries()) memory.bytes()[address(at + i)] = byte;
  };
  const peek = (at: number, length: number) =>
    Uint8Array.from({ length }, (_, i) => memory.bytes()[address(at + i)] ?? 0);
  const free = () => {
    const write = index("write");
    const read = index("read");
    return write >= read ? size - (write - read) : read - write;
  };

  function put(packet: GuestPacket): boolean | null {
    const bytes = packetBytes(packet);
    const start = index("write");
    if (free() <= bytes.length + 8) return null;
    poke(start, bytes);
    poke(start + bytes.length, words(0, start));
    const wasEmpty = start === index("read");
    setIndex("write", (start + bytes.length + 8) % size);
    return wasEmpty && index("mask") === 0;
  }

  function takeSome(limit: number): SeenPacket[] {
    const out: SeenPacket[] = [];
    while (out.length < limit && index("read") !== index("write")) {
      const start = index("read");
      const view = new DataView(peek(start, 16).buffer);
      const length = view.getUint16(4, true) * 8;
      const header = view.getUint16(2, true) * 8;
      const trailer = new DataView(peek(start + length, 8).buffer);
      out.push({
        type: view.getUint16(0, true),
        flags: view.getUint16(6, true),
        transaction: view.getBigUint64(8, true),
        header: peek(start + 16, header - 16),
        payload: peek(start + header, length - header),
        trailer: [trailer.getUint32(0, true), trailer.getUint32(4, true)],
        start,
      });
      setIndex("read", (start + length + 8) % size);
    }
    return out;
  }
  return { size, index, setIndex, put, takeAll: () => takeSome(Number.POSITIVE_INFINITY), takeSome, free };
}

/** The packet without its trailer, padded to 8. */
export function packetBytes(packet: GuestPacket): Uint8Array<ArrayBuffer> {
  const header = packet.header ?? new Uint8Array(0);
  const length = Math.ceil((16 + header.length + packet.payload.length) / 8);
  const out = new Uint8Array(length * 8);
  const view = new DataView(out.buffer);
  view.setUint16(0, packet.type, true);
  view.setUint16(2, (16 + header.length) / 8, true);
  view.setUint16(4, length, true);
  view.setUint16(6, packet.flags, true);
  view.setBigUint64(8, packet.transaction, true);
  out.set(header, 16);
  out.set(packet.payload, 16 + header.length);
  return out;
}

/** Extended header of a GPA direct packet. */
export function gpaDirect(
  ...ranges: readonly { readonly bytes: number; readonly offset: number; readonly pages: readonly number[] }[]
): Uint8Array<ArrayBuffer> {
  const parts = ranges.map((range) => joinBytes(words(range.bytes, range.offset), pfnBytes(range.pages)));
  return joinBytes(words(0, ranges.length), ...parts);
}

/** Numbers of the blocks we write. @pcapng block types */
const BlockType = { section: 0x0a0d0d0a, description: 1, enhanced: 6, statistics: 5 } as const;
/** Tells the byte order: readers see it turned round when theirs is the other. @pcapng section header block */
const byteOrderMagic = 0x1a2b3c4d;
/** Length of a section that is not known when its header is written. */
const unknownLength = 0xffffffffffffffffn;
/** @pcapng link types: Ethernet, from the destination address to the payload */
const linkEthernet = 1;

/** Codes of options, by block. @pcapng options */
const Option = {
  end: 0,
  comment: 1,
  userApplication: 4,
  ifName: 2,
  ifDescription: 3,
  ifResolution: 9,
  ifFcsLength: 13,
  packetFlags: 2,
  startTime: 2,
  endTime: 3,
  received: 4,
  dropped: 5,
  accepted: 6,
} as const;

/** An option as bytes without padding. */
interface OptionBytes {
  readonly code: number;
  readonly value: Uint8Array;
}

/** Most characters of a text option. */
const textLimit = 1000;
const blockFrame = 12;
const optionHead = 4;

function padded(length: number): number {
  return (length + 3) & ~3;
}

function textOption(code: number, text: string | undefined): OptionBytes[] {
  if (text === undefined || text === "") return [];
  return [{ code, value: new TextEncoder().encode([...text].slice(0, textLimit).join("")) }];
}

function u64Option(code: number, value: number): OptionBytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return { code, value: bytes };
}

/** Times go high half first, whatever the byte order. @pcapng enhanced packet block */
function timeOption(code: number, at: number): OptionBytes {
  const bytes = new Uint8Array(8);
  writeTime(new DataView(bytes.buffer), 0, at);
  return { code, value: bytes };
}

function writeTime(view: DataView, at: number, time: number): void {
  view.setUint32(at, Math.floor(time / 2 ** 32), true);
  view.setUint32(at + 4, time >>> 0, true);
}

/** A block: type, length, `fixed` bytes for the caller, data, options, length again. */
function block(
  type: number,
  fixed: number,
  rest: { readonly packet?: Uint8Array; readonly options: readonly OptionBytes[] },
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly view: DataView } {
  const { packet = new Uint8Array(0), options } = rest;
  const optionBytes = options.reduce((sum, option) => sum + optionHead + padded(option.value.length), 0);
  const end = options.length === 0 ? 0 : optionHead;
  const bytes = new Uint8Array(blockFrame + fixed + padded(packet.length) + optionBytes + end);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, bytes.length, true);
  view.setUint32(bytes.length - 4, bytes.length, true);
  bytes.set(packet, 8 + fixed);
  let at = 8 + fixed + padded(packet.length);
  for (const { code, value } of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    bytes.set(value, at + optionHead);
    at += optionHead + padded(value.length);
  }
  return { bytes, view };
}

/** Opens a file. @pcapng section header block */
export function sectionHeader(words: {
  readonly application: string;
  readonly comment?: string;
}): Uint8Array<ArrayBuffer> {
  const options = [
    ...textOption(Option.userApplication, words.application),
    ...textOption(Option.comment, words.comment),
  ];
  const { bytes, view } = block(BlockType.section, 16, { options });
  view.setUint32(8, byteOrderMagic, true);
  view.setUint16(12, 1, true);
  view.setUint16(14, 0, true);
  view.setBigUint64(16, unknownLength, true);
  return bytes;
}

/** What is said of one interface: a port of the switch. */
export interface InterfaceWords {
  readonly name: string;
  readonly description?: string;
  readonly comment?: string;
  /** Most bytes kept of a frame. */
  readonly snapLength: number;
}

/** Names a port. Times are in microseconds, and no frame has a check sequence. @pcapng interface description block */
export function interfaceDescription(words: InterfaceWords): Uint8Array<ArrayBuffer> {
  const options = [
    ...textOption(Option.ifName, words.name),
    ...textOption(Option.ifDescription, words.description),
    { code: Option.ifResolution, value: Uint8Array.of(6) },
    { code: Option.ifFcsLength, value: Uint8Array.of(0) },
    ...textOption(Option.comment, words.comment),
  ];
  const { bytes, view } = block(BlockType.description, 8, { options });
  view.setUint16(8, linkEthernet, true);
  view.setUint32(12, words.snapLength, true);
  return bytes;
}

/** A frame as its block wants it. */
export interface PacketWords {
  /** Place of its interface among the descriptions, from 0. */
  readonly interfaceId: number;
  /** Microseconds since 1970. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Bytes on the wire. */
  readonly length: number;
  readonly direction: "in" | "out";
}

/** Direction and kind of receiver. Inbound is into the switch. @pcapng enhanced packet block flags word */
function packetFlags({ direction, bytes }: PacketWords): number {
  const way = direction === "in" ? 1 : 2;
  const broadcast = bytes.length >= 6 && bytes.subarray(0, 6).every((byte) => byte === 0xff);
  const receiver = broadcast ? 3 : ((bytes[0] ?? 0) & 1) === 1 ? 2 : 1;
  return way | (receiver << 2);
}

/** One frame. @pcapng enhanced packet block */
export function enhancedPacket(words: PacketWords): Uint8Array<ArrayBuffer> {
  const flags = new Uint8Array(4);
  new DataView(flags.buffer).setUint32(0, packetFlags(words), true);
  const options = [{ code: Option.packetFlags, value: flags }];
  const { bytes, view } = block(BlockType.enhanced, 20, { packet: words.bytes, options });
  view.setUint32(8, words.interfaceId, true);
  writeTime(view, 12, words.at);
  view.setUint32(20, words.bytes.length, true);
  view.setUint32(24, words.length, true);
  return bytes;
}

/** What became of the frames of one interface. */
export interface InterfaceCounts {
  readonly interfaceId: number;
  /** Microseconds since 1970. */
  readonly started: number;
  readonly ended: number;
  readonly received: number;
  /** Received, and given up for want of memory before they could be written. */
  readonly dropped: number;
  /** Written to the file. */
  readonly accepted: number;
}

/** The counts of a port. @pcapng interface statistics block */
export function interfaceStatistics(counts: InterfaceCounts): Uint8Array<ArrayBuffer> {
  const options = [
    timeOption(Option.startTime, counts.started),
    timeOption(Option.endTime, counts.ended),
    u64Option(Option.received, counts.received),
    u64Option(Option.dropped, counts.dropped),
    u64Option(Option.accepted, counts.accepted),
  ];
  const { bytes, view } = block(BlockType.statistics, 12, { options });
  view.setUint32(8, counts.interfaceId, true);
  writeTime(view, 12, counts.ended);
  return bytes;
}

import { type Infer, layout, raw, u8, u16, u32, u64 } from "../support/index.ts";
import { pageSize } from "./ids.ts";

/** Bytes of the control page in front of each ring's data. */
export const ringControlBytes = pageSize;

/** Start of a ring's control page; the rest of the page means nothing to us. @vmbus 7.1 */
export const RingControl = layout("RingControl", "le", 68, {
  writeIndex: u32, // by the producer: byte offset into the data area, a multiple of 8
  readIndex: u32, // by the consumer, same unit
  interruptMask: u32, // by the consumer: not 0 asks not to be signalled
  pendingSendSize: u32, // by the producer: signal me when more bytes than this are free; 0 for never
  reserved: raw(48), // may be garbage
  featureBits: u32, // bit 0: pendingSendSize is understood
});
export type RingControl = Infer<typeof RingControl>;

/** Header of every ring packet. Lengths and offsets are in units of 8 bytes. @vmbus 7.2 */
export const PacketDescriptor = layout("PacketDescriptor", "le", 16, {
  type: u16, // PacketType
  offset8: u16, // start of the payload, from the start of the descriptor
  length8: u16, // whole packet without its trailer
  flags: u16, // PacketFlag
  transactionId: u64, // chosen by the sender, echoed in the completion
});
export type PacketDescriptor = Infer<typeof PacketDescriptor>;

/** Ends every packet, after the padding. @vmbus 7.2 */
export const PacketTrailer = layout("PacketTrailer", "le", 8, {
  reserved: u32, // 0
  start: u32, // byte offset at which this packet started
});
export type PacketTrailer = Infer<typeof PacketTrailer>;

/** Follows the descriptor of a GPA direct packet; the ranges come after it. @vmbus 7.2 */
export const GpaDirect = layout("GpaDirect", "le", 8, {
  reserved: u32, // may be garbage
  rangeCount: u32,
});
export type GpaDirect = Infer<typeof GpaDirect>;

/**
 * One run of guest bytes: in GPA direct packets and in GPADLs. Followed by
 * ceil((byteOffset + byteCount) / 4096) page numbers of 8 bytes. @vmbus 5 @vmbus 7.2
 */
export const GpaRange = layout("GpaRange", "le", 8, {
  byteCount: u32,
  byteOffset: u32, // of the first byte, from the start of the first page
});
export type GpaRange = Infer<typeof GpaRange>;

/** Follows the descriptor of a transfer page packet; the ranges come after it. @vmbus 7.2 */
export const TransferPages = layout("TransferPages", "le", 8, {
  set: u16, // name of the buffer, which the guest has chosen
  ownsSet: u8, // 0
  reserved: u8, // 0
  rangeCount: u32,
});
export type TransferPages = Infer<typeof TransferPages>;

/** One run of bytes in the set's buffer. @vmbus 7.2 */
export const TransferRange = layout("TransferRange", "le", 8, {
  byteCount: u32,
  byteOffset: u32,
});
export type TransferRange = Infer<typeof TransferRange>;

/** Packet types. Open: the wire may carry others. @vmbus 7.2 */
export const PacketType = {
  inBand: 6,
  transferPages: 7,
  gpaDirect: 9,
  completion: 0xb,
} as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** Bits of a descriptor's `flags`. */
export const PacketFlag = { completionRequested: 1 } as const;

/** Bytes that every packet takes besides its payload: descriptor and trailer. */
export const packetOverhead = PacketDescriptor.size + PacketTrailer.size;

/** Rounds up to the 8 bytes on which packets and link records start. */
export function roundUp8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

import { type Infer, layout, u16, u32, u64 } from "../support/index.ts";

/**
 * Records of the link between a child's relay and the parent's channel ends. A batch is records back to
 * back; every record starts on a multiple of 8 bytes and is `length` bytes long with its padding.
 *
 * ```
 * +--------+---------+--------------------+-----------------+
 * | header | payload | pad to 8           | data | pad to 8 |
 * +--------+---------+--------------------+-----------------+
 *   32 B     payloadLength                  dataLength
 * ```
 *
 * A request carries in `data` the guest bytes that flow to the host (gathered by the relay), a
 * completion the bytes that flow to the guest (scattered by the relay).
 */
export const LinkRecord = layout("LinkRecord", "le", 32, {
  length: u32, // whole record with padding, a multiple of 8
  channel: u32, // ChannelId, or an internal channel
  kind: u16, // LinkKind
  flags: u16, // LinkFlag
  payloadLength: u32,
  transactionId: u64, // chosen by the guest, echoed in the completion
  dataLength: u32, // bytes of data in this record
  // request: bytes the guest's page list describes; opened: number of this opening of the channel, which
  // every record to the guest repeats here, so that an answer to an earlier opening is recognised
  dataRoom: u32,
});
export type LinkRecord = Infer<typeof LinkRecord>;

/** What a record says. Child to parent 1–15, parent to child 16–31, child to child 32–47. */
export const LinkKind = {
  /** The guest opened the channel. Payload: {@link LinkOpen}, then 120 bytes of user data. */
  opened: 1,
  /** The guest closed the channel, unloaded, or was reset. No payload. Nothing of the channel follows. */
  closed: 2,
  /** A packet of the guest. Payload as in the ring. */
  request: 3,
  /**
   * The guest is done with a `transfer`; the same transaction. Payload: its completion packet's. With
   * {@link LinkFlag}`.lost` the relay could not bring it to the guest; no payload then.
   */
  taken: 4,
  /** What the program of a queue, or a device beside the guest, tells the channel's owner. Payload: theirs. */
  note: 5,
  /**
   * Packets of `send` that are in the guest's ring since the last one, of sockets only. Low half of
   * `transactionId`: how many; high half: the sum of their `payloadLength`. `dataRoom` is the number of the opening.
   */
  sent: 6,
  /** A frame of an emulated network adapter, in `data`; `dataRoom` is the number of the opening. Nothing answers. */
  frameOut: 8,
  /** Bytes of the parent's frames that were taken or lost since the last one: `transactionId`, low half. */
  frameInTaken: 9,
  /** A packet of the host that is no answer; to the guest's ring as in-band data. Internal channels: a message. */
  send: 16,
  /** The answer to one request; to the guest's ring as a completion packet. */
  complete: 17,
  /**
   * Requests without a completion were taken. Low half of `transactionId`: how many; high half: the sum of
   * their `payloadLength` and `dataRoom`. The relay holds back a channel whose parent is behind.
   */
  credit: 18,
  /** Names a buffer in guest memory, or takes the name back. Payload: {@link LinkBuffer}. No answer. */
  buffer: 19,
  /**
   * A packet of the host whose data goes to a named buffer; to the guest's ring as a transfer page packet that
   * asks for a completion. Payload: {@link LinkTransfer}. Data: the ranges' bytes, each range on a multiple of 8.
   */
  transfer: 20,
  /** What a channel's owner tells whatever stands for the device beside the guest. Payload: theirs. */
  tell: 21,
  /** A frame for an emulated network adapter, as `frameOut`. */
  frameIn: 24,
  /** Bytes of the child's frames that were taken, as `frameInTaken`. */
  frameOutTaken: 25,
  /**
   * On a path past the switch: what a guest sent, in `data`. `channel` is the path's number; low half of
   * `transactionId`: messages lost for want of room since the last record. Nothing answers.
   */
  straight: 32,
  /** Bytes of `straight` records that were taken, with their heads, since the last one: `transactionId`, low half. */
  straightTaken: 33,
} as const;
export type LinkKind = (typeof LinkKind)[keyof typeof LinkKind];

/** Bits of `flags`. */
export const LinkFlag = {
  /** Request: the guest waits for a completion. */
  wantsCompletion: 1,
  /** Request: the packet described guest pages (GPA direct). */
  hasPages: 2,
  /** Taken: the transfer never reached the guest. */
  lost: 4,
} as const;

/** Payload of an `opened` record. */
export const LinkOpen = layout("LinkOpen", "le", 8, {
  version: u32, // negotiated VMBus version, major << 16 | minor; 0 for internal channels
  ringBytes: u32, // both rings together, for inspection
});
export type LinkOpen = Infer<typeof LinkOpen>;

/** Payload of a `buffer` record. */
export const LinkBuffer = layout("LinkBuffer", "le", 16, {
  buffer: u32, // its name: up to 0xFFFF what transfer page packets call it, beyond that for gather rules only
  gpadl: u32, // the guest's page list; whether it exists is seen at every use
  sectionBytes: u32, // the unit in which gather rules count; 0 forgets the buffer
  reserved: u32, // 0
});
export type LinkBuffer = Infer<typeof LinkBuffer>;

/**
 * Start of a `transfer` record's payload. Behind it: the packet's payload, padded to 8, then one
 * {@link TransferRange} for each range; what follows them means nothing.
 */
export const LinkTransfer = layout("LinkTransfer", "le", 16, {
  buffer: u32, // 0 to 0xFFFF
  rangeCount: u32, // 1 to `transferRanges`
  packetLength: u32, // bytes of the packet's payload, at most `transferPayload`
  reserved: u32, // 0
});
export type LinkTransfer = Infer<typeof LinkTransfer>;

/** Most ranges of one transfer. Reason: the longest large frame comes in 40 fragments, all of them in one packet. */
export const transferRanges = 64;

/** Most data of one transfer, bytes: as many ranges of an ordinary frame and its headers fit. */
export const transferBytes = 128 << 10;

/** Largest packet payload of a transfer, bytes: a message of the network adapter, with room. */
export const transferPayload = 64;

/** Bytes of one batch buffer. Fits one record of the largest transfer with payload and header. */
export const batchBytes = (1 << 20) + (1 << 16);

/** Empty buffers a link keeps. Reason: a few batches are under way at once; 6 MiB is what we spare for that. */
export const spareBuffers = 6;

/** Most bytes of guest data in one record: the largest transfer a device may offer. */
export const maxTransfer = 1 << 20;

/** Largest payload of one record. Reason: the largest inbound packet of any Linux driver is 16 KiB and a bit. */
export const maxPayload = 20 << 10;

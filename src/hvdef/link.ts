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

/** What a record says. Child to parent 1–15, parent to child 16–31. */
export const LinkKind = {
  /** The guest opened the channel. Payload: {@link LinkOpen}, then 120 bytes of user data. */
  opened: 1,
  /** The guest closed the channel, unloaded, or was reset. No payload. Nothing of the channel follows. */
  closed: 2,
  /** A packet of the guest. Payload as in the ring. */
  request: 3,
  /** A frame of an emulated network adapter, in `data`; `dataRoom` is the number of the opening. Nothing answers. */
  frameOut: 8,
  /** Bytes of the parent's frames that were taken or lost since the last one: `transactionId`, low half. */
  frameInTaken: 9,
  /** A packet of the host that is no answer; to the guest's ring as in-band data. */
  send: 16,
  /** The answer to one request; to the guest's ring as a completion packet. */
  complete: 17,
  /**
   * Requests without a completion were taken. Low half of `transactionId`: how many; high half: the sum of
   * their `payloadLength` and `dataRoom`. The relay holds back a channel whose parent is behind.
   */
  credit: 18,
  /** A frame for an emulated network adapter, as `frameOut`. */
  frameIn: 24,
  /** Bytes of the child's frames that were taken, as `frameInTaken`. */
  frameOutTaken: 25,
} as const;
export type LinkKind = (typeof LinkKind)[keyof typeof LinkKind];

/** Bits of `flags`. */
export const LinkFlag = {
  /** Request: the guest waits for a completion. */
  wantsCompletion: 1,
  /** Request: the packet described guest pages (GPA direct). */
  hasPages: 2,
} as const;

/** Payload of an `opened` record. */
export const LinkOpen = layout("LinkOpen", "le", 8, {
  version: u32, // negotiated VMBus version, major << 16 | minor; 0 for internal channels
  ringBytes: u32, // both rings together, for inspection
});
export type LinkOpen = Infer<typeof LinkOpen>;

/** Bytes of one batch buffer. Fits one record of the largest transfer with payload and header. */
export const batchBytes = (1 << 20) + (1 << 16);

/** Most bytes of guest data in one record: the largest transfer a device may offer. */
export const maxTransfer = 1 << 20;

/** Largest payload of one record. Reason: the largest inbound packet of any Linux driver is 16 KiB and a bit. */
export const maxPayload = 20 << 10;

import { type Infer, layout, raw, u8, u16, u32, u64 } from "../support/index.ts";

/** Bytes of every storvsc packet of protocol 5.1 and later, in both directions. */
export const storPacketBytes = 64;

/**
 * Bytes of a packet before 5.1. Linux up to 5.18 sends the first packets of a channel in this size, before it knows
 * the version, and takes answers of either.
 */
export const storEarlyPacketBytes = 48;

/** What a packet asks for or says. @storvsc vstor_packet_operation */
export const StorOperation = {
  completeIo: 1,
  removeDevice: 2,
  executeSrb: 3,
  resetLun: 4,
  resetAdapter: 5,
  resetBus: 6,
  beginInitialization: 7,
  endInitialization: 8,
  queryProtocolVersion: 9,
  queryProperties: 10,
  enumerateBus: 11,
  fchbaData: 12,
  createSubChannels: 13,
} as const;
export type StorOperation = (typeof StorOperation)[keyof typeof StorOperation];

/** Bits of a packet's `flags`. */
export const StorFlag = { completionRequested: 1 } as const;

/** First 12 bytes of every packet; what follows depends on the operation. @storvsc vstor_packet */
export const StorHeader = layout("StorHeader", "le", 12, {
  operation: u32, // StorOperation
  flags: u32, // StorFlag; 0 in answers
  status: u32, // NtStatus of the operation itself, not of the SCSI command
});
export type StorHeader = Infer<typeof StorHeader>;

/** A packet with a SCSI request, or with its result. @storvsc vmscsi_request */
export const StorSrbPacket = layout("StorSrbPacket", "le", storPacketBytes, {
  operation: u32,
  flags: u32,
  status: u32,
  length: u16, // of the request block: 52
  srbStatus: u8, // SrbStatus; filled by the host
  scsiStatus: u8, // ScsiStatus; filled by the host
  port: u8, // whatever number the guest gave its adapter
  path: u8,
  target: u8,
  lun: u8,
  cdbLength: u8,
  senseLength: u8, // room for sense data; the host writes the bytes it filled
  direction: u8, // SrbDirection
  reserved1: u8,
  transferLength: u32, // bytes asked for; the host writes the bytes transferred
  cdbOrSense: raw(20), // 16 bytes of command, overwritten by up to 20 bytes of sense data
  reserved2: u16,
  queueTag: u8,
  queueAction: u8,
  srbFlags: u32,
  timeout: u32, // seconds
  sortKey: u32,
});
export type StorSrbPacket = Infer<typeof StorSrbPacket>;

/** Bytes of a command inside a request, padded with zeros. */
export const storCdbBytes = 16;

/** Most bytes of sense data a result carries. */
export const storSenseBytes = 20;

/** Question and answer of `queryProtocolVersion`. */
export const StorVersionPacket = layout("StorVersionPacket", "le", storPacketBytes, {
  operation: u32,
  flags: u32,
  status: u32,
  version: u16, // major << 8 | minor
  revision: u16, // of the guest's build; may be garbage
  reserved: raw(48),
});
export type StorVersionPacket = Infer<typeof StorVersionPacket>;

/** Answer of `queryProperties`. @storvsc vmstorage_channel_properties */
export const StorPropertiesPacket = layout("StorPropertiesPacket", "le", storPacketBytes, {
  operation: u32,
  flags: u32,
  status: u32,
  reserved1: u32,
  maxSubChannels: u16,
  reserved2: u16,
  propertyFlags: u32, // bit 0: more channels may be asked for
  maxTransferBytes: u32, // of one request; guests round it down to whole pages
  reserved3: u64,
  reserved4: raw(28),
});
export type StorPropertiesPacket = Infer<typeof StorPropertiesPacket>;

/** Protocol versions that guests ask for. Only the newest is ours: it keeps WRITE SAME and the real SCSI level. */
export const StorVersion = { win7: 0x0402, win8: 0x0501, win81: 0x0600, win10: 0x0602 } as const;
export type StorVersion = (typeof StorVersion)[keyof typeof StorVersion];

/** Which way data flow. */
export const SrbDirection = { write: 0, read: 1, none: 2 } as const;

/** Result of a request as the adapter sees it; the low six bits of `srbStatus`. */
export const SrbStatus = {
  pending: 0x00,
  success: 0x01,
  aborted: 0x02,
  error: 0x04,
  invalidRequest: 0x06,
  dataOverrun: 0x12,
  /** The guest forgets the unit: never for one that is there. */
  invalidLun: 0x20,
} as const;
export type SrbStatus = (typeof SrbStatus)[keyof typeof SrbStatus];

/** Bits beside the result in `srbStatus`. */
export const SrbStatusFlag = { queueFrozen: 0x40, senseValid: 0x80 } as const;

/** Result of a command as the unit sees it. @sam5 5.3.1 */
export const ScsiStatus = { good: 0x00, checkCondition: 0x02, busy: 0x08 } as const;
export type ScsiStatus = (typeof ScsiStatus)[keyof typeof ScsiStatus];

/** Status of a protocol operation. */
export const StorNtStatus = {
  success: 0,
  invalidParameter: 0xc000000d,
  invalidDeviceRequest: 0xc0000010,
  revisionMismatch: 0xc0000059,
  invalidDeviceState: 0xc0000184,
} as const;
export type StorNtStatus = (typeof StorNtStatus)[keyof typeof StorNtStatus];

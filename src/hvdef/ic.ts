import { type Infer, layout, raw, u8, u16, u32, u64 } from "../support/index.ts";

/**
 * First 28 bytes of every message of an integration service, both ways. The guest answers with an in-band packet
 * of the request's length: the same bytes, changed in place. @ic 1
 */
export const IcHeader = layout("IcHeader", "le", 28, {
  pipeFlags: u32, // 1
  pipeLength: u32, // bytes behind this field
  frameworkMajor: u16,
  frameworkMinor: u16,
  messageType: u16, // IcMessage
  messageMajor: u16,
  messageMinor: u16,
  bodyLength: u16, // as sent; in answers not to be believed
  status: u32, // IcStatus; 0 in requests
  transaction: u8, // echoed
  flags: u8, // IcFlag
  reserved: u16, // 0
});
export type IcHeader = Infer<typeof IcHeader>;

/** What a message is about. @ic 1 */
export const IcMessage = {
  negotiate: 0,
  heartbeat: 1,
  keyValuePair: 2,
  shutdown: 3,
  timeSync: 4,
  backup: 5,
} as const;
export type IcMessage = (typeof IcMessage)[keyof typeof IcMessage];

/** Bits of `flags`. The host sends transaction and request, the guest answers transaction and response. */
export const IcFlag = { transaction: 1, request: 2, response: 4 } as const;

/** How the guest says that it went: HRESULTs. */
export const IcStatus = {
  ok: 0,
  fail: 0x80004005,
  /** The end of an enumeration; nothing of that name. */
  noMoreItems: 0x80070103,
  notSupported: 0x80070032,
  invalidArgument: 0x80070057,
  notConnected: 0x8007048f,
} as const;

/** Start of a negotiation's body; {@link IcVersion}s follow, of the framework first. @ic 1, negotiation */
export const IcNegotiate = layout("IcNegotiate", "le", 8, {
  frameworkCount: u16, // at most 100; 1 in answers, 0 when none fits
  messageCount: u16, // likewise
  reserved: u32,
});
export type IcNegotiate = Infer<typeof IcNegotiate>;

/** A version of the framing or of a service's messages. */
export const IcVersion = layout("IcVersion", "le", 4, { major: u16, minor: u16 });
export type IcVersion = Infer<typeof IcVersion>;

/** Versions of the framing, best first. */
export const icFrameworks: readonly IcVersion[] = [
  { major: 3, minor: 0 },
  { major: 1, minor: 0 },
];

/** @ic 2 */
export const IcHeartbeat = layout("IcHeartbeat", "le", 40, {
  sequence: u64, // answered with one more
  reserved: raw(32),
});

/** Bytes of a shutdown's text, UTF-16 with its end. */
export const icShutdownTextBytes = 2048;

/** A shorter one is dropped by the guest without an answer. @ic 3 */
export const IcShutdown = layout("IcShutdown", "le", 2060, {
  reason: u32, // as of Windows' event log
  timeout: u32, // seconds
  flags: u32, // IcShutdownFlag
  text: raw(icShutdownTextBytes),
});

/** Bits of a shutdown's `flags`; none: power off. */
export const IcShutdownFlag = { force: 1, restart: 2, hibernate: 4 } as const;

/** Reason "planned, other": what Hyper-V Manager gives. */
export const icShutdownPlanned = 0x80000000;

/** From version 4.0 on. Both times are of the same moment. @ic 4 */
export const IcTime = layout("IcTime", "le", 24, {
  parentTime: u64, // 100 ns since 1601-01-01 UTC
  referenceTime: u64, // the partition's TIME_REF_COUNT; stamped beside the guest
  flags: u8, // IcTimeFlag
  leap: u8,
  stratum: u8,
  reserved: raw(5),
});

/** Before version 4.0: the guest takes the moment it reads it for the moment it was sent. @ic 4 */
export const IcTimeOld = layout("IcTimeOld", "le", 25, {
  parentTime: u64,
  childTime: u64, // 0
  roundTrip: u64, // 0
  flags: u8,
});

/** Bits of a time's `flags`. */
export const IcTimeFlag = {
  /** Set the clock at once. */
  sync: 1,
  /** Remember for whoever disciplines the clock. */
  sample: 2,
} as const;

/** 1970-01-01 on the clock of `parentTime`. */
export const icUnixEpoch = 116_444_736_000_000_000n;

/** @ic 5 */
export const IcKvpOperation = { get: 0, set: 1, delete: 2, enumerate: 3, getIp: 4, setIp: 5 } as const;

/** Where key-value pairs lie. @ic 5 */
export const IcKvpPool = {
  /** The host's, for the guest. */
  external: 0,
  /** The guest's own. */
  guest: 1,
  /** What the guest's daemon says of its system. */
  auto: 2,
  /** What the host says of itself and the machine. */
  autoExternal: 3,
} as const;

/** How a value is written. */
export const IcKvpType = { string: 1, u32: 4, u64: 8 } as const;

/** Bytes of a key, UTF-16 with its end. */
export const icKeyBytes = 512;
/** Bytes of a value, likewise. */
export const icValueBytes = 2048;

/** One pair. It starts at byte 4 of a SET's body, and at byte 8 of an ENUMERATE's, behind the index. @ic 5 */
export const IcKvpPair = layout("IcKvpPair", "le", 2572, {
  type: u32, // IcKvpType
  keyBytes: u32, // with its end
  valueBytes: u32,
  key: raw(icKeyBytes),
  value: raw(icValueBytes),
});

/** Start of every body; then what the operation needs. */
export const IcKvp = layout("IcKvp", "le", 4, { operation: u8, pool: u8, reserved: u16 });

/** Bytes of a body, whatever the operation: the guest answers into it. Only the whole of it is safe. @ic 5 */
export const icKvpBytes = 7432;

/** @ic 6 */
export const IcBackupOperation = {
  hotBackup: 2,
  complete: 4,
  freeze: 5,
  thaw: 6,
} as const;

/** @ic 6 */
export const IcBackup = layout("IcBackup", "le", 12, {
  operation: u8, // IcBackupOperation
  reserved: raw(7),
  flags: u32, // of the answer to a hot backup check
});

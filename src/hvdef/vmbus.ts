import { as, type Guid, guidField, type Infer, layout, raw, u8, u16, u32, u64 } from "../support/index.ts";
import type { ChannelId, GpadlId } from "./ids.ts";

/** Protocol versions, major << 16 | minor. Open: guests may ask for others. @vmbus 3 */
export const VmbusVersion = {
  ws2008: 0x0_000d,
  win7: 0x1_0001,
  win8: 0x2_0004,
  win81: 0x3_0000,
  win10: 0x4_0000,
  win10v41: 0x4_0001,
  win10v50: 0x5_0000,
  win10v51: 0x5_0001,
  win10v52: 0x5_0002,
  win10v53: 0x5_0003,
} as const;
export type VmbusVersion = (typeof VmbusVersion)[keyof typeof VmbusVersion];

const known: ReadonlySet<number> = new Set(Object.values(VmbusVersion));

/** Whether a host may accept this version. */
export function isVmbusVersion(version: number): boolean {
  return known.has(version);
}

/** The version as people write it, e.g. `5.3`. */
export function vmbusVersionText(version: number): string {
  return `${version >>> 16}.${version & 0xffff}`;
}

/** SynIC message type of every control message. */
export const vmbusMessageType = 1;

/** Well-known connections: where guests post messages, and the doorbell all channels of old guests share. @vmbus 3 @vmbus 8 */
export const VmbusConnection = { messages: 1, events: 2, messages5: 4 } as const;

/** Doorbell of a channel: SINT 2 in bits 12 to 15, the channel below, as Microsoft's own host does. @vmbus 4 */
export function doorbellConnection(channel: ChannelId): number {
  return 0x2000 | channel;
}

/** Channels of one connection: relid 1 to this. Reason: 2048 event flags, flag 0 reserved. @vmbus 4 */
export const maxChannel = 2047;

/** The same for guests below 2.4, which scan 256 bits of their interrupt page. @vmbus 8 */
export const maxChannelOld = 255;

/** Half of the interrupt page: first half to the guest, second half to the host. Bytes. @vmbus 8 */
export const interruptPageHalf = 2048;

/** Status of an answer that did not succeed; guests only look whether it is 0. STATUS_UNSUCCESSFUL. */
export const vmbusFailure = 0xc000_0001;

const channelField = as<ChannelId>()(u32);
const gpadlField = as<GpadlId>()(u32);
const header = { type: u32, padding: u32 };

/** @vmbus 4 */
export const OfferChannel = layout("OfferChannel", "le", 196, {
  ...header,
  interfaceType: guidField,
  instance: guidField,
  reserved: raw(16), // 0
  flags: u16, // OfferFlag
  mmioMegabytes: u16,
  userDefined: raw(120),
  subChannel: u16, // 0: primary
  reserved2: u16, // 0
  channel: channelField,
  monitorId: u8, // 0xff: none
  monitorAllocated: u8,
  dedicatedInterrupt: u16, // bit 0; guests below 1.1 ignore this and what follows
  connection: u32,
});
export type OfferChannel = Infer<typeof OfferChannel>;

/** Bits of an offer's `flags`. */
export const OfferFlag = { enumerateInterface: 1, namedPipe: 0x10, socket: 0x2000 } as const;

/** Where a socket's offer says in its user defined bytes who connects: 1 is the host. @vsock 2 */
export const socketDirectionAt = 4;

/** @vmbus 2 */
export const RescindOffer = layout("RescindOffer", "le", 12, { ...header, channel: channelField });

/** @vmbus 2 */
export const BareMessage = layout("BareMessage", "le", 8, header);

/** @vmbus 6 */
export const OpenChannel = layout("OpenChannel", "le", 148, {
  ...header,
  channel: channelField,
  openId: u32,
  gpadl: gpadlField,
  targetVp: u32,
  downstreamPage: u32, // first page of the host-to-guest ring
  userData: raw(120),
});

/** @vmbus 2 */
export const OpenResult = layout("OpenResult", "le", 20, {
  ...header,
  channel: channelField,
  openId: u32,
  status: u32,
});

/** Also RELID_RELEASED. @vmbus 6 */
export const CloseChannel = layout("CloseChannel", "le", 12, { ...header, channel: channelField });

/** Followed by as much of the range array as fits. @vmbus 5 */
export const GpadlHeader = layout("GpadlHeader", "le", 20, {
  ...header,
  channel: channelField,
  gpadl: gpadlField,
  rangeBytes: u16, // of the whole range array, in all fragments
  rangeCount: u16,
});

/** Followed by the next part of the range array. @vmbus 5 */
export const GpadlBody = layout("GpadlBody", "le", 16, {
  ...header,
  messageNumber: u32, // guests leave it 0
  gpadl: gpadlField,
});

/** @vmbus 5 */
export const GpadlCreated = layout("GpadlCreated", "le", 20, {
  ...header,
  channel: channelField,
  gpadl: gpadlField,
  status: u32,
});

/** @vmbus 5 */
export const GpadlTeardown = layout("GpadlTeardown", "le", 16, {
  ...header,
  channel: channelField,
  gpadl: gpadlField,
});

/** @vmbus 5 */
export const GpadlTorndown = layout("GpadlTorndown", "le", 12, { ...header, gpadl: gpadlField });

/** @vmbus 3 */
export const InitiateContact = layout("InitiateContact", "le", 40, {
  ...header,
  version: u32,
  targetVp: u32,
  interruptPage: u64, // from 5.0 on: the SINT of messages in the lowest byte
  monitorPage1: u64,
  monitorPage2: u64,
});

/** @vmbus 3 */
export const VersionResponse = layout("VersionResponse", "le", 16, {
  ...header,
  supported: u8,
  connectionState: u8, // 0
  padding2: u16, // 0
  messageConnection: u32, // from 5.0 on: where to post messages
});

/** Newer guests add the GUID of a silo, which means nothing to us. @vmbus 2 */
export const TlConnectRequest = layout("TlConnectRequest", "le", 40, {
  ...header,
  guestEndpoint: guidField,
  hostService: guidField,
});

/** Linux takes it and does nothing. @vsock 2.1 */
export const TlConnectResult = layout("TlConnectResult", "le", 44, {
  ...header,
  guestEndpoint: guidField,
  hostService: guidField,
  status: u32,
});

/** @vmbus 6 */
export const ModifyChannel = layout("ModifyChannel", "le", 16, {
  ...header,
  channel: channelField,
  targetVp: u32,
});

/** @vmbus 6 */
export const ModifyResponse = layout("ModifyResponse", "le", 16, {
  ...header,
  channel: channelField,
  status: u32,
});

/** Direction of a control message. */
export type VmbusDirection = "toGuest" | "toHost";

/** One line of the message table. */
export interface VmbusMessageEntry {
  readonly type: number;
  readonly direction: VmbusDirection;
  /** First version that knows the message. */
  readonly since: number;
  /** Bytes of the fixed part, header included. A shorter message is no message. */
  readonly size: number;
}

/** The message family. @vmbus 2 */
export const vmbusMessages = {
  offerChannel: line(1, "toGuest", OfferChannel.size),
  rescindOffer: line(2, "toGuest", RescindOffer.size),
  requestOffers: line(3, "toHost", BareMessage.size),
  allOffersDelivered: line(4, "toGuest", BareMessage.size),
  openChannel: line(5, "toHost", OpenChannel.size),
  openResult: line(6, "toGuest", OpenResult.size),
  closeChannel: line(7, "toHost", CloseChannel.size),
  gpadlHeader: line(8, "toHost", GpadlHeader.size),
  gpadlBody: line(9, "toHost", GpadlBody.size),
  gpadlCreated: line(10, "toGuest", GpadlCreated.size),
  gpadlTeardown: line(11, "toHost", GpadlTeardown.size),
  gpadlTorndown: line(12, "toGuest", GpadlTorndown.size),
  relidReleased: line(13, "toHost", CloseChannel.size),
  initiateContact: line(14, "toHost", InitiateContact.size),
  versionResponse: line(15, "toGuest", VersionResponse.size),
  unload: line(16, "toHost", BareMessage.size, VmbusVersion.win81),
  unloadResponse: line(17, "toGuest", BareMessage.size, VmbusVersion.win81),
  tlConnectRequest: line(21, "toHost", TlConnectRequest.size, VmbusVersion.win10),
  tlConnectResult: line(23, "toGuest", TlConnectResult.size, VmbusVersion.win10),
  modifyChannel: line(22, "toHost", ModifyChannel.size, VmbusVersion.win10v41),
  modifyResponse: line(24, "toGuest", ModifyResponse.size, VmbusVersion.win10v53),
} as const satisfies Readonly<Record<string, VmbusMessageEntry>>;

/** Name of a control message. */
export type VmbusMessageName = keyof typeof vmbusMessages;

function line(type: number, direction: VmbusDirection, size: number, since = 0): VmbusMessageEntry {
  return { type, direction, since, size };
}

/** A control message of the guest. Byte fields may be views of what was decoded. Every number is the guest's word. */
export type GuestMessage =
  | ({ readonly kind: "openChannel" } & Infer<typeof OpenChannel>)
  | ({ readonly kind: "closeChannel" } & Infer<typeof CloseChannel>)
  | ({ readonly kind: "gpadlHeader"; readonly ranges: Uint8Array } & Infer<typeof GpadlHeader>)
  | ({ readonly kind: "gpadlBody"; readonly ranges: Uint8Array } & Infer<typeof GpadlBody>)
  | ({ readonly kind: "gpadlTeardown" } & Infer<typeof GpadlTeardown>)
  | ({ readonly kind: "relidReleased" } & Infer<typeof CloseChannel>)
  | ({ readonly kind: "initiateContact" } & Infer<typeof InitiateContact>)
  | ({ readonly kind: "tlConnectRequest" } & Infer<typeof TlConnectRequest>)
  | ({ readonly kind: "modifyChannel" } & Infer<typeof ModifyChannel>)
  | { readonly kind: "requestOffers" }
  | { readonly kind: "unload" }
  | { readonly kind: "unknown"; readonly type: number }
  | { readonly kind: "short"; readonly type: number; readonly length: number };

type GuestMessageName = Exclude<GuestMessage["kind"], "unknown" | "short">;

const guestNames: ReadonlyMap<number, GuestMessageName> = new Map(
  (
    [
      "requestOffers",
      "openChannel",
      "closeChannel",
      "gpadlHeader",
      "gpadlBody",
      "gpadlTeardown",
      "relidReleased",
      "initiateContact",
      "unload",
      "tlConnectRequest",
      "modifyChannel",
    ] as const
  ).map((name) => [vmbusMessages[name].type, name]),
);

/**
 * Reads a control message as the guest posted it. Longer than the fixed part is fine, shorter is `short`;
 * a type that no guest may send is `unknown`.
 */
export function decodeGuestMessage(bytes: Uint8Array): GuestMessage {
  if (bytes.length < BareMessage.size) return { kind: "short", type: 0, length: bytes.length };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint32(0, true);
  const kind = guestNames.get(type);
  if (kind === undefined) return { kind: "unknown", type };
  if (bytes.length < vmbusMessages[kind].size) return { kind: "short", type, length: bytes.length };
  switch (kind) {
    case "openChannel":
      return { kind, ...OpenChannel.read(view) };
    case "closeChannel":
    case "relidReleased":
      return { kind, ...CloseChannel.read(view) };
    case "gpadlHeader":
      return { kind, ...GpadlHeader.read(view), ranges: bytes.subarray(GpadlHeader.size) };
    case "gpadlBody":
      return { kind, ...GpadlBody.read(view), ranges: bytes.subarray(GpadlBody.size) };
    case "gpadlTeardown":
      return { kind, ...GpadlTeardown.read(view) };
    case "initiateContact":
      return { kind, ...InitiateContact.read(view) };
    case "tlConnectRequest":
      return { kind, ...TlConnectRequest.read(view) };
    case "modifyChannel":
      return { kind, ...ModifyChannel.read(view) };
    default:
      return { kind };
  }
}

/** What a host offers. @vmbus 4 */
export interface OfferFields {
  readonly channel: ChannelId;
  readonly interfaceType: Guid;
  readonly instance: Guid;
  /** OfferFlag bits. */
  readonly flags: number;
  /** Video memory in MiB; 0 for every other class. */
  readonly mmioMegabytes: number;
  /** At most 120 bytes. */
  readonly userDefined: Uint8Array<ArrayBuffer>;
}

/** A control message of the host. */
export type HostMessage =
  | { readonly kind: "offerChannel"; readonly offer: OfferFields }
  | { readonly kind: "rescindOffer"; readonly channel: ChannelId }
  | { readonly kind: "allOffersDelivered" }
  | {
      readonly kind: "openResult";
      readonly channel: ChannelId;
      readonly openId: number;
      readonly status: number;
    }
  | {
      readonly kind: "gpadlCreated";
      readonly channel: ChannelId;
      readonly gpadl: GpadlId;
      readonly status: number;
    }
  | { readonly kind: "gpadlTorndown"; readonly gpadl: GpadlId }
  | { readonly kind: "versionResponse"; readonly supported: boolean }
  | { readonly kind: "unloadResponse" }
  | {
      readonly kind: "tlConnectResult";
      readonly guestEndpoint: Guid;
      readonly hostService: Guid;
      readonly status: number;
    }
  | { readonly kind: "modifyResponse"; readonly channel: ChannelId; readonly status: number };

/** The message as a SynIC payload of exactly the size guests demand. The buffer is the caller's. */
export function encodeHostMessage(message: HostMessage): Uint8Array<ArrayBuffer> {
  const head = { type: vmbusMessages[message.kind].type, padding: 0 };
  switch (message.kind) {
    case "offerChannel":
      return OfferChannel.bytes({ ...head, ...offerFields(message.offer) });
    case "rescindOffer":
      return RescindOffer.bytes({ ...head, channel: message.channel });
    case "openResult":
      return OpenResult.bytes({ ...message, ...head });
    case "gpadlCreated":
      return GpadlCreated.bytes({ ...message, ...head });
    case "gpadlTorndown":
      return GpadlTorndown.bytes({ ...message, ...head });
    case "versionResponse":
      return VersionResponse.bytes({
        ...head,
        supported: message.supported ? 1 : 0,
        connectionState: 0,
        padding2: 0,
        messageConnection: message.supported ? VmbusConnection.messages : 0,
      });
    case "modifyResponse":
      return ModifyResponse.bytes({ ...message, ...head });
    case "tlConnectResult":
      return TlConnectResult.bytes({ ...message, ...head });
    case "allOffersDelivered":
    case "unloadResponse":
      return BareMessage.bytes(head);
  }
}

function offerFields(offer: OfferFields) {
  return {
    ...offer,
    reserved: new Uint8Array(0),
    subChannel: 0,
    reserved2: 0,
    monitorId: 0xff,
    monitorAllocated: 0,
    dedicatedInterrupt: 1,
    connection: doorbellConnection(offer.channel),
  };
}

import { type Infer, layout, raw, u8, u16, u32, u64 } from "../support/index.ts";

/** Bytes of every NVSP message, in both directions. Guests hang or fall over when an answer is shorter. @netvsc 2 */
export const nvspBytes = 40;

/** What a message asks for or says. @netvsc 2 */
export const NvspMessage = {
  init: 1,
  initComplete: 2,
  ndisVersion: 100,
  receiveBuffer: 101,
  receiveBufferComplete: 102,
  revokeReceiveBuffer: 103,
  sendBuffer: 104,
  sendBufferComplete: 105,
  revokeSendBuffer: 106,
  rndisPacket: 107,
  rndisPacketComplete: 108,
  ndisConfig: 125,
  switchDataPath: 129,
  subChannel: 133,
} as const;
export type NvspMessage = (typeof NvspMessage)[keyof typeof NvspMessage];

/** How something went. @netvsc 2 */
export const NvspStatus = {
  none: 0,
  success: 1,
  fail: 2,
  tooNew: 3,
  tooOld: 4,
  invalidRndisPacket: 5,
  busy: 6,
  unsupported: 7,
} as const;
export type NvspStatus = (typeof NvspStatus)[keyof typeof NvspStatus];

/** Protocol version 6.1, the one that is ours. */
export const nvspVersion61 = 0x6_0001;

/** The guest's question for a version: the lowest and the highest it speaks. */
export const NvspInit = layout("NvspInit", "le", nvspBytes, {
  type: u32,
  lowest: u32, // major << 16 | minor
  highest: u32,
  reserved: raw(28), // may be garbage
});
export type NvspInit = Infer<typeof NvspInit>;

/** Answer to {@link NvspInit}. */
export const NvspInitComplete = layout("NvspInitComplete", "le", nvspBytes, {
  type: u32,
  version: u32,
  maxListLength: u32, // of memory descriptors: 34
  status: u32, // NvspStatus
  reserved: raw(24),
});
export type NvspInitComplete = Infer<typeof NvspInitComplete>;

/** Version of the guest's network stack. No answer. */
export const NvspNdisVersion = layout("NvspNdisVersion", "le", nvspBytes, {
  type: u32,
  major: u32,
  minor: u32,
  reserved: raw(28),
});
export type NvspNdisVersion = Infer<typeof NvspNdisVersion>;

/** What the guest can and wants. No answer. */
export const NvspNdisConfig = layout("NvspNdisConfig", "le", nvspBytes, {
  type: u32,
  frameBytes: u32, // longest frame without a VLAN tag: MTU + 14
  reserved1: u32,
  capabilities: u64, // bit 2 SR-IOV, 3 IEEE 802.1Q, 5 teaming, 7 `canCoalesce`
  reserved2: raw(20),
});
export type NvspNdisConfig = Infer<typeof NvspNdisConfig>;

/** Capability of a guest: it takes frames in several fragments, which a switch that coalesces segments sends. */
export const canCoalesce = 0x80n;

/** A page list becomes the receive or the send buffer; a revocation has the name in place of the list. */
export const NvspBuffer = layout("NvspBuffer", "le", nvspBytes, {
  type: u32,
  gpadl: u32,
  id: u16, // the guest's name for it
  reserved: raw(30),
});
export type NvspBuffer = Infer<typeof NvspBuffer>;

/** The guest gives up a buffer. No answer. */
export const NvspRevoke = layout("NvspRevoke", "le", nvspBytes, {
  type: u32,
  id: u16,
  reserved: raw(34),
});
export type NvspRevoke = Infer<typeof NvspRevoke>;

/** Answer to a receive buffer: how the host divides it. */
export const NvspReceiveBufferComplete = layout("NvspReceiveBufferComplete", "le", nvspBytes, {
  type: u32,
  status: u32,
  sectionCount: u32, // 1: what follows is one run of parts of one size
  offset: u32, // 0
  partBytes: u32, // one frame with its RNDIS header
  parts: u32,
  end: u32, // behind the last part
  reserved: raw(12),
});
export type NvspReceiveBufferComplete = Infer<typeof NvspReceiveBufferComplete>;

/** Answer to a send buffer: how the host divides it. */
export const NvspSendBufferComplete = layout("NvspSendBufferComplete", "le", nvspBytes, {
  type: u32,
  status: u32,
  sectionBytes: u32,
  reserved: raw(28),
});
export type NvspSendBufferComplete = Infer<typeof NvspSendBufferComplete>;

/** An RNDIS message travels: in a section of the send buffer, in the packet's pages, or in both, in this order. */
export const NvspRndis = layout("NvspRndis", "le", nvspBytes, {
  type: u32,
  channelType: u32, // NvspChannelType
  section: u32, // of the send buffer; nvspNoSection: none
  sectionLength: u32, // bytes used of it
  reserved: raw(24),
});
export type NvspRndis = Infer<typeof NvspRndis>;

/** Answer that is a status and nothing else, to anything. */
export const NvspStatusOnly = layout("NvspStatusOnly", "le", nvspBytes, {
  type: u32,
  status: u32,
  reserved: raw(32),
});
export type NvspStatusOnly = Infer<typeof NvspStatusOnly>;

/** What an RNDIS message is about. */
export const NvspChannelType = { data: 0, control: 1 } as const;

/** The section of a message that uses none. */
export const nvspNoSection = 0xffff_ffff;

/** Name of the send buffer among a channel's buffers: beyond what transfer page packets can name. */
export const netSendBuffer = 0x1_0000;

/** Start of every RNDIS message. Offsets inside count from its end. @netvsc 4 */
export const RndisHeader = layout("RndisHeader", "le", 8, {
  type: u32, // RndisMessage
  length: u32, // of the whole message
});
export type RndisHeader = Infer<typeof RndisHeader>;

/** Where the offsets inside an RNDIS message count from. */
export const rndisBodyAt = RndisHeader.size;

/** Types of RNDIS messages. @netvsc 4 */
export const RndisMessage = {
  packet: 1,
  initialize: 2,
  halt: 3,
  query: 4,
  set: 5,
  reset: 6,
  indicate: 7,
  keepAlive: 8,
  initializeComplete: 0x8000_0002,
  queryComplete: 0x8000_0004,
  setComplete: 0x8000_0005,
  resetComplete: 0x8000_0006,
  keepAliveComplete: 0x8000_0008,
} as const;
export type RndisMessage = (typeof RndisMessage)[keyof typeof RndisMessage];

/** A frame. @netvsc 6.1 */
export const RndisPacket = layout("RndisPacket", "le", 44, {
  type: u32,
  length: u32,
  dataOffset: u32, // of the frame, from byte 8
  dataLength: u32,
  oobOffset: u32,
  oobLength: u32,
  oobCount: u32,
  infoOffset: u32, // of the per packet info, from byte 8
  infoLength: u32,
  vcHandle: u32,
  reserved: u32,
});
export type RndisPacket = Infer<typeof RndisPacket>;

/** One element of the per packet info. */
export const PacketInfo = layout("PacketInfo", "le", 12, {
  size: u32, // of the element with its value
  type: u32, // PacketInfoType; bit 31: for the host's own use
  valueOffset: u32, // from the start of the element: 12
});
export type PacketInfo = Infer<typeof PacketInfo>;

/** Bytes of an element whose value is one word: all that are ours. */
export const packetInfoBytes = PacketInfo.size + 4;

/** What a per packet info is about. */
export const PacketInfoType = {
  checksum: 0,
  largeSend: 2,
  vlan: 6,
  hash: 8,
  /** Which fragment of a frame it is; the value is 1 | FragmentFlag bits << 8 | number of the frame << 16. */
  fragment: 0x8000_0001,
} as const;

/** Bits of a fragment info: it lies in a part of the receive buffer, is the first one of its frame, the last one. */
export const FragmentFlag = { inPart: 1, first: 2, last: 4 } as const;

/** Bits of a checksum info of the guest; bits 16 to 25 are the offset of the transport header. */
export const SendChecksum = { ipv4: 1, ipv6: 2, tcp: 4, udp: 8, ipHeader: 0x10 } as const;

/** Bits of a checksum info for the guest. */
export const ReceiveChecksum = { tcpGood: 8, udpGood: 0x10, ipGood: 0x20 } as const;

/** The guest's opening of RNDIS. */
export const RndisInitialize = layout("RndisInitialize", "le", 24, {
  type: u32,
  length: u32,
  request: u32, // echoed
  major: u32,
  minor: u32,
  maxTransfer: u32,
});
export type RndisInitialize = Infer<typeof RndisInitialize>;

/** Answer to {@link RndisInitialize}. */
export const RndisInitializeComplete = layout("RndisInitializeComplete", "le", 52, {
  type: u32,
  length: u32,
  request: u32,
  status: u32, // RndisStatus
  major: u32,
  minor: u32,
  deviceFlags: u32, // 1: connectionless
  medium: u32, // 0: Ethernet
  maxPackets: u32, // messages in one transfer
  maxTransfer: u32, // bytes of one transfer
  alignment: u32, // as a power of 2, of each message in a transfer
  addressListOffset: u32,
  addressListLength: u32,
});
export type RndisInitializeComplete = Infer<typeof RndisInitializeComplete>;

/** A question for, or an order to set, an object. */
export const RndisRequest = layout("RndisRequest", "le", 28, {
  type: u32, // query or set
  length: u32,
  request: u32,
  oid: u32, // Oid
  valueLength: u32,
  valueOffset: u32, // from byte 8
  vcHandle: u32,
});
export type RndisRequest = Infer<typeof RndisRequest>;

/** Answer to a question; the value follows. */
export const RndisQueryComplete = layout("RndisQueryComplete", "le", 24, {
  type: u32,
  length: u32,
  request: u32,
  status: u32,
  valueLength: u32, // 0 when there is none, and the offset too
  valueOffset: u32, // from byte 8: 16
});
export type RndisQueryComplete = Infer<typeof RndisQueryComplete>;

/** Answer to an order, and to a sign of life. */
export const RndisComplete = layout("RndisComplete", "le", 16, {
  type: u32,
  length: u32,
  request: u32, // of a reset's answer: the status
  status: u32, // of a reset's answer: whether addresses must be set again
});
export type RndisComplete = Infer<typeof RndisComplete>;

/** News of the host; a value may follow. */
export const RndisIndicate = layout("RndisIndicate", "le", 20, {
  type: u32,
  length: u32,
  status: u32, // RndisIndication
  valueLength: u32,
  valueOffset: u32, // from byte 8, at least 12 when there is a value
});
export type RndisIndicate = Infer<typeof RndisIndicate>;

/** What news may be of. */
export const RndisIndication = {
  connected: 0x4001_000b,
  disconnected: 0x4001_000c,
  networkChange: 0x4001_0018,
} as const;
export type RndisIndication = (typeof RndisIndication)[keyof typeof RndisIndication];

/** How a request went. */
export const RndisStatus = {
  success: 0,
  failure: 0xc000_0001,
  notSupported: 0xc000_00bb,
  invalidLength: 0xc001_0014,
  invalidData: 0xc001_0015,
  invalidOid: 0xc001_0017,
} as const;
export type RndisStatus = (typeof RndisStatus)[keyof typeof RndisStatus];

/** Objects of the adapter. @netvsc 4 */
export const Oid = {
  maximumFrameSize: 0x0001_0106,
  linkSpeed: 0x0001_0107,
  packetFilter: 0x0001_010e,
  maximumTotalSize: 0x0001_0111,
  mediaConnectStatus: 0x0001_0114,
  receiveScaleCapabilities: 0x0001_0203,
  friendlyName: 0x0002_0216,
  configParameter: 0x0001_021b,
  permanentAddress: 0x0101_0101,
  currentAddress: 0x0101_0102,
  multicastList: 0x0101_0103,
  maximumListSize: 0x0101_0104,
  offloadParameters: 0xfc01_020c,
  offloadCapabilities: 0xfc01_020d,
} as const;
export type Oid = (typeof Oid)[keyof typeof Oid];

/** Bits of the packet filter: which frames the guest wants. */
export const PacketFilter = {
  directed: 1,
  multicast: 2,
  allMulticast: 4,
  broadcast: 8,
  promiscuous: 0x20,
} as const;

/** Value of `configParameter`: a name and a value, as UTF-16 or a number. Offsets count from its start. */
export const RndisConfigParameter = layout("RndisConfigParameter", "le", 20, {
  nameOffset: u32,
  nameLength: u32,
  valueType: u32, // 0 number, 2 text
  valueOffset: u32,
  valueLength: u32,
});
export type RndisConfigParameter = Infer<typeof RndisConfigParameter>;

/** What the adapter takes off the guest's processor. @netvsc 5 */
export const OffloadCapabilities = layout("OffloadCapabilities", "le", 156, {
  objectType: u8, // 0xA7
  revision: u8, // 3
  size: u16,
  sendIpv4Encapsulation: u32, // 2: Ethernet
  sendIpv4: u32, // ChecksumSupport
  receiveIpv4Encapsulation: u32,
  receiveIpv4: u32,
  sendIpv6Encapsulation: u32,
  sendIpv6: u32,
  receiveIpv6Encapsulation: u32,
  receiveIpv6: u32,
  largeSend1AndIpsec1: raw(44), // none of it
  largeSendIpv4Encapsulation: u32,
  largeSendIpv4Bytes: u32, // most TCP data and headers of one packet
  largeSendIpv4Segments: u32, // fewest segments
  largeSendIpv6Encapsulation: u32,
  largeSendIpv6Bytes: u32,
  largeSendIpv6Segments: u32,
  largeSendIpv6Options: u32, // 1 extension headers, 4 TCP options
  flags: u32,
  ipsec2: raw(32), // none of it
  coalesceIpv4: u8,
  coalesceIpv6: u8,
  reserved: u16,
  encapsulatedLargeSend: u32,
  encapsulatedParameters: u32,
});
export type OffloadCapabilities = Infer<typeof OffloadCapabilities>;

/** Which offloads the guest wants. Each is an {@link OffloadSetting}. @netvsc 5 */
export const OffloadParameters = layout("OffloadParameters", "le", 28, {
  objectType: u8, // 0xA7
  revision: u8, // 3
  size: u16,
  checksumsAndLargeSends: raw(12),
  flags: u32,
  ipsec2: raw(2),
  coalesceIpv4: u8,
  coalesceIpv6: u8,
  encapsulation: raw(4),
});
export type OffloadParameters = Infer<typeof OffloadParameters>;

/** What a guest says of an offload that is there or not; 0 says nothing. */
export const OffloadSetting = { off: 1, on: 2 } as const;

/** Bits of checksum support. */
export const ChecksumSupport = {
  ipOptions: 1,
  tcpOptions: 4,
  tcp: 0x10,
  udp: 0x40,
  ipHeader: 0x100,
} as const;

/** Bounds of what a guest may ask for, with the reason for each. */
export const netLimits = {
  /** Bytes of a part of the receive buffer for ordinary frames, as Hyper-V has them; Linux counts on 16 MiB of it. */
  partBytes: 1728,
  /** Parts of the receive buffer: four times what Linux asks for by itself. */
  parts: 40_000,
  /** Fewest parts of a receive buffer: one for an answer, one for a frame. Guests let their users go that far. */
  fewestParts: 2,
  /** Bytes of a section of the send buffer, as Hyper-V has them. */
  sendSectionBytes: 6144,
  /** RNDIS messages in one transfer of the guest. */
  packetsPerTransfer: 8,
  /** Bytes of one transfer of the guest: a large send and its headers. */
  transferBytes: 1 << 16,
  /** Bytes of a large send, headers included. Reason: as Hyper-V's, and an IP packet with room for its headers. */
  largeSendBytes: 62_780,
  /** Multicast addresses the guest may name. */
  multicastAddresses: 32,
} as const;

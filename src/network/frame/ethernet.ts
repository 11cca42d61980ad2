/*
 * An Ethernet frame, without preamble and check sequence:
 *
 *   0            6            12     14
 *   destination  source       type   payload          untagged
 *   destination  source       0x8100 tag   type  …    tagged, IEEE 802.1Q: the type is at 16, the payload at 18
 *
 * The tag's 16 bits: 15–13 priority, 12 drop eligible, 11–0 VLAN identifier.
 */

/** Bytes from the start of a frame to the address it is for. */
export const destinationOffset = 0;
/** Bytes from the start of a frame to the address it comes from. */
export const sourceOffset = 6;
/** Bytes from the start of a frame to its EtherType, or to the tag's. */
export const typeOffset = 12;
/** Bytes of the header of an untagged frame. */
export const headerBytes = 14;
/** Bytes that a VLAN tag adds. */
export const tagBytes = 4;

/** What a frame may carry. Below 0x600 the field is a length (IEEE 802.3). */
export const etherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  pause: 0x8808,
  lldp: 0x88cc,
} as const;

/** VLAN identifiers: 1 to 4094 name one, 0 is none, 4095 is reserved. @spec IEEE 802.1Q 9.6 */
export const lastVlan = 4094;

/** Reads two bytes in the order of the wire. Beyond the buffer's end there are zeros. */
export function wire16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Writes two bytes in the order of the wire. */
export function putWire16(into: Uint8Array, at: number, value: number): void {
  into[at] = value >> 8;
  into[at + 1] = value;
}

/** Reads four bytes in the order of the wire, unsigned. */
export function wire32(bytes: Uint8Array, at: number): number {
  return ((wire16(bytes, at) << 16) | wire16(bytes, at + 2)) >>> 0;
}

/** Writes four bytes in the order of the wire. */
export function putWire32(into: Uint8Array, at: number, value: number): void {
  putWire16(into, at, value >>> 16);
  putWire16(into, at + 2, value);
}

/** Whether the frame at `at` wears a VLAN tag. The caller has checked that a header is there. */
export function isTagged(bytes: Uint8Array, at: number): boolean {
  return bytes[at + typeOffset] === 0x81 && bytes[at + typeOffset + 1] === 0;
}

/** The 16 bits of the tag of a frame that {@link isTagged}. */
export function tagOf(bytes: Uint8Array, at: number): number {
  return wire16(bytes, at + typeOffset + 2);
}

/** The VLAN identifier in a tag: 0 says priority only. */
export function vlanOfTag(tag: number): number {
  return tag & 0xfff;
}

/** The priority in a tag, 0 to 7. */
export function priorityOfTag(tag: number): number {
  return tag >> 13;
}

/** Bytes from the start of the frame at `at` to what follows its header and its tag, if it wears one. */
export function payloadOffset(bytes: Uint8Array, at: number): number {
  return isTagged(bytes, at) ? headerBytes + tagBytes : headerBytes;
}

/** What the frame at `at` carries: its EtherType, the one behind the tag if it wears one. */
export function typeOf(bytes: Uint8Array, at: number): number {
  return wire16(bytes, at + payloadOffset(bytes, at) - 2);
}

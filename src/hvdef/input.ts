import { layout, raw, u8, u16, u32 } from "../support/index.ts";

/** First field of every message of the keyboard's channel, which has no pipe header. @video-input B */
export const KeyboardMessage = {
  protocolRequest: 1, // guest
  protocolResponse: 2, // host
  event: 3, // host
  setLedIndicators: 4, // guest
} as const;

/** The one version there is: 1.0, the major number in the high half. */
export const keyboardVersion = 0x0001_0000;

/** Guest → host; a shorter one is no request. */
export const KeyboardRequest = layout("KeyboardRequest", "le", 8, {
  type: u32, // KeyboardMessage
  version: u32,
});

/** Host → guest. */
export const KeyboardResponse = layout("KeyboardResponse", "le", 8, {
  type: u32, // KeyboardMessage
  status: u32, // 1: accepted, 0: refused
});

/** Host → guest: one key goes down or up. */
export const KeyStroke = layout("KeyStroke", "le", 12, {
  type: u32, // KeyboardMessage
  makeCode: u16, // of set 1, without the bit that tells a break
  reserved: u16, // 0
  flags: u32, // KeyboardFlag
});

/** Bits of `flags`. The one for Unicode is left out: Linux would take the character for a make code. */
export const KeyboardFlag = { isBreak: 2, isE0: 4, isE1: 8 } as const;

/** First 16 bytes of every message of the mouse's channel. @video-input C */
export const MouseHeader = layout("MouseHeader", "le", 16, {
  pipeType: u32, // mousePipe
  pipeSize: u32, // bytes behind this field
  type: u32, // MouseMessage
  size: u32, // bytes behind this field
});

/** The pipe's only type. */
export const mousePipe = 1;

/** What a message of the mouse's channel is. */
export const MouseMessage = {
  protocolRequest: 0, // guest
  protocolResponse: 1, // host
  deviceInfo: 2, // host, of its own accord after the response
  deviceInfoAck: 3, // guest
  inputReport: 4, // host
} as const;

/** The one version there is: 2.0, the major number in the high half. */
export const mouseVersion = 0x0002_0000;

/** Body of a request. */
export const MouseRequest = layout("MouseRequest", "le", 4, { version: u32 });

/** Body of a response. Linux drops a packet with a byte more behind it. */
export const MouseResponse = layout("MouseResponse", "le", 5, {
  version: u32, // as asked
  approved: u8, // 1 or 0
});

/** Body of the device's description; the report descriptor follows. */
export const MouseDevice = layout("MouseDevice", "le", 41, {
  size: u32, // 32: up to `hidLength`
  vendor: u16,
  product: u16,
  version: u16,
  reserved: raw(22),
  hidLength: u8, // 9: of the HID descriptor, which begins here
  hidType: u8, // 21h
  hidRelease: raw(2), // 1.1
  country: u8, // 0
  descriptorCount: u8, // 1
  descriptorType: u8, // 22h: a report descriptor
  descriptorLength: raw(2), // bytes of what follows, little-endian
});

/** Body of a report: buttons as in `PointerButton`, an absolute place, the wheel's movement. */
export const MouseReport = layout("MouseReport", "le", 7, {
  buttons: u8,
  x: raw(2), // 0 to `pointerSpan` over the width of the screen, little-endian
  y: raw(2), // likewise over its height
  wheel: raw(2), // signed, away from the user is positive
});

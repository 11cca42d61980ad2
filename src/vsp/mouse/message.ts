import {
  MouseDevice,
  MouseHeader,
  MouseMessage,
  MouseReport,
  MouseResponse,
  mousePipe,
  type PointerReport,
  pointerSpan,
} from "../../hvdef/index.ts";
import type { AnyBytes, OwnBytes } from "../../support/index.ts";

/**
 * What the mouse says of itself, item by item: five buttons, an absolute place in two words of 0 to 7FFFh, a wheel.
 * @video-input C
 */
const reportDescriptor: readonly number[] = [
  ...[0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00],
  ...[0x05, 0x09, 0x19, 0x01, 0x29, 0x05, 0x15, 0x00, 0x25, 0x01, 0x95, 0x05, 0x75, 0x01, 0x81, 0x02],
  ...[0x95, 0x01, 0x75, 0x03, 0x81, 0x01],
  ...[0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x15, 0x00, 0x26, 0xff, 0x7f, 0x75, 0x10, 0x95, 0x02, 0x81, 0x02],
  ...[0x05, 0x01, 0x09, 0x38, 0x16, 0x01, 0x80, 0x26, 0xff, 0x7f, 0x75, 0x10, 0x95, 0x01, 0x81, 0x06],
  ...[0xc0, 0xc0],
];

const attributeBytes = 32;
const hidDescriptorBytes = 9;
const microsoft = 0x045e;
const synthetic = 0x0621;
const fiveButtons = 0x1f;
const wheelMost = 0x7fff;

/** A message with its two headers; the pipe's size ends where the body does. */
function message(type: number, body: AnyBytes): OwnBytes {
  const bytes = new Uint8Array(MouseHeader.size + body.length);
  const header = { pipeType: mousePipe, pipeSize: body.length + 8, type, size: body.length };
  MouseHeader.write(new DataView(bytes.buffer), 0, header);
  bytes.set(body, MouseHeader.size);
  return bytes;
}

/** Whether a version is agreed on. */
export function mouseResponse(version: number, approved: boolean): OwnBytes {
  return message(MouseMessage.protocolResponse, MouseResponse.bytes({ version, approved: approved ? 1 : 0 }));
}

/** What the mouse is. */
export function mouseDescription(): OwnBytes {
  const body = new Uint8Array(MouseDevice.size + reportDescriptor.length);
  body.set(
    MouseDevice.bytes({
      size: attributeBytes,
      vendor: microsoft,
      product: synthetic,
      version: 0,
      reserved: new Uint8Array(22),
      hidLength: hidDescriptorBytes,
      hidType: 0x21,
      hidRelease: Uint8Array.of(1, 1),
      country: 0,
      descriptorCount: 1,
      descriptorType: 0x22,
      descriptorLength: word(reportDescriptor.length),
    }),
  );
  body.set(reportDescriptor, MouseDevice.size);
  return message(MouseMessage.deviceInfo, body);
}

/** Where the pointer is and what is pressed. Figures outside of what can be said are brought inside. */
export function mouseReport({
  x,
  y,
  buttons,
  wheel,
}: Extract<PointerReport, { kind: "absolute" }>): OwnBytes {
  return message(
    MouseMessage.inputReport,
    MouseReport.bytes({
      buttons: buttons & fiveButtons,
      x: word(within(x, 0, pointerSpan)),
      y: word(within(y, 0, pointerSpan)),
      wheel: word(within(wheel, -wheelMost, wheelMost)),
    }),
  );
}

function within(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, Math.round(value)));
}

function word(value: number): OwnBytes {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff);
}

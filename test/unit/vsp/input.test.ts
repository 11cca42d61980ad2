import { describe, expect, test } from "vitest";
import type { ChannelId } from "../../../src/hvdef/index.ts";
import {
  type KeyboardState,
  keyboardOffer,
  type MouseState,
  mouseOffer,
  restoreKeyboard,
  restoreMouse,
  syntheticKeyboard,
  syntheticMouse,
} from "../../../src/vsp/index.ts";
import { labChannel } from "../../lab/channel.ts";

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");
const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const channel = 9 as ChannelId;

/** A device with its channel open; counts how often it has changed. */
function opened<T extends Parameters<typeof labChannel>[0]>(make: (options: { changed(): void }) => T) {
  let changes = 0;
  const device = make({ changed: () => void changes++ });
  const lab = labChannel(device);
  lab.open();
  return { device, lab, changes: () => changes };
}

describe("keyboard", () => {
  const request = bytes("01000000 00000100");

  test("is negotiated byte for byte as the reference has it", () => {
    const { device, lab, changes } = opened(syntheticKeyboard);
    expect(device.isReady()).toBe(false);
    lab.ask({ payload: request });
    expect(lab.sent.map(hex)).toEqual(["0200000001000000"]);
    expect(device.isReady()).toBe(true);
    expect(changes()).toBe(1);
  });

  test("sends make codes with flags, never a character", () => {
    const { device, lab } = opened(syntheticKeyboard);
    lab.ask({ payload: request });
    device.type([0x1c, 0x9c, 0xe0, 0x4d, 0xe0, 0xcd, 0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5]);
    expect(lab.sent.slice(1).map(hex)).toEqual([
      "030000001c00000000000000",
      "030000001c00000002000000",
      "030000004d00000004000000",
      "030000004d00000006000000",
      "030000001d00000008000000",
      "030000004500000000000000",
      "030000001d0000000a000000",
      "030000004500000002000000",
    ]);
  });

  test("refuses another version, and says so; what is typed meanwhile is lost", () => {
    const { device, lab, changes } = opened(syntheticKeyboard);
    lab.request({ payload: bytes("01000000 00000200") });
    device.type([0x1c]);
    expect(lab.sent.map(hex)).toEqual(["0200000000000000"]);
    expect(device.isReady()).toBe(false);
    expect(changes()).toBe(0);
  });

  test("is gone with its channel, and negotiated anew with the next", () => {
    const { device, lab, changes } = opened(syntheticKeyboard);
    lab.ask({ payload: request });
    lab.close();
    expect(device.isReady()).toBe(false);
    lab.open();
    device.type([0x1c]);
    expect(lab.sent).toHaveLength(1);
    lab.ask({ payload: request });
    expect(changes()).toBe(3);
  });

  test("shows what the guest does to its lights, and counts what makes no sense", () => {
    const { device, lab } = opened(syntheticKeyboard);
    lab.request({ payload: bytes("04000000 05000000") });
    lab.request({ payload: bytes("0400") });
    lab.request({ payload: bytes("99000000 00000000") });
    expect(device.inspect()).toMatchObject({ state: "opened", leds: 5, strange: 2 });
  });

  test("goes on where it was saved", () => {
    const { device, lab } = opened(syntheticKeyboard);
    lab.ask({ payload: request });
    const saved: KeyboardState = JSON.parse(JSON.stringify(device.save()));
    const restored = restoreKeyboard(saved, { changed() {} });
    if (restored.kind !== "restored") throw new Error(restored.text);
    const next = labChannel(restored.keyboard);
    next.open();
    restored.keyboard.type([0x1c]);
    expect(next.sent.map(hex)).toEqual(["030000001c00000000000000"]);
    next.open();
    expect(restored.keyboard.isReady()).toBe(false);
  });

  test.each([
    [null],
    [{}],
    [{ format: 2, line: { kind: "closed" } }],
    [{ format: 1, line: { kind: "ready", version: 3 } }],
  ])("is not restored from %j", (saved) =>
    expect(restoreKeyboard(saved, { changed() {} })).toMatchObject({ kind: "refused" }),
  );
});

describe("mouse", () => {
  const request = bytes("01000000 0c000000 00000000 04000000 00000200 000000");
  const ack = bytes("01000000 09000000 03000000 01000000 00000000");

  test("answers with exactly 13 bytes in the pipe, and describes itself unasked", () => {
    const { device, lab, changes } = opened(syntheticMouse);
    lab.ask({ payload: request });
    const [response, description = new Uint8Array(0)] = lab.sent;
    expect(hex(response)).toBe("010000000d000000010000000500000000000200" + "01");
    expect(hex(description.subarray(0, 26))).toBe(
      "0100000074000000020000006c000000" + "200000005e0421060000",
    );
    expect(hex(description.subarray(48, 57))).toBe("092101010001224300");
    expect(description.length).toBe(16 + 32 + 9 + 67);
    expect(device.isReady()).toBe(false);
    lab.ask({ payload: ack });
    expect(device.isReady()).toBe(true);
    expect(changes()).toBe(1);
  });

  test("reports as the reference has it, and never beyond the screen", () => {
    const { device, lab } = opened(syntheticMouse);
    lab.request({ payload: request });
    lab.request({ payload: ack });
    device.point({ kind: "absolute", x: 16_384, y: 16_384, buttons: 1, wheel: 0 });
    device.point({ kind: "absolute", x: -5, y: 99_999, buttons: 0xff, wheel: -1 });
    expect(lab.sent.slice(2).map(hex)).toEqual([
      "010000000f0000000400000007000000" + "01004000400000",
      "010000000f0000000400000007000000" + "1f0000ff7fffff",
    ]);
  });

  test("refuses another version; an acknowledgement of nothing is none", () => {
    const { device, lab } = opened(syntheticMouse);
    lab.request({ payload: ack });
    lab.request({ payload: bytes("01000000 0c000000 00000000 04000000 00000300 000000") });
    expect(lab.sent.map(hex)).toEqual(["010000000d000000010000000500000000000300" + "00"]);
    expect(device.isReady()).toBe(false);
    expect(device.inspect()).toMatchObject({ strange: 1 });
  });

  test("goes on where it was saved, between description and acknowledgement too", () => {
    const { device, lab } = opened(syntheticMouse);
    lab.request({ payload: request });
    const saved: MouseState = JSON.parse(JSON.stringify(device.save()));
    const restored = restoreMouse(saved, { changed() {} });
    if (restored.kind !== "restored") throw new Error(restored.text);
    const next = labChannel(restored.mouse);
    next.open();
    next.request({ payload: ack });
    expect(restored.mouse.isReady()).toBe(true);
  });

  test.each([[7], [{ format: 1, line: { kind: "described", version: 1 } }]])(
    "is not restored from %j",
    (saved) => expect(restoreMouse(saved, { changed() {} })).toMatchObject({ kind: "refused" }),
  );
});

test("both are offered as themselves, always with the same instance", () => {
  expect(keyboardOffer(channel)).toEqual(keyboardOffer(channel));
  expect(keyboardOffer(channel).interfaceType).toBe("f912ad6d-2b17-48ea-bd65-f927a61c7684");
  expect(mouseOffer(channel).interfaceType).toBe("cfa8b69e-5b4a-4cc0-b98b-8ba1a1f3f95a");
});

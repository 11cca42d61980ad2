import { describe, expect, test } from "vitest";
import { keyCodes } from "../../../src/hvdef/index.ts";
import { type CapturedKey, openKeyCapture } from "../../../src/ui/key-capture.ts";

const event = (type: "keydown" | "keyup", code: string, more: Partial<CapturedKey> = {}): CapturedKey => ({
  type,
  code,
  key: "",
  repeat: false,
  ctrlKey: false,
  altKey: false,
  isComposing: false,
  ...more,
});
const down = (code: string, more: Partial<CapturedKey> = {}) => event("keydown", code, more);
const up = (code: string, more: Partial<CapturedKey> = {}) => event("keyup", code, more);

describe("keys", () => {
  test("are told by their place, whatever the visitor's layout makes of them", () => {
    const capture = openKeyCapture(false);
    expect(capture.key(down("KeyY", { key: "z" }))).toEqual({ kind: "codes", codes: [0x15] });
    expect(capture.key(up("KeyY", { key: "z" }))).toEqual({ kind: "codes", codes: [0x95] });
    expect(capture.key(down("Backquote", { key: "Dead" }))).toEqual({ kind: "codes", codes: [0x29] });
  });

  test("go down and up again, every one", () => {
    const capture = openKeyCapture(false);
    for (const [name, code] of Object.entries(keyCodes)) {
      const pressed = capture.key(down(name));
      const released = capture.key(up(name));
      if (pressed.kind !== "codes" || released.kind !== "codes") throw new Error(name);
      expect(pressed.codes.length, name).toBeGreaterThan(0);
      if (name !== "Pause") expect(released.codes.at(-1), name).toBe((code & 0xff) | 0x80);
    }
  });

  test("that are held are told again", () => {
    const capture = openKeyCapture(false);
    capture.key(down("KeyA"));
    expect(capture.key(down("KeyA", { repeat: true }))).toEqual({ kind: "codes", codes: [0x1e] });
  });

  test("that no keyboard of ours has are kept from the browser and from the guest", () => {
    expect(openKeyCapture(false).key(down("BrowserBack"))).toEqual({ kind: "codes", codes: [] });
  });
});

describe("AltGr on Windows", () => {
  test("is one key: the Control that comes with it goes up before, and does not come again", () => {
    const capture = openKeyCapture(false);
    capture.key(down("ControlLeft", { key: "Control" }));
    expect(capture.key(down("AltRight", { key: "AltGraph" }))).toEqual({
      kind: "codes",
      codes: [0x9d, 0xe0, 0x38],
    });
    expect(capture.key(down("ControlLeft", { repeat: true }))).toEqual({ kind: "codes", codes: [] });
    expect(capture.key(down("AltRight", { key: "AltGraph", repeat: true }))).toEqual({
      kind: "codes",
      codes: [0xe0, 0x38],
    });
    expect(capture.key(down("KeyQ", { key: "@", ctrlKey: true, altKey: true }))).toEqual({
      kind: "codes",
      codes: [0x10],
    });
    capture.key(up("AltRight", { key: "AltGraph" }));
    expect(capture.key(down("ControlLeft"))).toEqual({ kind: "codes", codes: [0x1d] });
  });

  test("with an arrow is no way to leave", () => {
    const capture = openKeyCapture(false);
    capture.key(down("AltRight", { key: "AltGraph" }));
    const arrow = down("ArrowLeft", { ctrlKey: true, altKey: true });
    expect(capture.key(arrow).kind).toBe("codes");
    capture.forget();
    expect(capture.key(arrow).kind).toBe("leave");
  });
});

test("the keys of VMConnect leave, press Ctrl+Alt+Del, and fill the screen", () => {
  const capture = openKeyCapture(false);
  const both = { ctrlKey: true, altKey: true };
  expect(capture.key(down("ArrowLeft", both))).toEqual({ kind: "leave" });
  expect(capture.key(down("End", both))).toEqual({ kind: "ctrlAltDel" });
  expect(capture.key(down("Pause", both))).toEqual({ kind: "fullScreen" });
  expect(capture.key(down("ArrowLeft", { altKey: true })).kind).toBe("codes");
});

test("what an input method or a touch keyboard makes is text", () => {
  const capture = openKeyCapture(false);
  expect(capture.key(down("KeyK", { isComposing: true })).kind).toBe("text");
  expect(capture.key(down("KeyK", { key: "Process" })).kind).toBe("text");
  expect(capture.key(down("", { key: "Unidentified" })).kind).toBe("text");
});

test("Apple's keyboards: Caps Lock is told once each way, and Command going up lets go of everything", () => {
  const capture = openKeyCapture(true);
  const tap = { kind: "codes", codes: [0x3a, 0xba] };
  expect(capture.key(down("CapsLock"))).toEqual(tap);
  expect(capture.key(up("CapsLock"))).toEqual(tap);
  expect(capture.key(up("MetaLeft"))).toEqual({ kind: "releaseAll" });
  expect(openKeyCapture(false).key(up("MetaLeft"))).toEqual({ kind: "codes", codes: [0xe0, 0xdb] });
});

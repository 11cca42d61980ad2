import { expect, test } from "vitest";
import { keyCodes } from "../../../src/hvdef/index.ts";
import { keyOfCode } from "../../../src/vmms/wmi/virtual-keys.ts";
import type { PropertySet } from "../../../src/wmi/index.ts";
import { openMemoryHost, settle, web01 } from "../../lab/memory-host.ts";
import { wmiClient } from "../../lab/wmi.ts";

async function openKeyboard() {
  const host = await openMemoryHost();
  const client = wmiClient(host);
  const keyboard = (method: string, parameters: PropertySet = {}) =>
    client.call("SELECT * FROM Msvm_Keyboard", method, parameters);
  return { host, client, keyboard };
}

test("a keyboard is found from its machine, and types what it is told", async () => {
  const { host, client, keyboard } = await openKeyboard();
  const { path } = await client.machine();
  const found = await client.one(
    `ASSOCIATORS OF {${path}} WHERE AssocClass=Msvm_SystemDevice ResultClass=Msvm_Keyboard`,
  );
  expect(found.properties).toMatchObject({ EnabledState: 5, Layout: "00000409", NumberOfFunctionKeys: 12 });
  await host.session.setKeyboardLayout(web01, "german");
  expect((await client.one("SELECT Layout FROM Msvm_Keyboard")).properties["Layout"]).toBe("00000407");
  await host.session.start(web01);
  const typed = async (method: string, parameters: PropertySet = {}) => {
    expect(await keyboard(method, parameters)).toEqual({ returnValue: 0, out: {} });
    await settle();
    return host.typed.splice(0);
  };
  expect(await typed("TypeKey", { keyCode: 65 })).toEqual([0x1e, 0x9e]);
  expect(await typed("PressKey", { keyCode: 17 })).toEqual([0x1d]);
  expect(await keyboard("IsKeyPressed", { keyCode: 162 })).toEqual({
    returnValue: 0,
    out: { keyState: true },
  });
  expect(await typed("ReleaseKey", { keyCode: 162 })).toEqual([0x9d]);
  expect(await keyboard("IsKeyPressed", { keyCode: 17 })).toEqual({
    returnValue: 0,
    out: { keyState: false },
  });
  expect(await typed("TypeCtrlAltDel")).toEqual([0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xb8, 0x9d]);
  expect(await typed("TypeScancodes", { Scancodes: [0x1c, 0x9c] })).toEqual([0x1c, 0x9c]);
  // On a German keyboard z is where y is on others.
  expect(await typed("TypeText", { asciiText: "z" })).toEqual([0x15, 0x95]);
});

test("what cannot be typed is refused with its code, and nothing is typed", async () => {
  const { host, client, keyboard } = await openKeyboard();
  const codeOf = async (method: string, parameters?: PropertySet) =>
    (await keyboard(method, parameters)).returnValue;
  expect(await codeOf("TypeText", { asciiText: "a" })).toBe(32775);
  await client.power(2);
  expect(await codeOf("TypeText", { asciiText: "日" })).toBe(32773);
  expect(await codeOf("TypeText", { asciiText: "a".repeat(300_000) })).toBe(32773);
  expect(await codeOf("TypeText")).toBe(32773);
  expect(await codeOf("TypeKey")).toBe(32773);
  for (const keyCode of [0, 255, 136, 4_294_967_295])
    expect(await codeOf("PressKey", { keyCode })).toBe(32773);
  expect(await codeOf("TypeScancodes")).toBe(32773);
  expect(await codeOf("TypeScancodes", { Scancodes: Array<number>(5000).fill(1) })).toBe(32773);
  await client.power(32768);
  expect(await codeOf("TypeKey", { keyCode: 65 })).toBe(32775);
  await settle();
  expect(host.typed).toEqual([]);
});

test("every code is a key of its own or none; only Shift, Ctrl and Alt have two", () => {
  const keys = Array.from({ length: 256 }, (_none, code) => keyOfCode(code)).filter((key) => key !== null);
  const twice = keys.filter((key, place) => keys.indexOf(key) !== place);
  expect(twice).toEqual(["ShiftLeft", "ControlLeft", "AltLeft"]);
  const without = Object.keys(keyCodes).filter((name) => !keys.some((key) => key === name));
  expect(without).toEqual(["NumpadEqual", "KanaMode", "IntlRo", "IntlYen", "NumpadEnter"]);
});

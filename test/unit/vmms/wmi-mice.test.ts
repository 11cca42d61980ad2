import { expect, test } from "vitest";
import type { PropertySet } from "../../../src/wmi/index.ts";
import { labChannel } from "../../lab/channel.ts";
import { openMemoryHost, settle, web01 } from "../../lab/memory-host.ts";
import { wmiClient } from "../../lab/wmi.ts";

const request = Uint8Array.from([1, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 2, 0]);
const ack = Uint8Array.from([1, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0]);

async function openMice() {
  const host = await openMemoryHost();
  const client = wmiClient(host);
  const call = (className: string) => async (method: string, parameters?: PropertySet) =>
    client.call(`SELECT * FROM ${className}`, method, parameters);
  /** The guest's driver listens from now on. Answers the reports it was sent: buttons, place and wheel. */
  function loadDriver() {
    const mouse = labChannel(host.hands().mouse);
    mouse.open();
    mouse.request({ payload: request });
    mouse.request({ payload: ack });
    mouse.sent.splice(0);
    return () =>
      mouse.sent
        .splice(0)
        .filter((packet) => packet[8] === 4)
        .map((packet) => {
          const view = new DataView(packet.buffer, packet.byteOffset + 16);
          return [view.getUint8(0), view.getUint16(1, true), view.getUint16(3, true), view.getInt16(5, true)];
        });
  }
  return { host, client, synthetic: call("Msvm_SyntheticMouse"), ps2: call("Msvm_Ps2Mouse"), loadDriver };
}

test("the mouse of a guest without a driver moves, clicks and scrolls", async () => {
  const { host, client, ps2, synthetic } = await openMice();
  expect((await ps2("ClickButton", { buttonIndex: 1 })).returnValue).toBe(32775);
  await client.power(2);
  expect((await ps2("SetRelativePosition", { horizontalDelta: 3, verticalDelta: -4 })).returnValue).toBe(0);
  expect((await ps2("SetButtonState", { buttonIndex: 2, buttonState: true })).returnValue).toBe(0);
  expect((await ps2("GetButtonState", { buttonIndex: 2 })).out).toEqual({ buttonState: true });
  expect((await ps2("ClickButton", { buttonIndex: 1 })).returnValue).toBe(0);
  expect((await ps2("SetScrollPosition", { scrollPositionDelta: -2 })).returnValue).toBe(0);
  await settle();
  expect(host.moved).toMatchObject([
    { dx: 3, dy: -4, buttons: 0, wheel: 0 },
    { dx: 0, dy: 0, buttons: 2, wheel: 0 },
    { dx: 0, dy: 0, buttons: 3, wheel: 0 },
    { dx: 0, dy: 0, buttons: 2, wheel: 0 },
    { dx: 0, dy: 0, buttons: 2, wheel: -2 },
  ]);
  const place = { horizontalPosition: 1, verticalPosition: 1 };
  expect((await synthetic("SetAbsolutePosition", place)).returnValue).toBe(32775);
  // A machine that stands still, or begins anew, has no button down.
  await client.power(10);
  expect((await ps2("GetButtonState", { buttonIndex: 2 })).out).toEqual({ buttonState: false });
});

test("the synthetic mouse goes to a place and clicks there", async () => {
  const { client, synthetic, ps2, loadDriver } = await openMice();
  await client.power(2);
  const reports = loadDriver();
  const place = { horizontalPosition: 32767, verticalPosition: 100 };
  expect((await synthetic("SetAbsolutePosition", place)).returnValue).toBe(0);
  expect((await synthetic("ClickButton", { buttonIndex: 3 })).returnValue).toBe(0);
  expect((await synthetic("SetButtonState", { buttonIndex: 5, isDown: true })).returnValue).toBe(0);
  expect((await synthetic("GetButtonState", { buttonIndex: 5 })).out).toEqual({ isDown: true });
  expect((await synthetic("SetScrollPosition", { scrollPositionDelta: 1 })).returnValue).toBe(0);
  expect(reports()).toEqual([
    [0, 32767, 100, 0],
    [4, 32767, 100, 0],
    [0, 32767, 100, 0],
    [16, 32767, 100, 0],
    [16, 32767, 100, 1],
  ]);
  expect((await ps2("SetRelativePosition", { horizontalDelta: 1, verticalDelta: 1 })).returnValue).toBe(
    32775,
  );
});

test.each([
  ["SetAbsolutePosition", { horizontalPosition: 32768, verticalPosition: 0 }],
  ["SetAbsolutePosition", { horizontalPosition: 0, verticalPosition: -1 }],
  ["SetAbsolutePosition", { horizontalPosition: 0 }],
  ["SetButtonState", { buttonIndex: 1 }],
  ["SetButtonState", { buttonIndex: 0, isDown: true }],
  ["GetButtonState", { buttonIndex: 6 }],
  ["ClickButton", {}],
  ["SetScrollPosition", {}],
  ["SetScrollPosition", { scrollPositionDelta: 1_000_000 }],
])("%s of %j is refused, and nothing moves", async (method, parameters) => {
  const { client, synthetic, loadDriver } = await openMice();
  await client.power(2);
  const reports = loadDriver();
  expect((await synthetic(method, parameters)).returnValue).toBe(32773);
  expect(reports()).toEqual([]);
});

test("both are found from their machine", async () => {
  const { client } = await openMice();
  const { path } = await client.machine();
  const found = await client.all(`ASSOCIATORS OF {${path}} WHERE ResultClass=CIM_PointingDevice`);
  expect(found.map(({ className }) => className)).toEqual(["Msvm_SyntheticMouse", "Msvm_Ps2Mouse"]);
  expect(found.every(({ properties }) => String(properties["DeviceID"]).includes(web01.toUpperCase()))).toBe(
    true,
  );
});

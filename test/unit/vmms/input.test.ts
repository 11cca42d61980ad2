import { describe, expect, test } from "vitest";
import type { PointerMovement } from "../../../src/hvdef/index.ts";
import { manualClock, micros } from "../../../src/support/index.ts";
import { labChannel } from "../../lab/channel.ts";
import { labInput } from "../../lab/machine-input.ts";
import { codeOf, labVm, openMemoryHost, settle, textOf, web01 } from "../../lab/memory-host.ts";

const keyboardRequest = Uint8Array.of(1, 0, 0, 0, 0, 0, 1, 0);
const mouseRequest = Uint8Array.from([1, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 2, 0]);
const mouseAck = Uint8Array.from([1, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0]);

/** A machine that runs, with a guest whose drivers come when a test says so. Time passes while something waits. */
function rig(waiting: () => number = () => 0) {
  const clock = manualClock(micros(0));
  const typed: number[] = [];
  const moved: PointerMovement[] = [];
  const batches: number[] = [];
  const lab = labInput({
    clock,
    async pause(time) {
      clock.advance(micros(time));
      await settle(1);
    },
  });
  lab.begin({
    async keyboardInput(codes) {
      typed.push(...codes);
      return waiting();
    },
    async mouseInput(movements) {
      batches.push(movements.length);
      moved.push(...movements);
    },
  });
  const keyboard = labChannel(lab.services.keyboard);
  const mouse = labChannel(lab.services.mouse);
  return {
    ...lab,
    clock,
    moved,
    batches,
    /** What the emulated keyboard was given and nobody has looked at. */
    emulated: () => typed.splice(0),
    /** Likewise for the synthetic one: make code and flags. */
    synthetic: () =>
      keyboard.sent
        .splice(0)
        .filter(([type]) => type === 3)
        .map((event) => [event[4], event[8]]),
    reports: () => mouse.sent.splice(0).filter((packet) => packet[8] === 4),
    keyboard,
    mouse,
    loadKeyboard() {
      keyboard.open();
      keyboard.request({ payload: keyboardRequest });
    },
    loadMouse() {
      mouse.open();
      mouse.request({ payload: mouseRequest });
      mouse.request({ payload: mouseAck });
    },
  };
}

describe("keys", () => {
  test("go to the emulated keyboard until the guest's driver listens, then to its own", () => {
    const { input, emulated, synthetic, loadKeyboard, keyboard } = rig();
    expect(input.summary()).toMatchObject({ keyboard: "emulated", mouse: "emulated" });
    input.typeKey("KeyA");
    expect(emulated()).toEqual([0x1e, 0x9e]);
    loadKeyboard();
    expect(input.summary()).toMatchObject({ keyboard: "synthetic", mouse: "emulated" });
    input.typeKey("KeyA");
    expect(emulated()).toEqual([]);
    expect(synthetic()).toEqual([
      [0x1e, 0],
      [0x1e, 2],
    ]);
    keyboard.close();
    input.typeKey("KeyA");
    expect(emulated()).toEqual([0x1e, 0x9e]);
  });

  test("that are down go up on the old device when the route changes, and their own release is no news", () => {
    const { input, emulated, synthetic, loadKeyboard } = rig();
    input.pressKey("ControlLeft");
    input.pressKey("ArrowUp");
    expect(input.isKeyPressed("ArrowUp")).toBe(true);
    emulated();
    loadKeyboard();
    expect(emulated()).toEqual([0x9d, 0xe0, 0xc8]);
    input.releaseKey("ControlLeft");
    expect(synthetic()).toEqual([]);
    expect(input.isKeyPressed("ControlLeft")).toBe(false);
  });

  test("that are down go up when whoever typed looks elsewhere", () => {
    const { input, emulated } = rig();
    input.typeScancodes([0x2a, 0x1e, 0x1e, 0x1e]);
    input.releaseAll();
    input.releaseAll();
    expect(emulated()).toEqual([0x2a, 0x1e, 0x1e, 0x1e, 0xaa, 0x9e]);
  });

  test("of Ctrl+Alt+Del go down in order and up in reverse", () => {
    const { input, emulated } = rig();
    input.typeCtrlAltDel();
    expect(emulated()).toEqual([0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xb8, 0x9d]);
  });

  test("are lost where nobody runs, and those that are down went up before", () => {
    const { input, emulated, setRunning } = rig();
    input.pressKey("KeyA");
    setRunning(false);
    input.hold();
    input.typeKey("KeyB");
    expect(emulated()).toEqual([0x1e, 0x9e]);
  });

  test("make sense, or are refused", () => {
    const { input } = rig();
    const wrong = (codes: readonly number[]) => () => input.typeScancodes(codes);
    for (const codes of [[256], [-1], [1.5], [Number.NaN], Array<number>(5000).fill(1)])
      expect(wrong(codes)).toThrow(/Scan codes/);
    expect(() => input.typeKey("__proto__" as "KeyA")).toThrow(/no key __proto__/);
  });
});

describe("text", () => {
  test("is typed at the pace of a guest, sixteen bytes at a time", async () => {
    const { input, emulated, clock } = rig();
    await input.typeText("a".repeat(80));
    expect(emulated()).toHaveLength(160);
    expect(clock.now()).toBe(10 * 20_000);
  });

  test("waits for a guest that is busy, and tells how far it is", async () => {
    let waits = 40;
    const seen: number[] = [];
    const { input, clock } = rig(() => {
      seen.push(input.summary().typing?.done ?? -1);
      return waits-- > 0 ? 7 : 0;
    });
    await input.typeText("b".repeat(20));
    expect(clock.now()).toBeGreaterThan(40 * 20_000);
    expect(seen.at(0)).toBe(0);
    expect(seen.at(-1)).toBe(16);
    expect(input.summary().typing).toBeNull();
  });

  test("is given up when the guest does not read", async () => {
    const { input, emulated } = rig(() => 16);
    expect(await textOf(input.typeText("c".repeat(100)))).toMatch(
      /web01 does not read its keyboard: typing stopped after 8 of 100 characters/,
    );
    expect(emulated()).toHaveLength(16);
    expect(input.summary().typing).toBeNull();
  });

  test("can be stopped, and ends with the machine", async () => {
    const { input } = rig();
    const typing = codeOf(input.typeText("d".repeat(1000)));
    expect(await codeOf(input.typeText("e"))).toBe("input.busy");
    input.stopTyping();
    expect(await typing).toBe("input.stopped");
    const again = codeOf(input.typeText("f".repeat(1000)));
    input.end();
    expect(await again).toBe("input.stopped");
  });

  test("comes first: keys that somebody presses meanwhile come after it, those held before go up", async () => {
    const { input, emulated } = rig();
    input.pressKey("ControlLeft");
    const typing = input.typeText("ab".repeat(20));
    input.typeKey("Enter");
    await typing;
    const codes = emulated();
    expect(codes.slice(0, 4)).toEqual([0x1d, 0x9d, 0x1e, 0x9e]);
    expect(codes.slice(-2)).toEqual([0x1c, 0x9c]);
    expect(codes).toHaveLength(2 + 80 + 2);
  });

  test("of another layout is refused whole, by character", async () => {
    const { input, emulated } = rig();
    expect(await textOf(input.typeText("Grüße\u00a0!"))).toMatch(
      /The US keyboard cannot type “ü” \(U\+00FC\), “ß” \(U\+00DF\), U\+00A0\. Nothing was typed/,
    );
    expect(emulated()).toEqual([]);
    await input.setLayout("german");
    await input.typeText("Grüße");
    expect(emulated().length).toBeGreaterThan(10);
  });
});

describe("pointer", () => {
  test("moves the emulated mouse in one message, and the synthetic one to places", () => {
    const { input, moved, batches, reports, loadMouse } = rig();
    input.movePointer([
      { kind: "relative", dx: 3, dy: 4, buttons: 0, wheel: 0 },
      { kind: "relative", dx: 0, dy: 0, buttons: 1, wheel: 0 },
    ]);
    expect(batches).toEqual([2]);
    loadMouse();
    // The button that was down went up on the mouse that is left.
    expect(moved.at(-1)).toEqual({ kind: "relative", dx: 0, dy: 0, buttons: 0, wheel: 0 });
    input.movePointer([
      { kind: "absolute", x: 100, y: 200, buttons: 2, wheel: 0 },
      { kind: "relative", dx: 9, dy: 9, buttons: 2, wheel: 1 },
    ]);
    expect(reports().map((packet) => [...packet.subarray(16)])).toEqual([
      [2, 100, 0, 200, 0, 0, 0],
      [2, 100, 0, 200, 0, 1, 0],
    ]);
    input.releaseAll();
    expect(reports().map((packet) => packet[16])).toEqual([0]);
  });

  test("takes nothing that makes no sense", () => {
    const { input } = rig();
    const report = { kind: "absolute", x: Number.NaN, y: 0, buttons: 0, wheel: 0 } as const;
    expect(() => input.movePointer([report])).toThrow(/pointer report/);
  });
});

describe("a host", () => {
  test("offers both to every machine, and its session types", async () => {
    const host = await openMemoryHost();
    await host.session.typeKey(web01, "KeyA");
    expect((await host.summary()).input).toEqual({
      keyboard: "none",
      mouse: "none",
      layout: "us",
      typing: null,
    });
    await host.session.start(web01);
    expect(host.configurations[0]?.offers.map(({ channel }) => channel)).toEqual(
      expect.arrayContaining([57, 58]),
    );
    await host.session.typeKey(web01, "KeyA");
    await host.session.movePointer(web01, [{ kind: "relative", dx: 1, dy: 2, buttons: 0, wheel: 0 }]);
    expect(host.typed).toEqual([0x1e, 0x9e]);
    expect(host.moved).toHaveLength(1);
    const guest = labChannel(host.hands().keyboard);
    guest.open();
    guest.request({ payload: keyboardRequest });
    expect((await host.summary()).input.keyboard).toBe("synthetic");
    await host.session.pressKey(web01, "KeyA");
    await host.session.pause(web01);
    expect(guest.sent.at(-1)?.[8]).toBe(2);
    await host.session.turnOff(web01);
    await settle();
    expect((await host.summary()).input.keyboard).toBe("none");
  });

  test("disabling a service takes neither away", async () => {
    const host = await openMemoryHost();
    await host.session.start(web01);
    await host.session.setIntegrationService(web01, "backup", false);
    expect(host.offered.at(-1)).toEqual(expect.arrayContaining([57, 58]));
  });

  test("remembers the layout; one that cannot be read is put beside and said", async () => {
    const host = await openMemoryHost();
    await host.session.setKeyboardLayout(web01, "german");
    const again = await openMemoryHost({ kept: host.kept, disks: host.disks });
    expect((await again.summary()).input.layout).toBe("german");
    expect(await codeOf(again.session.setKeyboardLayout(web01, "dvorak" as "us"))).toBe("input.unknown");
    const file = await host.kept.open(`${web01}.input.json`, { access: "write", holder: "test" });
    file.resize(0);
    file.writeAt(0, new TextEncoder().encode('{"format":1,"layout":"klingon"}'));
    file[Symbol.dispose]();
    const third = await openMemoryHost({ kept: host.kept, machines: [labVm()] });
    expect((await third.summary()).input.layout).toBe("us");
    expect(third.events().join()).toMatch(/web01: its kept keyboard layout cannot be used/);
  });
});

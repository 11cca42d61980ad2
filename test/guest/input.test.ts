import { afterAll, beforeAll, expect, test } from "vitest";
import type { KeyboardLayout, PointerReport, TraceEvent } from "../../src/hvdef/index.ts";
import { machineFigures } from "../../src/ui/map/figures.ts";
import { emptyDvd } from "../lab/attached.ts";
import { emulatedMachine } from "../lab/emulated-machine.ts";
import { type GuestLab, openGuestLab, prompt } from "../lab/guest.ts";
import { labInput } from "../lab/machine-input.ts";

/** The stock kernel: first with what every PC has, then with its own drivers for Hyper-V's keyboard and mouse. */
const boots = 240_000;
const consoleNumber = 8;
const patience = { timeout: 60_000, interval: 100 };
/** Of the guest's input events: movement and buttons. */
const event = { key: 1, relative: 2, absolute: 3 };
const axis = { x: 0, y: 1, wheel: 8 };
const button = { left: 0x110, right: 0x111, side: 0x113 };

const { input, services, begin } = labInput();
let lab: GuestLab;

beforeAll(async () => {
  lab = await openGuestLab({ vm: emulatedMachine(), drives: [emptyDvd], input: services });
  begin(lab.api);
  await lab.waitFor(prompt, boots);
  // A console of our own, whatever runs on the first.
  await lab.shell(`chvt ${consoleNumber}`);
  await lab.shell("until grep -q 'Handlers=.*mouse.*event' /proc/bus/input/devices; do usleep 200000; done");
}, boots);

afterAll(async () => {
  await lab?.end();
});

test("what is typed arrives at the console through the emulated keyboard, held keys too", async () => {
  expect(input.summary()).toMatchObject({ keyboard: "emulated", mouse: "emulated" });
  expect(await typed("Hello, World! {[()]} ~`|\\ <>?:;'\"@#$%^&*-_=+\n")).toBe(
    "Hello, World! {[()]} ~`|\\ <>?:;'\"@#$%^&*-_=+",
  );
  await reading();
  input.pressKey("ShiftLeft");
  input.typeKey("KeyA");
  input.releaseAll();
  input.typeKey("KeyA");
  input.typeKey("Enter");
  expect(await lines(1)).toBe("Aa");
});

test("a long text arrives whole, at the pace of the guest", async () => {
  const text = Array.from({ length: 12 }, (_, i) => `line ${i} The quick brown fox jumps over the dog`);
  expect(await typed(`${text.join("\r\n")}\n`, 12)).toBe(text.join("\n"));
});

test("the emulated mouse moves, turns and clicks", async () => {
  const seen = await pointed("PS/2", [
    { kind: "relative", dx: 300, dy: -20, buttons: 0, wheel: 0 },
    { kind: "relative", dx: 0, dy: 0, buttons: 1, wheel: 0 },
    { kind: "relative", dx: 0, dy: 0, buttons: 8, wheel: -2 },
    { kind: "relative", dx: 0, dy: 0, buttons: 0, wheel: 0 },
  ]);
  expect(sum(seen, event.relative, axis.x)).toBe(300);
  expect(sum(seen, event.relative, axis.y)).toBe(-20);
  expect(sum(seen, event.relative, axis.wheel)).toBe(-2);
  expect(values(seen, event.key, button.left)).toEqual([1, 0]);
  expect(values(seen, event.key, button.side)).toEqual([1, 0]);
});

test("the route follows the guest's drivers, and a key that is down does not stay so", async () => {
  input.pressKey("ShiftLeft");
  await lab.shell("modprobe -a hv_vmbus hyperv-keyboard hid-hyperv hid-generic");
  await expect
    .poll(() => input.summary(), patience)
    .toMatchObject({
      keyboard: "synthetic",
      mouse: "synthetic",
    });
  expect(input.isKeyPressed("ShiftLeft")).toBe(false);
  expect(await typed("through the VMBus\n")).toBe("through the VMBus");
  expect(await lab.shell("dmesg")).toMatch(/AT Translated Set 2 keyboard.*VMBUS|VMBUS.*AT Translated Set 2/i);
});

test("whoever looks is told of a key's way into the guest: its packet, its event, its interrupt", async () => {
  const told: TraceEvent[] = [];
  const look = async () => {
    told.push(...(await lab.api.trace()).events);
    return told.map(({ kind, subject }) => `${kind} ${subject}`).join(", ");
  };
  await look();
  told.length = 0;
  input.typeKey("KeyA");
  const way = ["linkArrived 57", "packetPlaced 57", "channelEvent 57", "interrupt \\d+"].join(", (?:.*, )?");
  await expect.poll(look, patience).toMatch(new RegExp(way));
});

test("a German layout types what is on a German keyboard", async () => {
  const text = "Grüße aus Köln: ÄÖÜ äöü ß €@{[]}\\~| ^´`° §µ²³ éêà ÉÊÀ yzYZ <>;:_-#'+*?";
  await layout("german", "de");
  // The dead acute of a Linux console says an apostrophe with a space behind it, where Windows says itself.
  expect(await typed(`${text}\n`)).toBe(text.replace("´", "'"));
  await expect(input.typeText("a中b")).rejects.toThrow(/German keyboard cannot type “中” \(U\+4E2D\)/);
  await layout("us", "us");
  expect(await typed("again: yz\n")).toBe("again: yz");
});

test("the synthetic mouse tells places", async () => {
  const seen = await pointed("Microsoft Vmbus", [
    { kind: "absolute", x: 16_384, y: 8192, buttons: 0, wheel: 0 },
    { kind: "absolute", x: 32_767, y: 1, buttons: 2, wheel: 3 },
    { kind: "absolute", x: 32_767, y: 1, buttons: 0, wheel: 0 },
  ]);
  expect(values(seen, event.absolute, axis.x)).toEqual([16_384, 32_767]);
  expect(values(seen, event.absolute, axis.y)).toEqual([8192, 1]);
  expect(values(seen, event.key, button.right)).toEqual([1, 0]);
  expect(sum(seen, event.relative, axis.wheel)).toBe(3);
});

test("without its drivers the guest has what every PC has", async () => {
  await lab.shell("rmmod hyperv-keyboard hid-hyperv");
  await expect
    .poll(() => input.summary(), patience)
    .toMatchObject({
      keyboard: "emulated",
      mouse: "emulated",
    });
  const touched = () => machineFigures(lab.inspect() ?? {}).accesses.keyboard;
  const before = Number(touched());
  expect(await typed("and back\n")).toBe("and back");
  // Each key is an interrupt of the controller, and a read of its port.
  await expect.poll(() => Number(touched()) - before, patience).toBeGreaterThan(2 * "and back\n".length);
});

/** From here on the guest writes down what is typed on its console, line by line. */
async function reading(): Promise<void> {
  await lab.shell(
    `killall -q cat; rm -f /tmp/typed; (cat </dev/tty${consoleNumber} >/tmp/typed 2>/dev/null &); sleep 1`,
  );
}

/** What has been typed, as soon as there are so many lines. */
async function lines(count: number): Promise<string> {
  const wait = `for i in 1 2 3 4 5 6 7 8 9 10; do [ $(wc -l </tmp/typed) -ge ${count} ] && break; sleep 1; done`;
  const found = await lab.shell(`${wait}; base64 /tmp/typed`);
  return Buffer.from(found, "base64").toString("utf8").replace(/\n$/, "");
}

/** Types a text and answers what the guest's console has of it. */
async function typed(text: string, count = 1): Promise<string> {
  await reading();
  await input.typeText(text);
  return lines(count);
}

async function layout(chosen: KeyboardLayout, keymap: string): Promise<void> {
  await input.setLayout(chosen);
  await lab.shell(`loadkmap </etc/keymaps/${keymap}.bmap`);
}

interface InputEvent {
  readonly type: number;
  readonly code: number;
  readonly value: number;
}

/** Moves the pointer while the guest reads the device of this name, and answers what it has read. */
async function pointed(name: string, reports: readonly PointerReport[]): Promise<readonly InputEvent[]> {
  const device = await lab.shell(
    `sed -n '/Name=.*${name.replace("/", "\\/")}.*/,/Handlers/p' /proc/bus/input/devices | grep -o 'mouse.*event[0-9]*' | grep -o 'event[0-9]*' | head -n 1`,
  );
  await lab.shell(`killall -q cat; (cat /dev/input/${device} >/tmp/pointed &); sleep 1`);
  for (const report of reports) input.movePointer([report]);
  const bytes = Buffer.from(await lab.shell("sleep 2; killall -q cat; base64 /tmp/pointed"), "base64");
  // A time of two words comes first.
  return Array.from({ length: Math.floor(bytes.length / 16) }, (_, i) => ({
    type: bytes.readUInt16LE(i * 16 + 8),
    code: bytes.readUInt16LE(i * 16 + 10),
    value: bytes.readInt32LE(i * 16 + 12),
  }));
}

function values(events: readonly InputEvent[], type: number, code: number): readonly number[] {
  return events.filter((one) => one.type === type && one.code === code).map(({ value }) => value);
}

function sum(events: readonly InputEvent[], type: number, code: number): number {
  return values(events, type, code).reduce((total, value) => total + value, 0);
}

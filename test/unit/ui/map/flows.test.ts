import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  firstInternalChannel,
  type TraceKind,
  type TraceNote,
  type VmGuid,
} from "../../../../src/hvdef/index.ts";
import type { PacketClass } from "../../../../src/ui/map/figures.ts";
import { flowLimit, type SeenEvent } from "../../../../src/ui/map/flow-state.ts";
import { openFlowBook } from "../../../../src/ui/map/flows.ts";

const vm = "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000009" as VmGuid;
const channels: Readonly<Record<number, PacketClass>> = {
  1: "disk",
  16: "network",
  40: "services",
  57: "console",
};
const classOf = (_: VmGuid, channel: number): PacketClass => channels[channel] ?? "services";

let sequence = 0;
const seen = (thread: SeenEvent["thread"], at: number, note: TraceNote): SeenEvent => ({
  ...note,
  at,
  sequence: ++sequence,
  thread,
  machine: vm,
});
const page = (at: number, text: string) => seen("page", at, { kind: "ask", text });
const parent = (at: number, note: TraceNote) => seen("parent", at, note);
const child = (at: number, note: TraceNote) => seen("child", at, note);

function flowsOf(events: readonly SeenEvent[]) {
  const book = openFlowBook();
  book.feed(events, classOf);
  return book.flows();
}
const boxes = (flow: ReturnType<typeof flowsOf>[number] | undefined) =>
  flow?.steps.map(({ box }) => box.replace(` ${vm}`, ""));

const keyOverBus = (at: number): readonly SeenEvent[] => [
  page(at, "typeKey KeyA"),
  parent(at + 1, { kind: "request", text: "typeKey" }),
  parent(at + 1.1, { kind: "linkSent", subject: 57, bytes: 16, text: "send" }),
  child(at + 2, { kind: "linkArrived", subject: 57, bytes: 16, text: "send" }),
  child(at + 2.1, { kind: "packetPlaced", subject: 57, bytes: 16 }),
  child(at + 2.2, { kind: "channelEvent", subject: 57 }),
  child(at + 2.3, { kind: "interrupt", subject: 0xf3 }),
];

describe("a key", () => {
  test("goes from the page over VMBus into the guest, and what was printed next is only guessed to be its answer", () => {
    const [flow, ...others] = flowsOf([
      ...keyOverBus(1000),
      child(1007, { kind: "serialOut", bytes: 1, text: "a" }),
    ]);
    expect(others).toEqual([]);
    expect(flow).toMatchObject({ kind: "key", title: "Key typed: KeyA", machine: vm, emulated: false });
    expect(boxes(flow)).toEqual([
      ...["manager", "vmms", "console", "bus", "guestBus", "vp", "vp"],
      ...["process", "manager"],
    ]);
    expect(flow?.steps.map(({ guessed }) => guessed)).toEqual([
      ...Array<boolean>(7).fill(false),
      ...[true, true],
    ]);
    expect(flow?.steps.map(({ at }) => at - 1000)).toEqual(
      [0, 1, 1.1, 1.1, 2.1, 2.2, 2.3, 7, 7].map((time) => expect.closeTo(time, 6)),
    );
  });

  test("without drivers for the bus goes to the emulated keyboard, which the guest reads", () => {
    const [flow] = flowsOf([
      page(0, "typeKey KeyA"),
      parent(1, { kind: "request", text: "typeKey" }),
      child(2, { kind: "call", text: "keyboardInput" }),
      child(2.5, { kind: "access", subject: 0x1f0, bytes: 2, text: "ide" }),
      child(3, { kind: "access", subject: 0x60, bytes: 1, text: "keyboard" }),
      child(3.1, { kind: "access", subject: 0x64, bytes: 1, text: "keyboard" }),
    ]);
    expect(flow).toMatchObject({ kind: "key", emulated: true });
    expect(boxes(flow)).toEqual(["manager", "vmms", "process", "drivers", "vp", "vid"]);
    expect(flow?.steps[3]?.text).toContain("60h");
  });

  test("is not joined with what comes much later, nor with what another machine does", () => {
    const late = flowsOf([...keyOverBus(0), child(5000, { kind: "serialOut", text: "tick" })]);
    expect(late[0]?.steps.at(-1)?.box).toContain("vp");
    const elsewhere = { ...child(5, { kind: "serialOut", text: "x" }), machine: "another" as VmGuid };
    expect(flowsOf([...keyOverBus(0), elsewhere])[0]?.steps.some(({ guessed }) => guessed)).toBe(false);
  });

  test("two at once each have their own way, in the order in which they were pressed", () => {
    const both = [...keyOverBus(0), ...keyOverBus(0.5)].sort((one, other) => one.at - other.at);
    expect(flowsOf(both).map((flow) => boxes(flow))).toEqual([
      ["manager", "vmms", "console", "bus", "guestBus", "vp", "vp"],
      ["manager", "vmms", "console", "bus", "guestBus", "vp", "vp"],
    ]);
  });
});

test("a call of a WMI client goes through the provider", () => {
  const [flow] = flowsOf([
    parent(0, { kind: "request", text: "WMI RequestStateChange" }),
    child(3, { kind: "call", text: "pause" }),
  ]);
  expect(flow?.title).toBe("WMI: RequestStateChange");
  expect(boxes(flow)).toEqual(["manager", "wmi", "vmms", "process"]);
});

test("text for the serial console goes past the management service, to the emulated port", () => {
  const [flow] = flowsOf([
    page(0, "send ls\r"),
    child(1, { kind: "serialIn", bytes: 3, text: "ls\r" }),
    child(1.5, { kind: "access", subject: 0x3f8, bytes: 1, text: "serial" }),
    child(2, { kind: "serialOut", bytes: 4, text: "ls\r\n" }),
  ]);
  expect(flow).toMatchObject({ kind: "serial", title: "Serial console: “ls⏎”", emulated: true });
  expect(boxes(flow)).toEqual(["manager", "process", "drivers", "vp", "vid", "process", "manager"]);
});

const request = (at: number, tag: number): readonly SeenEvent[] => [
  child(at, { kind: "packetTaken", subject: 1, bytes: 96, tag }),
  child(at + 0.1, { kind: "linkSent", subject: 1, bytes: 64, tag, text: "request" }),
  parent(at + 1, { kind: "linkArrived", subject: 1, bytes: 64, tag, text: "request" }),
  parent(at + 1.2, { kind: "fileRead", bytes: 4096 }),
  parent(at + 2, { kind: "linkSent", subject: 1, bytes: 4160, tag, text: "complete" }),
  child(at + 3, { kind: "linkArrived", subject: 1, bytes: 4160, tag, text: "complete" }),
  child(at + 3.1, { kind: "packetPlaced", subject: 1, bytes: 64, tag }),
  child(at + 3.2, { kind: "channelEvent", subject: 1 }),
  child(at + 3.3, { kind: "interrupt", subject: 0xf3 }),
];

test("a disk request is followed by its transaction to the file and back, also when answers overtake each other", () => {
  const [flow] = flowsOf(request(0, 7));
  expect(flow).toMatchObject({ kind: "disk", emulated: false });
  expect(boxes(flow)).toEqual([
    ...["clients", "guestBus", "guestBus", "bus", "storage", "disks", "storage", "bus"],
    ...["guestBus", "vp", "vp", "clients"],
  ]);
  const crossed = [
    ...request(0, 1).slice(0, 3),
    ...request(1.5, 2).slice(0, 3),
    parent(4, { kind: "linkSent", subject: 1, bytes: 64, tag: 2, text: "complete" }),
    parent(9, { kind: "linkSent", subject: 1, bytes: 64, tag: 1, text: "complete" }),
  ];
  const times = flowsOf(crossed).map(({ steps }) => [steps[0]?.at, steps.at(-1)?.at]);
  expect(times).toEqual([
    [1.5, 4],
    [0, 9],
  ]);
});

test("a request of an emulated drive goes through the worker process", () => {
  const subject = firstInternalChannel;
  const [flow] = flowsOf([
    child(0, { kind: "linkSent", subject, bytes: 64, tag: 3, text: "request" }),
    parent(1, { kind: "linkArrived", subject, bytes: 64, tag: 3, text: "request" }),
    parent(2, { kind: "linkSent", subject, bytes: 4160, tag: 3, text: "complete" }),
    child(3, { kind: "linkArrived", subject, bytes: 4160, tag: 3, text: "complete" }),
  ]);
  expect(flow).toMatchObject({ kind: "disk", emulated: true });
  expect(boxes(flow)).toEqual(["process", "storage", "storage", "process"]);
});

test("what the host says of its own accord begins at its provider; the guest's answer on the channel belongs to it", () => {
  const [flow, ...others] = flowsOf([
    parent(0, { kind: "linkSent", subject: 40, bytes: 40, text: "send" }),
    child(1, { kind: "linkArrived", subject: 40, bytes: 40, text: "send" }),
    child(1.1, { kind: "packetPlaced", subject: 40, bytes: 40 }),
    child(1.2, { kind: "channelEvent", subject: 40 }),
    child(1.3, { kind: "interrupt", subject: 0xf3 }),
    child(2, { kind: "packetTaken", subject: 40, bytes: 40, tag: 0 }),
    child(2.1, { kind: "linkSent", subject: 40, bytes: 40, tag: 0, text: "request" }),
    parent(3, { kind: "linkArrived", subject: 40, bytes: 40, tag: 0, text: "request" }),
  ]);
  expect(others).toEqual([]);
  expect(boxes(flow)).toEqual([
    ...["services", "bus", "guestBus", "vp", "vp", "clients", "clients", "guestBus"],
    ...["guestBus", "bus", "services"],
  ]);
});

test("records that only keep house are nobody's way", () => {
  expect(
    flowsOf([
      parent(0, { kind: "linkSent", subject: 1, text: "credit" }),
      child(1, { kind: "linkArrived", subject: 1, text: "credit" }),
      child(2, { kind: "interrupt", subject: 0xf3 }),
      child(3, { kind: "msr", subject: 0x4000_00b1, text: "write" }),
      child(3, { kind: "cpuid", subject: 0 }),
      child(3, { kind: "hypercall", subject: 1, text: "HvSignalEvent" }),
    ]),
  ).toEqual([]);
});

test("the latest come first, no more than are kept, and a cleared book is empty", () => {
  const book = openFlowBook();
  for (let place = 0; place < flowLimit + 30; place++) book.feed(request(place * 10, place), classOf);
  const all = book.flows();
  expect(all).toHaveLength(flowLimit);
  expect(all[0]?.id).toBeGreaterThan(all[1]?.id ?? 0);
  book.clear();
  expect(book.flows()).toEqual([]);
});

test("whatever threads say, in whatever order, ways stay bounded and in time", () => {
  const kinds: readonly TraceKind[] = [
    ...(["ask", "request", "fileRead", "linkSent", "linkArrived", "call", "serialIn", "serialOut"] as const),
    ...(["screen", "packetTaken", "packetPlaced", "channelEvent", "interrupt", "access", "msr"] as const),
  ];
  const event = fc.record({
    kind: fc.constantFrom(...kinds),
    thread: fc.constantFrom("page" as const, "parent" as const, "child" as const),
    subject: fc.constantFrom(0, 1, 16, 40, 57, 300, firstInternalChannel, firstInternalChannel + 8, 2 ** 32),
    tag: fc.integer({ min: 0, max: 3 }),
    bytes: fc.nat(),
    text: fc.constantFrom(
      "request",
      "complete",
      "send",
      "typeKey",
      "keyboardInput",
      "serial",
      "\u001b[2J",
      "",
    ),
    machine: fc.constantFrom(vm, null),
    gap: fc.double({ min: 0, max: 50, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 300 }), (all) => {
      let at = 0;
      const events = all.map(({ gap, ...one }, place): SeenEvent => {
        at += gap;
        return { ...one, at, sequence: place };
      });
      const flows = flowsOf(events);
      expect(flows.length).toBeLessThanOrEqual(flowLimit);
      for (const { steps } of flows) {
        expect(steps.length).toBeLessThanOrEqual(24);
        for (const [place, step] of steps.entries())
          expect(step.at).toBeGreaterThanOrEqual(steps[place - 1]?.at ?? 0);
      }
    }),
  );
});

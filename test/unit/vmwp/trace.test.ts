import { expect, test } from "vitest";
import { HvStatus, type TraceNote } from "../../../src/hvdef/index.ts";
import { micros } from "../../../src/support/index.ts";
import { openPassing } from "../../../src/vmwp/trace.ts";

const letters = (text: string) => new TextEncoder().encode(text);

function rig() {
  let time = 100;
  const passing = openPassing(() => time);
  return {
    passing,
    pass(by: number) {
      time += by;
    },
    kinds: () => passing.trace.take().events.map(({ kind }) => kind),
  };
}

test("what passes reaches its other side whether somebody looks or not, and is told only then", () => {
  const { passing, kinds } = rig();
  const seen: unknown[] = [];
  const calls = passing.calls({
    postMessage: (connection, type, payload) => {
      seen.push(["post", connection, type, payload.length]);
      return HvStatus.success;
    },
    signalEvent: (connection, flag) => {
      seen.push(["signal", connection, flag]);
      return HvStatus.invalidConnectionId;
    },
  });
  const intercepts = passing.intercepts({
    cpuid: () => null,
    readMsr: (index) => BigInt(index),
    writeMsr: () => true,
    timers: () => micros(7),
  });
  const raise = passing.vectors((vector) => void seen.push(["vector", vector]));
  const out = passing.serialOut((bytes) => void seen.push(["out", bytes.length]));
  const everything = () => {
    expect(calls.postMessage(4, 1, new Uint8Array(24))).toBe(HvStatus.success);
    expect(calls.signalEvent(9, 2)).toBe(HvStatus.invalidConnectionId);
    expect(intercepts.cpuid(0x4000_0000, 0)).toBeNull();
    expect(intercepts.readMsr(5)).toBe(5n);
    expect(intercepts.writeMsr(5, 1n)).toBe(true);
    expect(intercepts.timers()).toBe(7);
    raise(243);
    passing.serialIn(letters("ls"));
    out(letters("ls\r\n"));
    passing.called("pause");
    passing.screenNews(() => void seen.push("news"))({ kind: "rows", rows: [{ row: 3, text: "login: " }] });
  };
  everything();
  const before = seen.length;
  expect(kinds()).toEqual([]);
  everything();
  expect(seen.slice(before)).toEqual(seen.slice(0, before));
  expect(passing.trace.take().events).toMatchObject([
    { kind: "hypercall", text: "HvPostMessage", subject: 4, bytes: 24 },
    { kind: "hypercall", text: "HvSignalEvent", subject: 9 },
    { kind: "cpuid", subject: 0x4000_0000 },
    { kind: "msr", text: "read", subject: 5 },
    { kind: "msr", text: "write", subject: 5 },
    { kind: "interrupt", subject: 243 },
    { kind: "serialIn", text: "ls", bytes: 2 },
    { kind: "serialOut", text: "ls\r\n", bytes: 4 },
    { kind: "call", text: "pause" },
    { kind: "screen", subject: 1, text: "login: " },
  ] satisfies TraceNote[]);
  expect(passing.inspect()).toEqual({ calls: 2, serialIn: 4, serialOut: 8, cpuid: 2 });
});

test("whoever looks is not among what is seen, and long texts are cut", () => {
  const { passing } = rig();
  passing.trace.take();
  passing.called("trace");
  passing.serialIn(letters("x".repeat(5000)));
  const { events } = passing.trace.take();
  expect(events).toHaveLength(1);
  expect(events[0]?.text).toHaveLength(40);
  expect(events[0]?.bytes).toBe(5000);
  expect(passing.inspect()).toMatchObject({ calls: 0 });
});

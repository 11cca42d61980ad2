import { expect, test } from "vitest";
import { memoryStore, openObserving } from "../../../src/vmms/index.ts";
import { openMemoryHost, web01 } from "../../lab/memory-host.ts";

function rig() {
  let time = 0;
  const observing = openObserving(() => time);
  return {
    observing,
    pass(by: number) {
      time += by;
    },
  };
}

test("calls of clients are counted and, while somebody looks, told with their machine; looking itself is no news", async () => {
  const { observing } = rig();
  observing.asked("start", ["vm 1"]);
  await observing.traceHost();
  observing.asked("typeKey", ["vm 1", "KeyA"]);
  observing.asked("listNetworks", []);
  observing.asked("createNetwork", [{ name: "x" }]);
  observing.asked("traceHost", []);
  const { events, tree } = await observing.traceHost();
  expect(events.map(({ kind, text, vm }) => [kind, text, vm])).toEqual([
    ["request", "typeKey", "vm 1"],
    ["request", "createNetwork", undefined],
  ]);
  expect(tree).toMatchObject({ requests: 3, wmi: 0, looks: 2 });
  const path = 'Msvm_ComputerSystem.Name="3F0B9D0E-6A51-4D6E-9D0C-7A0A50000009"';
  observing.askedWmi("invoke", [path, "RequestStateChange", {}]);
  observing.askedWmi("query", ["SELECT * FROM Msvm_ComputerSystem"]);
  observing.askedWmi("next", [1]);
  const after = await observing.traceHost();
  expect(after.events.map(({ text, vm }) => [text, vm])).toEqual([
    ["WMI RequestStateChange", "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000009"],
    ["WMI query", undefined],
  ]);
  expect(after.tree).toMatchObject({ requests: 3, wmi: 2 });
});

test("files of a store work as before and are counted", async () => {
  const { observing } = rig();
  const store = observing.counted(memoryStore());
  await observing.traceHost();
  const file = await store.open("a.vhd", { access: "write", holder: "a test" });
  file.writeAt(0, Uint8Array.of(1, 2, 3, 4));
  const into = new Uint8Array(8);
  expect(file.readAt(2, into)).toBe(2);
  expect([...into]).toEqual([3, 4, 0, 0, 0, 0, 0, 0]);
  file.flush();
  expect(file.size()).toBe(4);
  file[Symbol.dispose]();
  expect(await store.has("a.vhd")).toBe(true);
  const { events, tree } = await observing.traceHost();
  expect(events).toMatchObject([
    { kind: "fileWrite", bytes: 4 },
    { kind: "fileRead", bytes: 2 },
  ]);
  expect(tree["files"]).toEqual({ reads: 1, writes: 1, bytesRead: 2, bytesWritten: 4, flushes: 1 });
});

test("lines of a machine are shown as long as they are there, and their events name it", async () => {
  const { observing, pass } = rig();
  const sink = observing.sinkOf("vm 1");
  expect(sink.on).toBe(false);
  const closed: string[] = [];
  const ends = (name: string, strays: number) =>
    observing.shown("vm 1", {
      inspect: () => ({ strays }),
      [Symbol.dispose]: () => void closed.push(name),
    });
  const first = ends("first", 3);
  expect((await observing.traceHost()).tree["machines"]).toEqual({ "vm 1": { strays: 3 } });
  expect(sink.on).toBe(true);
  sink.note({ kind: "linkArrived", subject: 8 });
  // A machine that starts anew has new lines before the old ones are gone.
  const second = ends("second", 0);
  first[Symbol.dispose]();
  const look = await observing.traceHost();
  expect(look.events).toMatchObject([{ kind: "linkArrived", subject: 8, vm: "vm 1" }]);
  expect(look.tree["machines"]).toEqual({ "vm 1": { strays: 0 } });
  second[Symbol.dispose]();
  expect(closed).toEqual(["first", "second"]);
  expect((await observing.traceHost()).tree["machines"]).toEqual({});
  pass(10_000);
  sink.note({ kind: "linkArrived", subject: 8 });
  expect(sink.on).toBe(false);
});

test("the worker process of a machine is asked only while it has one", async () => {
  const host = await openMemoryHost();
  expect(await host.session.traceWorker(web01)).toBeNull();
  await host.session.start(web01);
  expect(await host.session.traceWorker(web01)).toMatchObject({ events: [{ kind: "call" }], until: 2 });
  await host.session.turnOff(web01);
  expect(await host.session.traceWorker(web01)).toBeNull();
});

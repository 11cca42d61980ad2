import { expect, test, vi } from "vitest";
import type { InputSession, TraceBatch, VmGuid } from "../../../src/hvdef/index.ts";
import { openLiveArchitecture } from "../../../src/ui/live-architecture.ts";

const [one, two] = ["one" as VmGuid, "two" as VmGuid];
const batch = (until: number): TraceBatch => ({ events: [], lost: 0, until });

/** A parent that answers for the host at once, and for workers when it is told to. */
function rig() {
  const answers = new Map<VmGuid, (batch: TraceBatch | null) => void>();
  const log: string[] = [];
  const live = openLiveArchitecture(
    Promise.resolve({
      traceHost: async () => {
        log.push("host");
        return { ...batch(9), tree: { requests: 1 } };
      },
      traceWorker: (vm) => {
        log.push(vm);
        return new Promise((resolve) => answers.set(vm, resolve));
      },
    }),
    () => 5,
  );
  return { live, answers, log };
}

test("a worker that does not answer holds nobody up, is asked once, and what it says late is not lost", async () => {
  vi.useFakeTimers();
  try {
    const { live, answers, log } = rig();
    const first = live.host.observe([one, two]);
    await vi.advanceTimersByTimeAsync(1);
    answers.get(one)?.(batch(7));
    await vi.advanceTimersByTimeAsync(300);
    expect((await first).workers).toEqual([{ vm: one, batch: batch(7) }]);
    expect(log).toEqual([one, two, "host"]);
    answers.get(two)?.(batch(8));
    const second = live.host.observe([two]);
    await vi.advanceTimersByTimeAsync(300);
    expect((await second).workers).toEqual([{ vm: two, batch: batch(8) }]);
    const third = live.host.observe([one]);
    await vi.advanceTimersByTimeAsync(1);
    answers.get(one)?.(null);
    await vi.advanceTimersByTimeAsync(300);
    expect((await third).workers).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

test("what views ask is told while somebody looks, keys by their names, and reaches its other side as it was", async () => {
  const { live } = rig();
  const calls: unknown[] = [];
  const noted =
    (name: string) =>
    async (...args: readonly unknown[]) => {
      calls.push([name, ...args]);
    };
  const inner: InputSession = {
    typeScancodes: noted("typeScancodes"),
    pressKey: noted("pressKey"),
    releaseKey: noted("releaseKey"),
    typeKey: noted("typeKey"),
    typeCtrlAltDel: noted("typeCtrlAltDel"),
    isKeyPressed: async () => false,
    releaseAll: noted("releaseAll"),
    typeText: noted("typeText"),
    stopTyping: noted("stopTyping"),
    setKeyboardLayout: noted("setKeyboardLayout"),
    movePointer: noted("movePointer"),
  };
  const input = live.input(inner);
  const console = live.console(one, {
    text: () => "",
    send: (text) => void calls.push(["send", text]),
    onOutput: () => () => {},
  });
  await input.typeKey(one, "KeyB");
  expect((await live.host.observe([])).page.events).toEqual([]);
  await input.typeScancodes(one, [0x1e, 0x9e, 0xe0, 0x48]);
  await input.typeScancodes(one, [0x9e]);
  await input.typeText(one, "x".repeat(500));
  console.send("ls\r");
  const { page } = await live.host.observe([]);
  expect(page.events.map(({ text, vm }) => [text, vm])).toEqual([
    ["typeScancodes KeyA ArrowUp", one],
    ["typeScancodes released", one],
    [`typeText ${"x".repeat(31)}`, one],
    ["send ls\r", one],
  ]);
  expect(calls).toEqual([
    ["typeKey", one, "KeyB"],
    ["typeScancodes", one, [0x1e, 0x9e, 0xe0, 0x48]],
    ["typeScancodes", one, [0x9e]],
    ["typeText", one, "x".repeat(500)],
    ["send", "ls\r"],
  ]);
});

test("the hypervisor's tree is passed on", () => {
  const { live } = rig();
  expect(live.host.hypervisor.value).toBeNull();
  live.hypervisor({ created: 2 });
  expect(live.host.hypervisor.value?.tree).toEqual({ created: 2 });
});

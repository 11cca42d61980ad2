import { expect, test } from "vitest";
import {
  type CreatePartition,
  type Grant,
  type PartitionChange,
  type PartitionMessage,
  usualShare,
  type VmGuid,
} from "../../../../src/hvdef/index.ts";
import { openHypervisor } from "../../../../src/hypervisor/root/index.ts";
import { manualClock, micros } from "../../../../src/support/index.ts";

const mebibyte = 2 ** 20;
// Nothing looks at a port here.
const port = new MessageChannel().port1;

function fakeChild() {
  let onMessage: (message: PartitionMessage) => void = () => {};
  let onGone: (detail: string) => void = () => {};
  const grants: Grant[] = [];
  const times = { terminated: 0 };
  let heartbeat = 0;
  return {
    grants,
    times,
    say: (message: PartitionMessage) => onMessage(message),
    die: (detail: string) => onGone(detail),
    report(used: number, elapsed: number, starved = 0) {
      const epoch = grants.at(-1)?.epoch ?? 0;
      onMessage({ kind: "usage", report: { epoch, used, starved, elapsed, heartbeat: ++heartbeat } });
    },
    handle: {
      send: (grant: Grant) => void grants.push(grant),
      terminate: () => void times.terminated++,
      onMessage(handler: typeof onMessage) {
        onMessage = handler;
      },
      onGone(handler: typeof onGone) {
        onGone = handler;
      },
    },
  };
}

function open(options: { memoryBytes?: number; logicalProcessors?: number; refuse?: boolean } = {}) {
  const clock = manualClock();
  const children: ReturnType<typeof fakeChild>[] = [];
  const changes: PartitionChange[] = [];
  const lines: string[] = [];
  const hypervisor = openHypervisor({
    clock,
    log: (_, text) => void lines.push(text),
    memoryBytes: options.memoryBytes ?? 1024 * mebibyte,
    logicalProcessors: options.logicalProcessors ?? 1,
    spawn() {
      if (options.refuse === true) throw new Error("blocked by policy");
      const child = fakeChild();
      children.push(child);
      return child.handle;
    },
    onChange: (change) => void changes.push(change),
  });
  const request = (part: Partial<CreatePartition> = {}): CreatePartition => ({
    vm: "00000000-0000-0000-0000-000000000001" as VmGuid,
    name: "web01",
    memoryBytes: 256 * mebibyte,
    share: usualShare,
    control: port,
    link: port,
    ...part,
  });
  function create(part: Partial<CreatePartition> = {}) {
    const outcome = hypervisor.createPartition(request(part));
    if (outcome.kind === "refused") throw outcome.error;
    const child = children.at(-1);
    if (child === undefined) throw new Error("no child");
    return { id: outcome.partition, child };
  }
  function wait(seconds: number) {
    for (let second = 0; second < seconds; second++) {
      clock.advance(micros(1_000_000));
      hypervisor.tick();
    }
  }
  const kinds = () => changes.map((change) => change.kind);
  return { hypervisor, clock, children, changes, kinds, lines, request, create, wait };
}

test("a partition is created, gets a grant, becomes ready, ends", () => {
  const host = open();
  const { id, child } = host.create();
  expect(child.grants).toEqual([{ epoch: 1, period: 20_000, budget: 20_000 }]);
  child.say({ kind: "ready" });
  child.say({ kind: "ended", end: { kind: "poweredOff" } });
  expect(host.kinds()).toEqual(["created", "running", "gone"]);
  expect(host.changes.at(-1)).toEqual({ kind: "gone", partition: id, end: { kind: "poweredOff" } });
  expect(child.times.terminated).toBe(1);
  expect(host.hypervisor.usage()).toEqual([]);
});

test("memory that is not there is refused with a sentence, and comes back when a partition goes", () => {
  const host = open({ memoryBytes: 640 * mebibyte });
  const { id } = host.create({ memoryBytes: 512 * mebibyte });
  const refused = host.hypervisor.createPartition(host.request({ memoryBytes: 512 * mebibyte }));
  if (refused.kind !== "refused") throw new Error("admitted");
  expect(refused.error).toMatchObject({ code: "memory.notEnough", hresult: 0x8007000e });
  expect(refused.error.message).toContain("needs 512 MB, 128 MB available");
  expect(host.children).toHaveLength(1);
  host.hypervisor.terminate(id, { kind: "turnedOff" });
  host.create({ memoryBytes: 512 * mebibyte });
});

test.each([0, -1, Number.NaN, 1.5, 2 ** 40])("%s bytes are no memory", (memoryBytes) => {
  const outcome = open().hypervisor.createPartition(open().request({ memoryBytes }));
  expect(outcome).toMatchObject({ kind: "refused", error: { code: "memory.amount" } });
});

test("a page that refuses a worker refuses the partition and holds no memory", () => {
  const host = open({ refuse: true });
  expect(host.hypervisor.createPartition(host.request())).toMatchObject({
    kind: "refused",
    error: { code: "partition.noWorker" },
  });
  expect(host.hypervisor.inspect()).toMatchObject({ memoryInUse: 0 });
});

test("a worker that dies is told with its reason and leaves the others alone", () => {
  const host = open();
  const first = host.create();
  const second = host.create();
  first.child.die("RuntimeError: unreachable executed");
  const end = { kind: "crashed", detail: "RuntimeError: unreachable executed" };
  expect(host.changes.at(-1)).toEqual({ kind: "gone", partition: first.id, end });
  expect(first.child.times.terminated).toBe(0);
  expect(host.hypervisor.usage().map((one) => one.partition)).toEqual([second.id]);
  expect(host.lines.join()).toContain("unreachable executed");
  expect(second.child.grants.at(-1)?.budget).toBe(20_000);
});

test("messages and deaths after the end change nothing", () => {
  const host = open();
  const { id, child } = host.create();
  host.hypervisor.terminate(id, { kind: "turnedOff" });
  const before = host.changes.length;
  child.say({ kind: "ready" });
  child.report(10, 100);
  child.die("terminated");
  expect(host.changes).toHaveLength(before);
  expect(host.hypervisor.terminate(id, { kind: "turnedOff" })).toBe(false);
});

test("grants follow the reports", () => {
  const host = open();
  const { child: light } = host.create({ share: { ...usualShare, weight: 100 } });
  const { child: heavy } = host.create({ share: { ...usualShare, weight: 200 } });
  for (let turn = 1; turn <= 3; turn++) {
    light.report(33_000 * turn, 100_000 * turn, 60_000 * turn);
    heavy.report(66_000 * turn, 100_000 * turn, 30_000 * turn);
  }
  expect(light.grants.at(-1)?.budget).toBe(6666);
  expect(heavy.grants.at(-1)?.budget).toBe(13_333);
  for (let turn = 4; turn <= 6; turn++) heavy.report(198_000 + turn, 100_000 * turn, 90_000);
  light.report(132_000, 400_000, 240_000);
  expect(light.grants.at(-1)?.budget).toBeGreaterThan(19_000);
  expect(heavy.grants.at(-1)?.budget).toBe(13_333);
  const epochs = heavy.grants.map((grant) => grant.epoch);
  expect(epochs).toEqual(epochs.map((_, place) => place + 1));
});

test("a new share counts at once", () => {
  const host = open();
  const { id, child } = host.create();
  expect(host.hypervisor.setShare(id, { ...usualShare, limit: 25 })).toBe(true);
  expect(child.grants.at(-1)?.budget).toBe(5000);
});

test("held, no guest runs; released, all do", () => {
  const host = open();
  const { child } = host.create();
  host.hypervisor.hold(true);
  expect(child.grants.at(-1)?.budget).toBe(0);
  child.report(0, 100_000);
  expect(child.grants.at(-1)?.budget).toBe(0);
  host.hypervisor.hold(false);
  expect(child.grants.at(-1)?.budget).toBe(20_000);
});

test("usage is over the last second", () => {
  const host = open();
  const { child } = host.create();
  for (let turn = 1; turn <= 30; turn++)
    child.report(turn <= 20 ? 100_000 * turn : 2_000_000, 100_000 * turn);
  expect(host.hypervisor.usage()[0]).toMatchObject({ processor: 0, memoryBytes: 256 * mebibyte });
  child.report(2_050_000, 3_100_000);
  expect(host.hypervisor.usage()[0]?.processor).toBeCloseTo(0.05, 2);
});

test("reports that contradict themselves are dropped and counted", () => {
  const host = open();
  const { id, child } = host.create();
  child.report(100, 1000);
  child.report(50, 2000);
  child.report(Number.NaN, 3000);
  child.report(200, 500);
  child.report(Number.POSITIVE_INFINITY, 5000);
  expect(host.hypervisor.inspect()["partitions"]).toMatchObject({ [id]: { unsoundReports: 4, reports: 5 } });
});

test("a silent worker does not respond after 10 seconds and is ended after 60", () => {
  const host = open();
  const { child } = host.create();
  child.say({ kind: "ready" });
  host.wait(9);
  expect(host.kinds()).not.toContain("notResponding");
  host.wait(1);
  expect(host.kinds().at(-1)).toBe("notResponding");
  child.report(1, 1);
  expect(host.kinds().at(-1)).toBe("responding");
  host.wait(60);
  expect(host.changes.at(-1)).toMatchObject({ kind: "gone", end: { kind: "hung" } });
  expect(child.times.terminated).toBe(1);
});

test("a heartbeat that stands still is silence", () => {
  const host = open();
  const { child } = host.create();
  child.say({ kind: "ready" });
  for (let second = 1; second <= 12; second++) {
    const report = { epoch: 1, used: second, starved: 0, elapsed: second * 1000, heartbeat: 7 };
    child.say({ kind: "usage", report });
    host.wait(1);
  }
  expect(host.kinds().at(-1)).toBe("notResponding");
});

test("neither a laptop that slept nor a throttled page looks like a hang", () => {
  const host = open();
  const { child } = host.create();
  child.say({ kind: "ready" });
  for (let minute = 0; minute < 10; minute++) {
    host.clock.advance(micros(60_000_000));
    host.hypervisor.tick();
    host.wait(5);
  }
  expect(host.kinds()).toEqual(["created", "running"]);
});

test("a worker that never becomes ready is ended after 30 seconds", () => {
  const host = open();
  host.create();
  host.wait(30);
  expect(host.changes.at(-1)).toMatchObject({ kind: "gone", end: { kind: "hung" } });
});

test("a guest's crash is told, its text bounded; the child's tree is kept", () => {
  const host = open();
  const { id, child } = host.create();
  child.say({ kind: "guestCrash", text: "x".repeat(100_000), parameters: ["0x1"] });
  expect(host.changes.at(-1)).toMatchObject({ kind: "guestCrashed", partition: id, parameters: ["0x1"] });
  expect(host.changes.at(-1)).toHaveProperty("text.length", 4096);
  expect(host.hypervisor.partitionTree(id)).toBeNull();
  child.say({ kind: "inspect", tree: { vmbus: { version: "5.3" } } });
  expect(host.hypervisor.partitionTree(id)).toEqual({ vmbus: { version: "5.3" } });
});

test("a guest that resets its machine lives on, and it is told", () => {
  const host = open();
  const { id, child } = host.create();
  child.say({ kind: "restarted" });
  expect(host.changes.at(-1)).toEqual({ kind: "restarted", partition: id });
  host.hypervisor.terminate(id, { kind: "turnedOff" });
  const told = host.changes.length;
  child.say({ kind: "restarted" });
  expect(host.changes).toHaveLength(told);
});

test("disposing ends every partition, twice is harmless", () => {
  const host = open();
  const [first, second] = [host.create(), host.create()];
  host.hypervisor[Symbol.dispose]();
  host.hypervisor[Symbol.dispose]();
  expect([first.child.times.terminated, second.child.times.terminated]).toEqual([1, 1]);
});

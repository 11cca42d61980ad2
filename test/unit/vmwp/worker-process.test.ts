import { describe, expect, test } from "vitest";
import type { PartitionMessage, VmConfiguration } from "../../../src/hvdef/index.ts";
import { firstInternalChannel } from "../../../src/hvdef/index.ts";
import { HvError, manualClock, micros } from "../../../src/support/index.ts";
import {
  type EngineRequest,
  type FakeEngine,
  type FakeStep,
  openFakeEngine,
} from "../../../src/vid/index.ts";
import { loopbackCarriers, openEndpoints, openLink } from "../../../src/vmbus/index.ts";
import { openWorkerProcess } from "../../../src/vmwp/index.ts";
import { straightLines } from "../../lab/straight.ts";
import { tinyElf } from "./tiny-elf.ts";

const megabyte = 2 ** 20;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets the process run until `look` is satisfied. */
async function until(look: () => boolean): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    if (look()) return;
    await turn();
  }
  throw new Error("it never happened");
}

const configuration: VmConfiguration = {
  memoryBytes: 4 * megabyte,
  boot: { kind: "linux", kernel: "images/kernel", initrd: "images/initrd", commandLine: "quiet" },
  firmware: "firmware/",
  drives: [{ kind: "disk", channel: 0, byteLength: megabyte, firstSector: new Uint8Array(512) }],
  offers: [],
};

/** A worker process whose machines run the scripts in turn. Sleeping takes no time but the clock's. */
function openRig(scripts: readonly (readonly FakeStep[])[], slice = 100) {
  const clock = manualClock(micros(5_000_000));
  const { child, parent } = loopbackCarriers(queueMicrotask);
  const endpoints = openEndpoints(openLink(parent), queueMicrotask);
  const line: string[] = [];
  endpoints.attach(firstInternalChannel, () => {
    line.push("attached");
    return {
      opened: () => void line.push("opened"),
      request: () => void line.push("request"),
      closed: () => void line.push("closed"),
    };
  });
  const machines: { engine: FakeEngine; request: EngineRequest; starts: object[] }[] = [];
  const messages: PartitionMessage[] = [];
  const serial: string[] = [];
  const fetched: string[] = [];
  const process = openWorkerProcess("3f0b9d0e-6a51-4d6e-9d0c-7a0a50000009", {
    openEngine: async (request) => {
      await turn();
      const script = scripts[machines.length] ?? [];
      const starts: object[] = [];
      const timed = script.map(
        (step): FakeStep =>
          (guest) => {
            clock.advance(micros(slice));
            return step(guest);
          },
      );
      const engine = openFakeEngine({
        memoryBytes: request.memoryBytes,
        clock: request.clock,
        script: timed,
        drives: request.drives,
      });
      machines.push({ engine, request, starts });
      return {
        engine,
        boot: { addFirmwareFile() {}, startProtected: (start) => void starts.push(start), startText() {} },
        connect: engine.connect,
      };
    },
    carrier: child,
    clock,
    wallClock: () => 0,
    traceTime: () => clock.now() / 1000,
    waits: {
      breathe: turn,
      async sleep(milliseconds) {
        clock.advance(micros(milliseconds * 1000));
        await turn();
      },
      wake() {},
    },
    straight: straightLines(queueMicrotask).effects,
    async fetchFile(path) {
      fetched.push(path);
      await turn();
      if (path === "images/missing") throw new HvError("image.missing", "It is not there.");
      return path === "images/kernel" ? tinyElf() : new Uint8Array(64);
    },
    report: (message) => void messages.push(message),
    serialOut: (bytes) => void serial.push(new TextDecoder().decode(bytes)),
    warn() {},
    screen: { later: () => () => {}, told() {} },
  });
  process.adopt({ epoch: 1, period: 20_000, budget: 20_000 });
  const ends = () => messages.filter((message) => message.kind === "ended").map(({ end }) => end);
  const beats = () =>
    messages.filter((message) => message.kind === "usage").map(({ report }) => report.heartbeat);
  return { process, clock, machines, messages, serial, fetched, line, ends, beats };
}

const budget: FakeStep = () => ({ kind: "budget" });
const say =
  (text: string): FakeStep =>
  (guest) => {
    guest.print(text);
    return { kind: "budget" };
  };
const reset: FakeStep = () => ({ kind: "reset" });

describe("keyboard and mouse", () => {
  test("what is typed and moved wakes the guest and is told one by one, as it reads", async () => {
    const seen: unknown[] = [];
    const read: FakeStep = (guest) => {
      const key = guest.takeKey();
      const movement = guest.takeMovement();
      if (key !== null) seen.push(key);
      if (movement !== null) seen.push(movement.dx);
      return { kind: "halt", wakeIn: micros(1_000_000) };
    };
    const rig = openRig([Array<FakeStep>(500).fill(read)]);
    await rig.process.api.start(configuration);
    expect(await rig.process.api.keyboardInput([0x1e, 0x9e, 0xe0, 0x4d])).toBe(4);
    await rig.process.api.mouseInput([{ kind: "relative", dx: 5, dy: 0, buttons: 0, wheel: 0 }]);
    await until(() => seen.length === 4);
    expect(seen.filter((one) => typeof one === "object")).toEqual([[0x1e], [0x9e], [0xe0, 0x4d]]);
    expect(seen).toContain(5);
    expect(await rig.process.api.keyboardInput([])).toBe(0);
  });

  test("before there is a machine nothing waits", async () => {
    const rig = openRig([[]]);
    expect(await rig.process.api.keyboardInput([0x1e])).toBe(0);
  });
});

describe("start", () => {
  test("fetches what the boot needs and runs the guest", async () => {
    const rig = openRig([[say("hello")]]);
    await rig.process.api.start(configuration);
    await until(() => rig.serial.length > 0);
    expect(rig.fetched.sort()).toEqual([
      "firmware/dsdt.aml",
      "firmware/vgabios.bin",
      "images/initrd",
      "images/kernel",
    ]);
    expect(rig.machines[0]?.starts).toEqual([{ eip: 0x100000, esi: 0x90000 }]);
    expect(rig.machines[0]?.request).toMatchObject({ memoryBytes: 4 * megabyte, bios: null });
    expect(rig.machines[0]?.request.drives).toMatchObject([
      { kind: "disk", place: 0, contents: { byteLength: megabyte, readOnly: false } },
    ]);
  });

  test("a BIOS machine gets its firmware instead", async () => {
    const rig = openRig([[budget]]);
    await rig.process.api.start({ ...configuration, boot: { kind: "bios" } });
    expect(rig.fetched.sort()).toEqual(["firmware/bios.bin", "firmware/dsdt.aml", "firmware/vgabios.bin"]);
    expect(rig.machines[0]?.request.bios?.main.byteLength).toBe(64);
    expect(rig.machines[0]?.starts).toEqual([]);
    expect(rig.machines[0]?.request.bootOrder).toEqual(["cd", "ide", "legacyNic", "floppy"]);
  });

  test("a BIOS machine may have a boot order of its own", async () => {
    const rig = openRig([[budget]]);
    const bootOrder = ["floppy", "ide", "cd", "legacyNic"] as const;
    await rig.process.api.start({ ...configuration, boot: { kind: "bios", bootOrder } });
    expect(rig.machines[0]?.request.bootOrder).toEqual(bootOrder);
  });

  test("twice is refused, at any moment", async () => {
    const rig = openRig([[budget]]);
    const first = rig.process.api.start(configuration);
    await expect(rig.process.api.start(configuration)).rejects.toMatchObject({ code: "vmwp.state" });
    await first;
    await expect(rig.process.api.start(configuration)).rejects.toMatchObject({ code: "vmwp.state" });
    expect(rig.machines).toHaveLength(1);
  });

  test("what is missing or does not fit is said with its code", async () => {
    const missing = { ...configuration.boot, kind: "linux", kernel: "images/missing" } as const;
    const boot = { initrd: "images/initrd", commandLine: "", ...missing };
    await expect(openRig([]).process.api.start({ ...configuration, boot })).rejects.toMatchObject({
      code: "image.missing",
    });
    await expect(
      openRig([]).process.api.start({ ...configuration, memoryBytes: megabyte }),
    ).rejects.toMatchObject({ code: "boot.memory" });
  });

  test("nothing runs before the hypervisor has granted time", async () => {
    const rig = openRig([[say("too early")]]);
    rig.process.adopt({ epoch: 2, period: 20_000, budget: 0 });
    // What was granted at first may still be spent: at most one period's budget.
    await rig.process.api.start(configuration);
    for (let i = 0; i < 50; i++) await turn();
    const before = rig.machines[0]?.engine.slices();
    for (let i = 0; i < 50; i++) await turn();
    expect(rig.machines[0]?.engine.slices()).toBe(before);
    rig.process.adopt({ epoch: 3, period: 20_000, budget: 20_000 });
    await until(() => rig.serial.length > 0);
  });
});

describe("pause", () => {
  test("time stands still, the heart beats on, and resume goes on where it was", async () => {
    const rig = openRig([Array.from({ length: 200 }, () => budget)]);
    await rig.process.api.start(configuration);
    await until(() => (rig.machines[0]?.engine.slices() ?? 0) > 3);
    await rig.process.api.pause();
    const guestTime = rig.machines[0]?.request.clock.now();
    const slices = rig.machines[0]?.engine.slices();
    const wall = rig.clock.now();
    const beatsBefore = rig.beats().at(-1) ?? 0;
    await until(() => rig.clock.now() - wall > 10_000_000);
    expect(rig.machines[0]?.request.clock.now()).toBe(guestTime);
    expect(rig.machines[0]?.engine.slices()).toBe(slices);
    expect(rig.beats().at(-1)).toBeGreaterThan(beatsBefore + 5);
    await rig.process.api.resume();
    await until(() => (rig.machines[0]?.engine.slices() ?? 0) > (slices ?? 0) + 3);
    const since = (rig.machines[0]?.request.clock.now() ?? 0) - (guestTime ?? 0);
    expect(since).toBeGreaterThan(0);
    expect(since).toBeLessThan(1_000_000);
    expect(rig.machines).toHaveLength(1);
  });

  test("what the guest printed before the pause is out when the pause is done", async () => {
    const rig = openRig([[say("last words")]]);
    await rig.process.api.start(configuration);
    await until(() => rig.machines[0]?.engine.slices() === 1);
    await rig.process.api.pause();
    expect(rig.serial.join("")).toBe("last words");
  });

  test("a guest that resets in the very slice of the pause comes up paused", async () => {
    const pausing: { done: Promise<void> | null } = { done: null };
    const rig = openRig([
      [
        () => {
          pausing.done = rig.process.api.pause();
          return { kind: "reset" };
        },
      ],
      [say("second life")],
    ]);
    await rig.process.api.start(configuration);
    await until(() => pausing.done !== null);
    await pausing.done;
    for (let i = 0; i < 30; i++) await turn();
    expect(rig.serial).toEqual([]);
    await rig.process.api.resume();
    await until(() => rig.serial.length > 0);
    expect(rig.machines).toHaveLength(2);
    expect(rig.machines[0]?.engine.isDisposed()).toBe(true);
  });

  test("while the guest's own reset is under way holds for the new machine", async () => {
    const rig = openRig([[reset], Array.from({ length: 300 }, () => say("."))]);
    await rig.process.api.start(configuration);
    await until(() => rig.machines[0]?.engine.isDisposed() === true);
    expect(rig.machines).toHaveLength(1);
    await rig.process.api.pause();
    const printed = rig.serial.join("").length;
    for (let i = 0; i < 30; i++) await turn();
    expect(rig.serial.join("").length).toBe(printed);
    await rig.process.api.resume();
    await until(() => rig.serial.join("").length > printed);
  });

  test.each([{ kind: "powerOff" }, { kind: "fault", detail: "triple fault" }] as const)(
    "a guest that ends ($kind) in the very slice of the pause stays ended",
    async (exit) => {
      const rig = openRig([
        [
          () => {
            void rig.process.api.pause();
            return exit;
          },
        ],
      ]);
      await rig.process.api.start(configuration);
      await until(() => rig.ends().length > 0);
      await rig.process.api.resume();
      await rig.process.api.reset();
      for (let i = 0; i < 30; i++) await turn();
      expect(rig.ends()).toHaveLength(1);
      expect(rig.machines).toHaveLength(1);
    },
  );
});

describe("reset", () => {
  const readsDisk =
    (rig: { current: ReturnType<typeof openRig> | null }, machine: number): FakeStep =>
    () => {
      rig.current?.machines[machine]?.engine.guest.medium(0)?.read(0, 512, () => {});
      return { kind: "budget" };
    };

  test.each(["guest", "owner"] as const)(
    "asked for by the %s: a new machine on the same link",
    async (by) => {
      const place: { current: ReturnType<typeof openRig> | null } = { current: null };
      const rig = openRig([
        [
          readsDisk(place, 0),
          budget,
          ...(by === "guest" ? [reset] : Array.from({ length: 300 }, () => budget)),
        ],
        [readsDisk(place, 1), say("again")],
      ]);
      place.current = rig;
      await rig.process.api.start(configuration);
      await until(() => rig.line.includes("request"));
      if (by === "owner") await rig.process.api.reset();
      await until(() => rig.serial.includes("again"));
      await until(() => rig.line.length >= 7);
      expect(rig.line).toEqual(["attached", "opened", "request", "closed", "attached", "opened", "request"]);
      expect(rig.machines[0]?.engine.isDisposed()).toBe(true);
      expect(rig.machines[1]?.engine.isDisposed()).toBe(false);
      expect(rig.ends()).toEqual([]);
      // Whoever asked for it knows.
      const told = rig.messages.filter(({ kind }) => kind === "restarted");
      expect(told).toHaveLength(by === "guest" ? 1 : 0);
      expect(rig.fetched).toHaveLength(4);
    },
  );

  test("of a paused machine lets it run", async () => {
    const rig = openRig([[budget], [say("again")]]);
    await rig.process.api.start(configuration);
    await rig.process.api.pause();
    await rig.process.api.reset();
    await until(() => rig.serial.includes("again"));
  });

  test("asked for by guest and owner at once makes one machine, not two", async () => {
    const asked: { done: Promise<void> | null } = { done: null };
    const rig = openRig([
      [
        () => {
          asked.done = rig.process.api.reset();
          return { kind: "reset" };
        },
      ],
      Array.from({ length: 40 }, () => budget),
      [say("third")],
    ]);
    await rig.process.api.start(configuration);
    await until(() => asked.done !== null);
    await asked.done;
    for (let i = 0; i < 100; i++) await turn();
    expect(rig.machines).toHaveLength(2);
    expect(rig.serial).toEqual([]);
  });
});

describe("media", () => {
  const channel = 2;
  const withDvd: VmConfiguration = {
    ...configuration,
    drives: [...configuration.drives, { kind: "dvd", channel, medium: null }],
  };
  const disc = { byteLength: 4096, readOnly: true };
  const idle = Array.from({ length: 200 }, () => budget);

  test("what is inserted is in the drive at once, and still after a reset", async () => {
    const rig = openRig([idle, idle]);
    await rig.process.api.start(withDvd);
    expect(rig.machines[0]?.engine.guest.medium(channel)).toBeNull();
    await rig.process.api.setMedium(channel, disc);
    expect(rig.machines[0]?.engine.guest.medium(channel)?.byteLength).toBe(4096);
    expect(rig.machines[0]?.engine.guest.takeMediumChanges()).toEqual([channel]);
    await rig.process.api.reset();
    expect(rig.machines[1]?.engine.guest.medium(channel)?.byteLength).toBe(4096);
    await rig.process.api.setMedium(channel, null);
    expect(rig.machines[1]?.engine.guest.medium(channel)).toBeNull();
  });

  test("a change while the machine is put together is in the drive when it runs", async () => {
    const rig = openRig([idle]);
    const started = rig.process.api.start(withDvd);
    await rig.process.api.setMedium(channel, disc);
    await started;
    expect(rig.machines[0]?.engine.guest.medium(channel)?.byteLength).toBe(4096);
  });

  test("a disk, or a place without a drive, takes no medium", async () => {
    const rig = openRig([idle, idle]);
    await rig.process.api.start(withDvd);
    for (const other of [0, 1, 4])
      await expect(rig.process.api.setMedium(other, disc)).rejects.toMatchObject({ code: "drive.absent" });
    await rig.process.api.reset();
    expect(rig.machines[1]?.request.drives).toHaveLength(2);
  });
});

describe("ends", () => {
  test("a power off is reported once, after the last words", async () => {
    const rig = openRig([
      [
        (guest) => {
          guest.print("goodbye");
          return { kind: "powerOff" };
        },
      ],
    ]);
    await rig.process.api.start(configuration);
    await until(() => rig.ends().length > 0);
    expect(rig.serial).toEqual(["goodbye"]);
    expect(rig.ends()).toEqual([{ kind: "poweredOff" }]);
  });

  test("a fault of the guest or of the engine is a crash with its reason", async () => {
    const faulty = openRig([[() => ({ kind: "fault", detail: "triple fault" })]]);
    await faulty.process.api.start(configuration);
    await until(() => faulty.ends().length > 0);
    expect(faulty.ends()).toEqual([{ kind: "crashed", detail: "triple fault" }]);

    const broken = openRig([
      [
        () => {
          throw new Error("unreachable executed");
        },
      ],
    ]);
    await broken.process.api.start(configuration);
    await until(() => broken.ends().length > 0);
    expect(broken.ends()).toEqual([{ kind: "crashed", detail: "unreachable executed" }]);
  });

  test.each(["guest", "owner"])(
    "an engine that refuses to come back after a reset by the %s is a crash",
    async (by) => {
      const rig = openRig([by === "guest" ? [reset] : [budget]]);
      const original = rig.machines.push.bind(rig.machines);
      rig.machines.push = (...items) => {
        if (rig.machines.length === 1) throw new Error("no memory left");
        return original(...items);
      };
      await rig.process.api.start(configuration);
      if (by === "owner") await expect(rig.process.api.reset()).rejects.toThrow("no memory left");
      await until(() => rig.ends().length > 0);
      expect(rig.ends()).toEqual([{ kind: "crashed", detail: "no memory left" }]);
    },
  );
});

describe("serial console", () => {
  test("goes out once a turn, in chunks of at most 4096 bytes, nothing lost", async () => {
    const long = "0123456789".repeat(1000);
    const rig = openRig([[say("a"), say("b"), say(long), budget]]);
    await rig.process.api.start(configuration);
    await until(() => rig.serial.join("").length === 10_002);
    expect(rig.serial.map((piece) => piece.length)).toEqual([1, 1, 4096, 4096, 1808]);
    expect(rig.serial.join("")).toBe(`ab${long}`);
  });

  test("input reaches the guest, and is dropped where no machine is", async () => {
    const heard: number[] = [];
    const rig = openRig([
      Array.from(
        { length: 100 },
        (): FakeStep => (guest) => {
          heard.push(...guest.takeSerial());
          return { kind: "budget" };
        },
      ),
    ]);
    rig.process.serialInput(Uint8Array.of(1));
    await rig.process.api.start(configuration);
    rig.process.serialInput(Uint8Array.of(104, 105));
    await until(() => heard.length > 0);
    expect(heard).toEqual([104, 105]);
  });
});

describe("reports", () => {
  test("usage and inspection once a second from a guest that has long been quiet, until something happens", async () => {
    const rig = openRig([
      Array.from({ length: 4000 }, (): FakeStep => () => ({ kind: "halt", wakeIn: micros(4000) })),
    ]);
    await rig.process.api.start(configuration);
    const count = (kind: PartitionMessage["kind"]) => rig.messages.filter((m) => m.kind === kind).length;
    const pass = async (microseconds: number) => {
      const from = rig.clock.now();
      const before = { usage: count("usage"), inspect: count("inspect") };
      await until(() => rig.clock.now() - from >= microseconds);
      return [count("usage") - before.usage, count("inspect") - before.inspect];
    };
    const [early = 0] = await pass(2_000_000);
    expect(early).toBeGreaterThan(10);
    await pass(4_000_000);
    const [usage = 0, inspect = 0] = await pass(10_000_000);
    expect(usage).toBeGreaterThanOrEqual(8);
    expect(usage).toBeLessThanOrEqual(11);
    expect(inspect).toBe(usage);
    rig.process.serialInput(Uint8Array.of(13));
    const [again = 0] = await pass(1_000_000);
    expect(again).toBeGreaterThan(5);
  });

  test("usage ten times a second of the clock, inspection twice, both also from an idle guest", async () => {
    const rig = openRig([[]]);
    await rig.process.api.start(configuration);
    const from = rig.clock.now();
    await until(() => rig.clock.now() - from > 20_000_000);
    const seconds = (rig.clock.now() - from) / 1_000_000;
    const count = (kind: PartitionMessage["kind"]) => rig.messages.filter((m) => m.kind === kind).length;
    // The fake guest sleeps a second at a time: at most one report for each wake-up.
    expect(count("usage")).toBeLessThanOrEqual(seconds * 10 + 1);
    expect(count("usage")).toBeGreaterThan(seconds / 2);
    expect(count("inspect")).toBeGreaterThan(seconds / 2);
    expect(count("inspect")).toBeLessThanOrEqual(seconds * 2 + 1);
    const reports = rig.messages.flatMap((m) => (m.kind === "usage" ? [m.report] : []));
    for (const [index, report] of reports.entries()) {
      expect(report.heartbeat).toBeGreaterThan(reports[index - 1]?.heartbeat ?? 0);
      expect(report.used).toBeGreaterThanOrEqual(reports[index - 1]?.used ?? 0);
    }
  });
});

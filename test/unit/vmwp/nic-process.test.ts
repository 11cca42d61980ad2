import { describe, expect, test } from "vitest";
import type { PartitionMessage, VmConfiguration } from "../../../src/hvdef/index.ts";
import { type MacAddress, parseMac } from "../../../src/network/index.ts";
import { manualClock, micros } from "../../../src/support/index.ts";
import { type FakeEngine, type FakeGuest, type FakeStep, openFakeEngine } from "../../../src/vid/index.ts";
import { frameWindow, loopbackCarriers, openEndpoints, openLink } from "../../../src/vmbus/index.ts";
import { openWorkerProcess } from "../../../src/vmwp/index.ts";
import { legacyChannel, legacyDescription, legacyNic } from "../../../src/vsp/index.ts";
import { straightLines } from "../../lab/straight.ts";
import { tinyElf } from "./tiny-elf.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(look: () => boolean): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    if (look()) return;
    await turn();
  }
  throw new Error("it never happened");
}

function address(text: string): MacAddress {
  const mac = parseMac(text);
  if (mac === null) throw new Error(`${text} is no address`);
  return mac;
}
const mac = address("00-15-5D-01-0A-03");
const index = 2;

/** A frame to everybody, told by its last byte. */
function frame(mark: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(60).fill(0xff, 0, 6);
  bytes[59] = mark;
  return bytes;
}

/** A worker process and the parent's end of its adapter. `steps`: what each machine does in its first slices. */
async function openRig(steps: readonly FakeStep[]) {
  const clock = manualClock(micros(5_000_000));
  const { child, parent } = loopbackCarriers(queueMicrotask);
  const endpoints = openEndpoints(openLink(parent), queueMicrotask);
  const sent: number[] = [];
  const nic = legacyNic({
    mac,
    port: { send: (bytes, at, length) => void sent.push(bytes[at + length - 1] ?? 0) },
  });
  endpoints.attachFrames(legacyChannel(index), nic);
  const machines: FakeEngine[] = [];
  const messages: PartitionMessage[] = [];
  const sleptAfter = new Set<number>();
  const process = openWorkerProcess("3f0b9d0e-6a51-4d6e-9d0c-7a0a50000009", {
    openEngine: async ({ memoryBytes, clock: time, drives, adapters }) => {
      const engine = openFakeEngine({ memoryBytes, clock: time, drives, adapters, script: steps });
      machines.push(engine);
      return {
        engine,
        boot: { addFirmwareFile() {}, startProtected() {}, startText() {} },
        connect: engine.connect,
      };
    },
    carrier: child,
    clock,
    wallClock: () => 0,
    traceTime: () => 0,
    waits: {
      breathe: turn,
      async sleep(milliseconds) {
        sleptAfter.add(machines.at(-1)?.slices() ?? 0);
        clock.advance(micros(milliseconds * 1000));
        await turn();
      },
      wake() {},
    },
    straight: straightLines(queueMicrotask).effects,
    fetchFile: async (path) => (path === "images/kernel" ? tinyElf() : new Uint8Array(64)),
    report: (message) => void messages.push(message),
    serialOut() {},
    warn() {},
    screen: { later: () => () => {}, told() {} },
  });
  process.adopt({ epoch: 1, period: 20_000, budget: 20_000 });
  const configuration: VmConfiguration = {
    memoryBytes: 4 << 20,
    boot: { kind: "linux", kernel: "images/kernel", initrd: "images/initrd", commandLine: "quiet" },
    firmware: "firmware/",
    drives: [],
    offers: [],
    legacyAdapters: [legacyDescription(index, mac)],
  };
  await process.api.start(configuration);
  // The channel opens at the end of the first slice, in which the guest begins to listen.
  await until(() => nic.inspect()["state"] === "open");
  function guest(): FakeGuest {
    const machine = machines.at(-1);
    if (machine === undefined) throw new Error("there is no machine");
    return machine.guest;
  }
  const marks = () =>
    guest()
      .takeFrames(index)
      .map((bytes) => bytes.at(-1));
  return { process, nic, sent, machines, messages, sleptAfter, marks, endpoints };
}

const listen: FakeStep = (guest) => {
  guest.listen(index, true);
  return { kind: "budget" };
};

describe("a machine with an emulated network adapter", () => {
  test("sends with the end of the slice, receives before the next one", async () => {
    const rig = await openRig([
      listen,
      (guest) => {
        for (const mark of [1, 2, 3]) guest.sendFrame(index, frame(mark));
        return { kind: "budget" };
      },
    ]);
    await until(() => rig.sent.length === 3);
    expect(rig.sent).toEqual([1, 2, 3]);
    for (const mark of [4, 5]) expect(rig.nic.frame(frame(mark), 0, 60)).toBe(true);
    const held: (number | undefined)[] = [];
    await until(() => {
      held.push(...rig.marks());
      return held.length === 2;
    });
    expect(held).toEqual([4, 5]);
  });

  test("does not fall asleep over frames that have just found room", async () => {
    const taken: (number | undefined)[] = [];
    const takenAt: number[] = [];
    let slices = 0;
    const idle: FakeStep = (guest) => {
      slices++;
      // The guest reads what the card holds, and halts at once.
      const marks = guest.takeFrames(index).map((bytes) => bytes.at(-1));
      if (marks.length > 0) takenAt.push(slices);
      taken.push(...marks);
      return { kind: "halt", wakeIn: micros(1_000_000) };
    };
    const rig = await openRig([listen, ...Array.from({ length: 400 }, () => idle)]);
    const all = Array.from({ length: 40 }, (_, i) => i);
    for (const mark of all) rig.nic.frame(frame(mark), 0, 60);
    await until(() => taken.length === all.length);
    expect(taken).toEqual(all);
    // Five cards full; `slices` of the machine counts the first one, too.
    expect(takenAt).toHaveLength(5);
    expect(takenAt.slice(0, -1).filter((slice) => rig.sleptAfter.has(slice + 1))).toEqual([]);
    expect(rig.sleptAfter.has((takenAt.at(-1) ?? 0) + 1)).toBe(true);
  });

  test("costs its parent one window while it stands still, and goes on afterwards", async () => {
    const rig = await openRig([listen]);
    await rig.process.api.pause();
    let accepted = 0;
    while (rig.nic.frame(frame(1), 0, 60)) accepted++;
    expect(accepted * 60).toBeLessThan(frameWindow);
    for (let i = 0; i < 100; i++) await turn();
    expect(rig.nic.frame(frame(1), 0, 60)).toBe(false);
    await rig.process.api.resume();
    let seen = 0;
    await until(() => {
      seen += rig.marks().length;
      return seen === accepted;
    });
    await until(() => rig.nic.frame(frame(1), 0, 60));
  });

  test("has its adapter again after a reset; what was under way is lost", async () => {
    const rig = await openRig([listen]);
    await rig.process.api.pause();
    rig.nic.frame(frame(1), 0, 60);
    await rig.process.api.reset();
    expect(rig.machines).toHaveLength(2);
    await until(() => rig.nic.frame(frame(2), 0, 60));
    const held: (number | undefined)[] = [];
    await until(() => {
      held.push(...rig.marks());
      return held.length > 0;
    });
    expect(held).toEqual([2]);
  });

  test("shows its counters, and none of an adapter it does not have", async () => {
    const rig = await openRig([listen]);
    rig.nic.frame(frame(1), 0, 60);
    const tree = () => rig.messages.findLast((message) => message.kind === "inspect")?.tree["nic"];
    await until(() => JSON.stringify(tree() ?? {}).includes('"framesReceived":1'));
    expect(Object.keys(tree() ?? {})).toEqual([String(index)]);
    expect(rig.endpoints.inspect()["channels"]).toMatchObject({ [legacyChannel(index)]: { framesOut: 1 } });
  });
});

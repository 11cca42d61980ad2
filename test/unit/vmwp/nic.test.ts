import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  firstInternalChannel,
  firstLegacyAdapter,
  type LegacyAdapterDescription,
} from "../../../src/hvdef/index.ts";
import { manualClock } from "../../../src/support/index.ts";
import { fakeAdapterFrames, openFakeEngine } from "../../../src/vid/index.ts";
import { type FrameListener, frameWindow } from "../../../src/vmbus/index.ts";
import { openAdapters } from "../../../src/vmwp/adapters.ts";
import { openFrameQueue } from "../../../src/vmwp/vdev/nic/queue.ts";

const macOf = (index: number) => Uint8Array.of(0, 0x15, 0x5d, 1, 0x0a, index);
const adapter = (index: number): LegacyAdapterDescription => ({ index, mac: macOf(index) });

/** A frame for an adapter, told from others by its last byte. */
function frameFor(index: number, mark: number, length = 60): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(length);
  frame.set(macOf(index));
  frame[length - 1] = mark;
  return frame;
}

/** Adapters between a scripted machine and a parent that the test plays. */
function openLab(indexes: readonly number[] = [0], parentTakes = () => true) {
  const adapters = openAdapters(indexes.map(adapter));
  const engine = openFakeEngine({
    memoryBytes: 4096,
    clock: manualClock(),
    adapters: adapters.forEngine,
  });
  const toParent: { channel: number; frame: number[] }[] = [];
  const listeners = new Map<number, FrameListener>();
  const taken: number[] = [];
  adapters.connect(
    {
      openFrames(channel, arrived) {
        listeners.set(channel, arrived);
        return {
          send(bytes, at, length) {
            if (!parentTakes()) return false;
            toParent.push({ channel, frame: [...bytes.subarray(at, at + length)] });
            return true;
          },
          taken: (length) => void taken.push(length),
          close: () => void listeners.delete(channel),
          inspect: () => ({}),
        };
      },
    },
    engine,
  );
  function arrive(index: number, frame: Uint8Array<ArrayBuffer>): void {
    // In the middle of a batch, which is used again afterwards.
    const batch = new Uint8Array(frame.length + 16);
    batch.set(frame, 8);
    listeners.get(firstInternalChannel + firstLegacyAdapter + index)?.(batch, 8, frame.length);
    batch.fill(0xdd);
  }
  /** The guest reads what is in the card, and says so. */
  function marks(index: number): (number | undefined)[] {
    const taken = engine.guest.takeFrames(index).map((frame) => frame.at(-1));
    engine.guest.acknowledge(index);
    return taken;
  }
  return { adapters, engine, guest: engine.guest, toParent, listeners, taken, arrive, marks };
}

describe("adapters of a configuration", () => {
  test("are there in any order, each on a channel of its own", () => {
    const { listeners, adapters } = openLab([3, 0, 2, 1]);
    expect([...listeners.keys()].sort()).toEqual([0x10008, 0x10009, 0x1000a, 0x1000b]);
    expect(adapters.forEngine.map(({ place }) => place)).toEqual([3, 0, 2, 1]);
    adapters.close();
    expect(listeners.size).toBe(0);
  });

  test.each([
    [[adapter(4)], "adapter.place"],
    [[adapter(-1)], "adapter.place"],
    [[adapter(0.5)], "adapter.place"],
    [[adapter(1), adapter(1)], "adapter.place"],
    [[{ index: 0, mac: new Uint8Array(6) }], "adapter.mac"],
    [[{ index: 0, mac: Uint8Array.of(1, 2, 3, 4, 5, 6) }], "adapter.mac"],
    [[{ index: 0, mac: Uint8Array.of(2, 2, 3, 4, 5) }], "adapter.mac"],
  ])("that cannot be are refused: %j", (descriptions, code) => {
    expect(() => openAdapters(descriptions)).toThrow(expect.objectContaining({ code }));
  });
});

describe("what the guest sends", () => {
  test("goes to the adapter's channel as it is", () => {
    const { guest, toParent, adapters } = openLab([0, 2]);
    guest.sendFrame(
      2,
      Uint8Array.from({ length: 60 }, (_, i) => i),
    );
    expect(toParent).toEqual([{ channel: 0x1000a, frame: Array.from({ length: 60 }, (_, i) => i) }]);
    expect(adapters.inspect()).toMatchObject({ 0: { framesSent: 0 }, 2: { framesSent: 1, bytesSent: 60 } });
  });

  test("is counted and lost when it is no frame or the parent is behind", () => {
    let takes = true;
    const { guest, toParent, adapters } = openLab([0], () => takes);
    for (const length of [0, 13, 1519, 0x8000]) guest.sendFrame(0, new Uint8Array(length));
    for (const length of [14, 1518]) guest.sendFrame(0, new Uint8Array(length));
    takes = false;
    guest.sendFrame(0, new Uint8Array(60));
    expect(toParent.map(({ frame }) => frame.length)).toEqual([14, 1518]);
    expect(adapters.inspect()).toMatchObject({ 0: { framesSent: 2, badFrames: 4, framesLost: 1 } });
  });

  test("is lost before the lines are open and after they are closed", () => {
    const { guest, toParent, adapters } = openLab();
    adapters.close();
    guest.sendFrame(0, new Uint8Array(60));
    expect(toParent).toEqual([]);
  });
});

describe("what comes for the guest", () => {
  test("is in the card at once while there is room, and the parent may send more", () => {
    const { guest, arrive, marks, taken, adapters } = openLab();
    guest.listen(0, true);
    arrive(0, frameFor(0, 1));
    arrive(0, frameFor(0, 2, 1518));
    expect(taken).toEqual([60, 1518]);
    expect(marks(0)).toEqual([1, 2]);
    expect(adapters.inspect()).toMatchObject({ 0: { framesReceived: 2, bytesReceived: 1578 } });
  });

  test("waits in order when the card is full, and follows as the guest reads", () => {
    const { guest, arrive, marks, taken, adapters } = openLab();
    guest.listen(0, true);
    const all = Array.from({ length: 20 }, (_, i) => i);
    for (const mark of all) arrive(0, frameFor(0, mark));
    expect(taken).toHaveLength(fakeAdapterFrames);
    expect(adapters.inspect()).toMatchObject({ 0: { framesWaiting: 12 } });
    expect(adapters.feed()).toBe(false);
    expect(guest.takeFrames(0)).toHaveLength(fakeAdapterFrames);
    // There is room in the card now, but others have waited longer.
    arrive(0, frameFor(0, 20));
    // A guest that reads and says nothing is fed between its slices.
    expect(adapters.feed()).toBe(true);
    expect([...marks(0), ...marks(0)]).toEqual([...all.slice(8), 20]);
    expect(taken).toHaveLength(21);
  });

  test("is out of the way at once when the guest does not listen, or it is for another", () => {
    const { guest, arrive, marks, taken, adapters } = openLab();
    arrive(0, frameFor(0, 1));
    guest.listen(0, true);
    arrive(0, frameFor(1, 2));
    arrive(0, new Uint8Array(60).fill(0xff));
    expect(taken).toHaveLength(3);
    expect(marks(0)).toEqual([0xff]);
    expect(adapters.inspect()).toMatchObject({ 0: { framesIgnored: 2, framesReceived: 1 } });
  });

  test("is lost where it waits when the guest stops listening, and the parent may send more", () => {
    const { guest, arrive, adapters, engine } = openLab();
    guest.listen(0, true);
    for (let mark = 0; mark < 10; mark++) arrive(0, frameFor(0, mark));
    guest.listen(0, false);
    expect(adapters.feed()).toBe(true);
    expect(adapters.inspect()).toMatchObject({ 0: { framesWaiting: 0, framesIgnored: 2 } });
    expect(engine.receiveFrame(0, frameFor(0, 1), 0, 60)).toBe("ignored");
  });

  test("is dropped and counted when it is no frame, or more than the window comes", () => {
    const { guest, arrive, taken, adapters } = openLab();
    guest.listen(0, true);
    for (const length of [0, 13, 1519, 9018]) arrive(0, new Uint8Array(length).fill(0xff));
    expect(taken).toEqual([0, 13, 1519, 9018]);
    for (let i = 0; i < 300; i++) arrive(0, frameFor(0, i & 0xff, 1514));
    const seen = adapters.inspect()["0"] as { framesWaiting: number; framesDropped: number };
    expect(seen.framesWaiting).toBe(Math.floor(frameWindow / 1516));
    expect(seen.framesDropped).toBe(4 + 300 - fakeAdapterFrames - seen.framesWaiting);
  });
});

describe("the queue", () => {
  /** Bytes of the longest frame below, with its header: what may lie idle at the end of the buffer. */
  const longest = 42;
  const held = (frames: readonly number[][]) => frames.reduce((sum, frame) => sum + frame.length + 2, 0);

  test("gives back what was put into it, in order, whatever the sizes", () => {
    const step = fc.oneof(
      fc.record({ put: fc.constant(true), length: fc.integer({ min: 0, max: 40 }) }),
      fc.record({ put: fc.constant(false), length: fc.constant(0) }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 50, maxLength: 200 }),
        fc.integer({ min: 45, max: 150 }),
        (steps, capacity) => {
          const queue = openFrameQueue(capacity);
          const model: number[][] = [];
          let next = 0;
          for (const { put, length } of steps) {
            if (put) {
              const frame = Uint8Array.from({ length: length + 2 }, () => next++ & 0xff);
              if (queue.put(frame, 1, length)) model.push([...frame.subarray(1, 1 + length)]);
              else expect(capacity - held(model)).toBeLessThan(2 * (length + 2) + longest);
            } else {
              queue.drop();
              model.shift();
            }
            expect(queue.count()).toBe(model.length);
            const head = model[0];
            if (head === undefined) continue;
            expect(queue.length()).toBe(head.length);
            expect([...queue.bytes.subarray(queue.at(), queue.at() + queue.length())]).toEqual(head);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test("is empty after it was cleared", () => {
    const queue = openFrameQueue(100);
    expect(queue.put(new Uint8Array(60), 0, 60)).toBe(true);
    expect(queue.put(new Uint8Array(60), 0, 60)).toBe(false);
    queue.clear();
    expect(queue.count()).toBe(0);
    expect(queue.put(new Uint8Array(60), 0, 60)).toBe(true);
  });
});

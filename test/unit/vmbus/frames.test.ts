import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstInternalChannel, LinkKind } from "../../../src/hvdef/index.ts";
import {
  type FrameChannel,
  type FrameLine,
  frameCost,
  frameWindow,
  loopbackCarriers,
  openEndpoints,
  openLink,
  openRelay,
} from "../../../src/vmbus/index.ts";
import { openFakeGuest } from "../../lab/loopback-guest.ts";

const channel = firstInternalChannel + 8;
const whole = (bytes: Uint8Array<ArrayBuffer>) => [bytes, 0, bytes.length] as const;
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

/** A relay and the parent's ends. Batches move when the test says so. */
function openLab() {
  const deliveries: (() => void)[] = [];
  const carriers = loopbackCarriers((deliver) => deliveries.push(deliver));
  const childLink = openLink(carriers.child);
  const relay = openRelay({ memory: openFakeGuest(16).memory, link: childLink, signal() {}, wake() {} });
  const ends = openEndpoints(openLink(carriers.parent), (flush) => deliveries.push(flush));
  const up: number[][] = [];
  const down: number[][] = [];
  const events: string[] = [];
  let parent: FrameChannel | null = null;
  ends.attachFrames(channel, (opened) => {
    events.push("opened");
    parent = opened;
    return {
      frame: (bytes, at, length) => void up.push([...bytes.subarray(at, at + length)]),
      closed: () => void events.push("closed"),
    };
  });
  /** Everything that is under way arrives, in both directions. */
  function settle(): void {
    for (let round = 0; round < 4; round++) {
      relay.deliver();
      relay.drain();
      for (const deliver of deliveries.splice(0)) deliver();
    }
    relay.deliver();
  }
  function open(taking = true): FrameLine {
    const line = relay.openFrames(channel, (bytes, at, length) => {
      down.push([...bytes.subarray(at, at + length)]);
      if (taking) line.taken(length);
    });
    return line;
  }
  function parentChannel(): FrameChannel {
    if (parent === null) throw new Error("the channel was never opened");
    return parent;
  }
  return { relay, ends, childLink, up, down, events, settle, open, parentChannel };
}

describe("frames over a link", () => {
  test("arrive whole and in order, both ways, from the middle of a buffer too", () => {
    const lab = openLab();
    const line = lab.open();
    lab.settle();
    expect(lab.events).toEqual(["opened"]);
    expect(line.send(Uint8Array.of(9, 1, 2, 3, 9), 1, 3)).toBe(true);
    expect(line.send(...whole(Uint8Array.of(4)))).toBe(true);
    expect(lab.parentChannel().send(Uint8Array.of(9, 5, 6, 9), 1, 2)).toBe(true);
    lab.settle();
    expect(lab.up).toEqual([[1, 2, 3], [4]]);
    expect(lab.down).toEqual([[5, 6]]);
    expect(lab.ends.inspect()["channels"]).toMatchObject({
      [channel]: { state: "open", framesIn: 2, bytesIn: 4, framesOut: 1, bytesOut: 2, dropped: 0 },
    });
  });

  test("are lost when the parent does not come round, and go again when it did", () => {
    const lab = openLab();
    const line = lab.open();
    const frame = filled(1514, 7);
    const fits = Math.floor(frameWindow / frameCost(frame.length));
    for (let i = 0; i < fits; i++) expect(line.send(...whole(frame))).toBe(true);
    expect(line.send(...whole(frame))).toBe(false);
    lab.settle();
    expect(lab.up).toHaveLength(fits);
    expect(line.send(...whole(frame))).toBe(true);
    expect(line.inspect()).toMatchObject({ dropped: 1, framesOut: fits + 1 });
  });

  test("are lost when the guest takes none: a machine that stands still costs one window", () => {
    const lab = openLab();
    const line = lab.open(false);
    lab.settle();
    const frame = filled(60, 1);
    let sent = 0;
    while (lab.parentChannel().send(...whole(frame))) sent++;
    expect(sent).toBe(Math.floor(frameWindow / frameCost(60)));
    lab.settle();
    expect(lab.down).toHaveLength(sent);
    expect(lab.parentChannel().send(...whole(frame))).toBe(false);
    // Taken one by one, much later.
    for (let i = 0; i < 10; i++) line.taken(60);
    lab.settle();
    for (let i = 0; i < 10; i++) expect(lab.parentChannel().send(...whole(frame))).toBe(true);
    expect(lab.parentChannel().send(...whole(frame))).toBe(false);
  });

  test("of an earlier opening reach nobody, and its window is no longer counted", () => {
    const lab = openLab();
    const first = lab.open(false);
    lab.settle();
    const old = lab.parentChannel();
    while (old.send(...whole(filled(1514, 1))));
    first.close();
    const second = lab.open();
    lab.settle();
    expect(lab.events).toEqual(["opened", "closed", "opened"]);
    expect(lab.down).toEqual([]);
    expect(second.inspect()).toMatchObject({ framesIn: 0 });
    expect(old.send(...whole(filled(60, 2)))).toBe(false);
    expect(first.send(...whole(filled(60, 2)))).toBe(false);
    expect(lab.parentChannel().send(...whole(filled(60, 3)))).toBe(true);
    lab.settle();
    expect(lab.down).toEqual([[...filled(60, 3)]]);
  });

  test("find nobody when the owner was taken away, and the guest's side is none the wiser", () => {
    const lab = openLab();
    const line = lab.open();
    lab.settle();
    lab.ends.detach(channel);
    expect(lab.events).toEqual(["opened", "closed"]);
    expect(lab.parentChannel().send(...whole(filled(60, 2)))).toBe(false);
    expect(line.send(...whole(filled(60, 2)))).toBe(true);
    lab.settle();
    expect(lab.up).toEqual([]);
    expect(lab.ends.inspect()["strays"]).toBeGreaterThan(0);
  });

  test("a child that lies about what it took gains no room and breaks nothing", () => {
    const lab = openLab();
    lab.open(false);
    lab.settle();
    while (lab.parentChannel().send(...whole(filled(1514, 1))));
    const head = { channel, flags: 0, payloadLength: 0, dataLength: 0, transactionHigh: 0 };
    for (const record of [
      { kind: LinkKind.frameInTaken, transactionLow: 0xffff_ffff, dataRoom: 99 },
      { kind: LinkKind.frameOut, transactionLow: 0, dataRoom: 99 },
      { kind: LinkKind.frameIn, transactionLow: 0, dataRoom: 1 },
    ]) {
      lab.childLink.reserve({ ...head, ...record });
      lab.childLink.commit(0);
    }
    lab.settle();
    expect(lab.parentChannel().send(...whole(filled(1514, 1)))).toBe(false);
    expect(lab.up).toEqual([]);
  });

  test("no more than a window is ever under way, whatever is sent and taken", () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant("send" as const), length: fc.integer({ min: 14, max: 9018 }) }),
      fc.record({ kind: fc.constant("settle" as const), length: fc.constant(0) }),
      fc.record({ kind: fc.constant("take" as const), length: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(action, { minLength: 40, maxLength: 120 }), (actions) => {
        const lab = openLab();
        const line = lab.open(false);
        lab.settle();
        const expected: number[] = [];
        let taken = 0;
        let model = 0;
        for (const { kind, length } of actions) {
          if (kind === "settle") lab.settle();
          if (kind === "take" && taken < lab.down.length) {
            const size = lab.down[taken++]?.length ?? 0;
            line.taken(size);
            lab.settle();
            model -= frameCost(size);
          }
          if (kind !== "send") continue;
          const fits = model + frameCost(length) <= frameWindow;
          expect(lab.parentChannel().send(...whole(filled(length, 1)))).toBe(fits);
          if (!fits) continue;
          model += frameCost(length);
          expected.push(length);
        }
        lab.settle();
        expect(lab.down.map((frame) => frame.length)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});

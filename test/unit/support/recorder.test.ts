import { expect, test } from "vitest";
import { openRecorder } from "../../../src/support/index.ts";

interface Note {
  readonly kind: "rare" | "frequent";
  readonly subject: number;
}

function rig() {
  let time = 1000;
  const recorder = openRecorder<Note>({ now: () => time, lease: 50, perKind: 3 });
  return {
    recorder,
    pass(by: number) {
      time += by;
    },
  };
}

test("nothing is kept before somebody asks, and from then on in order and with its time", () => {
  const { recorder, pass } = rig();
  expect(recorder.on).toBe(false);
  recorder.note({ kind: "rare", subject: 1 });
  expect(recorder.take()).toEqual({ events: [], lost: 0, until: 1000 });
  expect(recorder.on).toBe(true);
  pass(2);
  recorder.note({ kind: "rare", subject: 2 });
  pass(3);
  recorder.note({ kind: "frequent", subject: 3 });
  expect(recorder.take()).toEqual({
    events: [
      { kind: "rare", subject: 2, at: 1002, sequence: 1 },
      { kind: "frequent", subject: 3, at: 1005, sequence: 2 },
    ],
    lost: 0,
    until: 1005,
  });
  expect(recorder.take().events).toEqual([]);
});

test("the frequent fills its own room only; what found none is counted, and its number is missing", () => {
  const { recorder } = rig();
  recorder.take();
  for (let subject = 0; subject < 10; subject++) recorder.note({ kind: "frequent", subject });
  recorder.note({ kind: "rare", subject: 99 });
  const { events, lost } = recorder.take();
  expect(events.map(({ subject }) => subject)).toEqual([0, 1, 2, 99]);
  expect(lost).toBe(7);
  expect(events.at(-1)?.sequence).toBe(11);
  recorder.note({ kind: "frequent", subject: 7 });
  expect(recorder.take()).toMatchObject({ events: [{ subject: 7 }], lost: 0 });
});

test("it stops by itself when nobody asks any more, and holds nothing then", () => {
  const { recorder, pass } = rig();
  recorder.take();
  recorder.note({ kind: "rare", subject: 1 });
  pass(51);
  expect(recorder.on).toBe(true);
  recorder.note({ kind: "rare", subject: 2 });
  expect(recorder.on).toBe(false);
  recorder.note({ kind: "rare", subject: 3 });
  expect(recorder.take().events).toEqual([]);
});

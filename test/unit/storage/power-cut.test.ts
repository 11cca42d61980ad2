import { describe, expect, test } from "vitest";
import { isNoSpace } from "../../../src/storage/index.ts";
import { bytesFile, cuts, openRecorder } from "../../lab/power-cut.ts";

function filled(length: number, value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(value);
}

/** Each state the files can be in, as text, for the cut after so many changes. */
function states(recorder: Parameters<typeof cuts>[0], after: number, options = {}): Set<string> {
  const out = new Set<string>();
  for (const cut of cuts(recorder, { subsets: 40, ...options })) {
    if (cut.after === after) out.add(cut.files.map((file) => file.join("")).join("|"));
  }
  return out;
}

describe("what a power cut leaves", () => {
  test("flushed changes are always there, the others in any combination", () => {
    const recorder = openRecorder();
    const file = recorder.file(filled(3, 0));
    file.writeAt(0, filled(1, 1));
    file.flush();
    file.writeAt(1, filled(1, 2));
    file.writeAt(2, filled(1, 3));
    expect(states(recorder, 0)).toEqual(new Set(["000"]));
    expect(states(recorder, 1)).toEqual(new Set(["000", "100"]));
    expect(states(recorder, 2)).toEqual(new Set(["100"]));
    expect(states(recorder, 4)).toEqual(new Set(["100", "120", "103", "123"]));
  });
  test("a flush concerns one file; writes keep their order", () => {
    const recorder = openRecorder();
    const [one, two] = [recorder.file(filled(1, 0)), recorder.file(filled(1, 0))];
    one.writeAt(0, filled(1, 1));
    two.writeAt(0, filled(1, 1));
    two.writeAt(0, filled(1, 2));
    two.flush();
    expect(states(recorder, 4)).toEqual(new Set(["0|2", "1|2"]));
    expect(states(recorder, 3)).toEqual(new Set(["0|0", "0|1", "0|2", "1|0", "1|1", "1|2"]));
  });
  test("a change of length may be lost as well; a write behind the end brings zeros", () => {
    const recorder = openRecorder();
    const file = recorder.file(filled(2, 1));
    file.resize(1);
    file.writeAt(3, filled(1, 4));
    expect(states(recorder, 2)).toEqual(new Set(["11", "1", "1104", "1004"]));
  });
  test("a torn write keeps what lies before a boundary; a hollow one only the length", () => {
    const recorder = openRecorder();
    const file = recorder.file(filled(2, 0));
    file.writeAt(1, filled(3, 1));
    const seen = states(recorder, 1, { tear: 2 });
    expect(seen).toEqual(new Set(["00", "0111", "01", "0000"]));
  });
});

test("a change that is refused leaves rubbish only behind the old end", () => {
  const recorder = openRecorder({ fail: (_, ordinal) => ordinal === 1 });
  const file = recorder.file();
  file.writeAt(0, filled(4, 1));
  let thrown: unknown;
  try {
    file.writeAt(2, filled(6, 2));
  } catch (failure) {
    thrown = failure;
  }
  expect(isNoSpace(thrown)).toBe(true);
  expect(recorder.contents(0)).toEqual(Uint8Array.from([1, 1, 1, 1, 0xbd, 0xbd]));
});

test("a file over bytes reads, grows and is cut like any other", () => {
  const file = bytesFile(filled(4, 7));
  file.writeAt(3, filled(3, 8));
  file.resize(5);
  file.resize(7);
  const into = filled(9, 1);
  expect(file.readAt(1, into)).toBe(6);
  expect(into).toEqual(Uint8Array.from([7, 7, 8, 8, 0, 0, 1, 1, 1]));
  expect(file.contents()).toEqual(Uint8Array.from([7, 7, 7, 8, 8, 0, 0]));
});

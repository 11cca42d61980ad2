import { expect, test } from "vitest";
import type { CatalogueEntry, VmGuid } from "../../../src/hvdef/index.ts";
import { openBootTimes, readTimes } from "../../../src/ui/boot-times.ts";
import { bootWords, downloadWords } from "../../../src/ui/catalogue-words.ts";

const vm = "a" as VmGuid;
const prompt = "tabvisor:[^\\n]*# ";

function openRig(kept: string | null = null) {
  let now = 1000;
  let text = kept;
  let hidden = false;
  const handlers = new Set<(text: string) => void>();
  const times = openBootTimes({
    store: {
      read: () => text,
      write: (next) => {
        text = next;
      },
    },
    now: () => now,
    wallClock: () => 1_700_000_000_000,
    isHidden: () => hidden,
  });
  return {
    times,
    kept: () => text,
    pass: (millis: number) => {
      now += millis;
    },
    hide: () => {
      hidden = true;
    },
    print: (piece: string) => {
      for (const handler of [...handlers]) handler(piece);
    },
    listeners: () => handlers.size,
    console: {
      text: () => "",
      send: () => undefined,
      onOutput(handler: (text: string) => void) {
        handlers.add(handler);
        return () => handlers.delete(handler);
      },
    },
  };
}

test("from the start to the prompt, in however many pieces it comes; kept for the next visit", () => {
  const rig = openRig();
  rig.times.begin(vm, prompt, rig.console);
  rig.pass(5000);
  rig.print("[    0.000000] Linux version 6.1\r\ntabvi");
  expect(rig.times.times.value.size).toBe(0);
  rig.pass(1234);
  rig.print("sor:/# ");
  const found = { millis: 6234, at: 1_700_000_000_000 };
  expect(rig.times.times.value.get(vm)).toEqual(found);
  expect(rig.listeners()).toBe(0);
  expect(openRig(rig.kept()).times.times.value.get(vm)).toEqual(found);
});

test.each([
  ["turned off before", (rig: ReturnType<typeof openRig>) => rig.times.end(vm)],
  ["in the background", (rig: ReturnType<typeof openRig>) => rig.hide()],
  ["after an hour", (rig: ReturnType<typeof openRig>) => rig.pass(3_600_000)],
])("not measured: %s", (_what, act) => {
  const rig = openRig();
  rig.times.begin(vm, prompt, rig.console);
  act(rig);
  rig.print("tabvisor:/# ");
  expect(rig.times.times.value.size).toBe(0);
  expect(rig.listeners()).toBe(0);
});

test("what was kept may be anything", () => {
  for (const text of ["", "{", "7", "[1]", "[[1,2]]", '[["a",{"millis":-1,"at":2}]]', '[["a",null]]'])
    expect(readTimes(text).size).toBe(0);
});

test("words: measured here before the bench, and both say what they are", () => {
  const bench = { bootTime: { millis: 6160, date: "2026-11-22", where: "two processors" } };
  expect(bootWords(bench, { millis: 9340, at: 0 })).toMatchObject({
    time: "9.3 s",
    source: expect.stringMatching(/measured in this browser/),
  });
  expect(bootWords(bench, null)).toEqual({
    time: "6.2 s",
    source: "from our bench of 2026-11-22: two processors",
  });
  expect(bootWords({ bootTime: null }, null)).toBeNull();
  const entry = (download: CatalogueEntry["download"]) => ({ download }) as CatalogueEntry;
  expect(downloadWords(entry(null))).toMatch(/Not known/);
  expect(downloadWords(entry({ firstBytes: 2048, diskBytes: 0 }))).toBe("2.0 KB");
  expect(downloadWords(entry({ firstBytes: 2048, diskBytes: 4096 }))).toMatch(/2\.0 KB, and at most 4\.0 KB/);
});

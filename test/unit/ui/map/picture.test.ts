import { describe, expect, test } from "vitest";
import type { InspectSample, PartitionId, VmGuid } from "../../../../src/hvdef/index.ts";
import type { VmView } from "../../../../src/ui/host.ts";
import { boxFigures } from "../../../../src/ui/map/box-figures.ts";
import { boxTree } from "../../../../src/ui/map/box-tree.ts";
import { consoleTail } from "../../../../src/ui/map/console-tail.ts";
import { endTraffic, machineFigures } from "../../../../src/ui/map/figures.ts";
import { openMeters } from "../../../../src/ui/map/meters.ts";
import { boxOf, lineRate, type MapSources, readMap } from "../../../../src/ui/map/model.ts";
import { architectureTree, type RecordedSpeech } from "../../../browser/ui-harness/recorded-architecture.ts";

const id = "id-1" as VmGuid;
const machine: VmView = {
  id,
  name: "web01",
  description: "",
  state: "running",
  memoryBytes: 2 ** 27,
  drives: [],
  scsiControllers: 1,
  adapters: [],
  integration: [],
  shutdown: "none",
  freeze: "thawed",
  input: { keyboard: "synthetic", mouse: "none", typing: null, layout: "us" },
  partition: 1 as PartitionId,
  trouble: null,
  processor: 0.5,
  notResponding: false,
};

function sources(speech: RecordedSpeech, seconds: number): MapSources {
  const at = 1_700_000_000_000 + seconds * 1000;
  const channels = {
    1: { state: "open", requests: seconds * 10, completions: seconds * 10, bytesIn: 0, bytesOut: 0 },
  };
  const sample: InspectSample = { at, tree: architectureTree(speech, seconds) };
  return {
    vms: [machine],
    samples: new Map([[id, sample]]),
    hypervisor: {
      at,
      tree: { logicalProcessors: 2, memoryInUse: 2 ** 27, created: 1, partitions: { 1: { processor: 0.5 } } },
    },
    host: {
      at,
      tree: {
        requests: seconds * 3,
        files: { reads: 4, writes: 2, bytesRead: 8, bytesWritten: 16 },
        machines: { [id]: { channels } },
      },
    },
    networks: null,
    platform: null,
    space: null,
  };
}

describe("the picture", () => {
  test("draws a line only where something is counted, and knows what a guest speaks", () => {
    const enlightened = readMap(sources("enlightened", 10), openMeters());
    expect(enlightened.machines.map(({ kind }) => kind)).toEqual(["enlightened"]);
    const keys = enlightened.lines.map(({ key }) => key);
    expect(keys).toContain(`rings ${id}`);
    expect(keys).toContain("serve disk");
    expect(keys).not.toContain("wires");
    expect(readMap(sources("legacy", 10), openMeters()).machines[0]?.kind).toBe("legacy");
    expect(readMap(sources("both", 10), openMeters()).machines[0]?.kind).toBe("both");
    const unknown = { ...sources("enlightened", 1), samples: new Map<VmGuid, InspectSample>(), host: null };
    expect(readMap(unknown, openMeters())).toMatchObject({ machines: [{ kind: "waiting" }], lines: [] });
  });

  test("turns counts into rates between two looks; lines join boxes that there are", () => {
    const meters = openMeters();
    const first = readMap(sources("enlightened", 10), meters);
    const asksOf = (picture: typeof first) => picture.lines.find(({ key }) => key === "asks");
    expect(asksOf(first)?.lanes[0]?.count).toMatchObject({ count: 30, rate: null, added: 0 });
    const second = readMap(sources("enlightened", 11), meters);
    expect(asksOf(second)?.lanes[0]?.count).toMatchObject({ count: 33, rate: 3, added: 3 });
    const bus = second.lines.find(({ key }) => key === `bus ${id}`);
    expect(bus).toMatchObject({ from: boxOf("guestBus", id), to: "bus", style: "synthetic" });
    expect(bus === undefined ? null : lineRate(bus)).toBe(20);
    expect(boxFigures("bus", second, sources("enlightened", 11))).toEqual(["20/s packets", ""]);
    expect(boxFigures("scheduler", second, sources("enlightened", 11))).toEqual(["25%", "in use"]);
  });

  test("every box has its counters, or none, and never anything else", () => {
    const all = sources("both", 5);
    expect(boxTree("disks", all)).toEqual({ reads: 4, writes: 2, bytesRead: 8, bytesWritten: 16 });
    expect(Object.keys(boxTree(boxOf("process", id), all))).toContain("accesses");
    expect(boxTree(boxOf("vp", id), all)).toHaveProperty("hypercalls");
    expect(boxTree(boxOf("vp", "another"), all)).toEqual({});
    expect(boxTree("person", all)).toEqual({});
  });
});

describe("figures", () => {
  test("what a tree does not tell is unknown, never zero", () => {
    const figures = machineFigures({
      vmbus: { channels: { 1: "odd", x: {}, 2: { state: "open", packetsIn: -1 } } },
    });
    expect(figures.accessesInAll).toBeNull();
    expect(figures.postMessage).toBeNull();
    expect(figures.version).toBeNull();
    expect(figures.channels).toEqual([
      expect.objectContaining({ id: 2, class: "services", packetsIn: null, open: true }),
    ]);
  });

  test("ends of emulated devices are no channels of the bus", () => {
    const ends = { channels: { 1: { requests: 3 }, 300: { sends: 2 }, 65536: { requests: 99 }, odd: {} } };
    const traffic = endTraffic(ends, machineFigures(architectureTree("enlightened", 1)).channels);
    expect(traffic.disk.packetsIn).toBe(3);
    expect(traffic.sockets.packetsOut).toBe(2);
    expect(traffic.services.packetsIn).toBeNull();
  });
});

describe("meters", () => {
  test("count from reading to reading; a counter that went back begins anew", () => {
    const meters = openMeters();
    const at = (time: number, count: number | null) => meters.read("a", { at: time, count });
    expect(at(1000, 5)).toEqual({ count: 5, rate: null, added: 0, at: 1000 });
    expect(at(1500, 10)).toEqual({ count: 10, rate: 10, added: 5, at: 1500 });
    // The same reading again, and one that comes at once, are no news.
    expect(at(1500, 10)).toMatchObject({ added: 5, at: 1500 });
    expect(at(1550, 12)).toMatchObject({ count: 10, at: 1500 });
    expect(at(2000, 12)).toMatchObject({ rate: 7, added: 2 });
    expect(at(2500, 3)).toMatchObject({ rate: null, added: 0, count: 3 });
    expect(at(9000, 300)).toMatchObject({ rate: null, added: 0 });
    expect(at(9500, null)).toMatchObject({ count: null, rate: null });
  });

  test("what comes once a second does not blink", () => {
    const meters = openMeters();
    const rates = [0, 1, 1, 1, 1, 2, 2, 2].map(
      (count, place) => meters.read("beat", { at: place * 250, count }).rate,
    );
    expect(rates.slice(4).every((rate) => rate !== null && rate > 0)).toBe(true);
  });

  test("those that are not read any more are forgotten", () => {
    const meters = openMeters();
    meters.read("a", { at: 0, count: 1 });
    meters.sweep();
    meters.sweep();
    expect(meters.read("a", { at: 500, count: 9 })).toMatchObject({ rate: null });
  });
});

test("the tail of a console is plain text: no colours, nothing that was printed over, no empty end", () => {
  const text = "one\r\n\u001b[1;32mtwo\u001b[0m\r\n10%\r20%\r\n\u001b]0;title\u0007~ # \r\n\r\n";
  expect(consoleTail(text, 3)).toEqual(["two", "20%", "~ # "]);
  expect(consoleTail("", 3)).toEqual([]);
  expect(consoleTail("x".repeat(9999), 2)[0]).toHaveLength(200);
});

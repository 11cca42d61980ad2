import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longestFrame, openTabLan, type TabLan } from "../../../src/network/index.ts";
import { openTabBacklog } from "../../../src/network/uplink/tab-backlog.ts";
import { largestBatch, openTabBatch, readTabBatch } from "../../../src/network/uplink/tab-batch.ts";
import { manualClock, micros } from "../../../src/support/index.ts";
import { labBroadcast, labChannels, labFrame, labPort, labSurroundings } from "../../lab/uplink.ts";

function openLab() {
  const around = labSurroundings();
  const channels = labChannels();
  let turn: (() => void)[] = [];
  function endTurn() {
    for (const action of turn.splice(0)) action();
    turn = [];
    channels.deliver();
  }
  function tab(id: string, segment = "LAN 1") {
    const port = labPort();
    const soon = (action: () => void) => turn.push(action);
    const lan = openTabLan({ ...around.options, segment, tab: id, join: channels.join, soon });
    return { port, lan };
  }
  return { ...around, channels, endTurn, tab };
}

describe("the LAN between tabs", () => {
  it("joins nothing before it is opened", () => {
    const { tab, channels, endTurn } = openLab();
    const { lan } = tab("a");
    lan.tick();
    lan.frame(labFrame(1, 2), 0, 60);
    endTurn();
    expect(channels.posted()).toBe(0);
    expect(lan.inspect()).toMatchObject({ state: "closed", notUp: 1 });
  });

  it("every other tab of the segment hears a frame, once; the sender does not", () => {
    const { tab, endTurn } = openLab();
    const [a, b, c, far] = [tab("a"), tab("b"), tab("c"), tab("far", "LAN 2")];
    for (const { lan, port } of [a, b, c, far]) lan.open(port);
    a.lan.frame(labBroadcast(1), 0, 60);
    endTurn();
    expect(b.port.frames).toEqual([labBroadcast(1)]);
    expect(c.port.frames).toEqual([labBroadcast(1)]);
    expect(a.port.frames).toEqual([]);
    expect(far.port.frames).toEqual([]);
  });

  it("two uplinks of one host on one segment make no loop", () => {
    const { tab, endTurn } = openLab();
    const [a, b] = [tab("same"), tab("same")];
    for (const { lan, port } of [a, b]) lan.open(port);
    a.lan.frame(labBroadcast(1), 0, 60);
    endTurn();
    expect(b.port.frames).toEqual([]);
  });

  it("a turn's frames go as one message, in order", () => {
    const { tab, endTurn, channels } = openLab();
    const [a, b] = [tab("a"), tab("b")];
    for (const { lan, port } of [a, b]) lan.open(port);
    endTurn();
    const before = channels.posted();
    const sent = Array.from({ length: 30 }, (_, index) => labFrame(2, 1, 60 + index * 40, index));
    for (const frame of sent) expect(a.lan.frame(frame, 0, frame.length)).toBe(true);
    expect(channels.posted()).toBe(before);
    endTurn();
    expect(channels.posted()).toBe(before + 1);
    expect(b.port.frames).toEqual(sent);
  });

  it("more than one message holds goes as several", () => {
    const { tab, endTurn } = openLab();
    const [a, b] = [tab("a"), tab("b")];
    for (const { lan, port } of [a, b]) lan.open(port);
    const frame = labFrame(2, 1, longestFrame);
    for (let sent = 0; sent < 20; sent++) a.lan.frame(frame, 0, longestFrame);
    endTurn();
    expect(b.port.frames.length).toBe(20);
    expect(b.port.frames.every((one) => one.length === longestFrame)).toBe(true);
  });

  it("knows the other tabs, and forgets those that are silent", () => {
    const { tab, endTurn, pass } = openLab();
    const [a, b] = [tab("a"), tab("b")];
    a.lan.open(a.port);
    expect(a.lan.describe().status).toBe("Connected. No other tab is on this segment.");
    b.lan.open(b.port);
    endTurn();
    expect(a.lan.describe().status).toBe("Connected to another tab.");
    for (let seconds = 0; seconds < 60; seconds++) {
      pass(1);
      for (const { lan } of [a, b]) lan.tick();
      endTurn();
    }
    expect(a.lan.inspect()).toMatchObject({ tabs: 1 });
    // The other tab is closed without a goodbye.
    for (let seconds = 0; seconds < 36; seconds++) {
      pass(1);
      a.lan.tick();
    }
    expect(a.lan.inspect()).toMatchObject({ tabs: 0, state: "up" });
    expect(a.lan.frame(labFrame(1, 2), 0, 60)).toBe(true);
  });

  it("learns which tab has which address", () => {
    const { tab, endTurn, pass } = openLab();
    const [a, b, c] = [tab("a"), tab("b"), tab("c")];
    for (const { lan, port } of [a, b, c]) lan.open(port);
    b.lan.frame(labFrame(9, 2), 0, 60);
    c.lan.frame(labFrame(9, 3), 0, 60);
    endTurn();
    const behind = (last: number) => a.lan.tabOf(labFrame(last, 0), 0);
    expect([behind(2), behind(3), behind(4)]).toEqual(["b", "c", null]);
    // A machine moves.
    c.lan.frame(labFrame(9, 2), 0, 60);
    endTurn();
    expect(behind(2)).toBe("c");
    pass(40);
    a.lan.tick();
    expect(behind(2)).toBe(null);
  });

  it("closing leaves the others sane, and it can be opened again", () => {
    const { tab, endTurn } = openLab();
    const [a, b] = [tab("a"), tab("b")];
    for (const { lan, port } of [a, b]) lan.open(port);
    b.lan.close();
    a.lan.frame(labBroadcast(1), 0, 60);
    endTurn();
    expect(b.port.frames).toEqual([]);
    b.lan.open(b.port);
    a.lan.frame(labBroadcast(1), 0, 60);
    endTurn();
    expect(b.port.frames.length).toBe(1);
  });

  it("what was sent before closing still leaves", () => {
    const { tab, endTurn } = openLab();
    const [a, b] = [tab("a"), tab("b")];
    for (const { lan, port } of [a, b]) lan.open(port);
    a.lan.frame(labBroadcast(1), 0, 60);
    a.lan.close();
    endTurn();
    expect(b.port.frames.length).toBe(1);
  });

  it("says so when the page may not talk to other tabs", () => {
    const { options } = labSurroundings();
    const lan = openTabLan({
      ...options,
      segment: "LAN 1",
      tab: "a",
      soon: () => {},
      join: () => {
        throw new Error("storage is partitioned");
      },
    });
    lan.open(labPort());
    expect(lan.describe().status).toBe(
      "Not connected: This page may not talk to other tabs (storage is partitioned).",
    );
  });
});

describe("a tab that reads slowly", () => {
  const frame = labFrame(2, 1, 1514);
  /** Sends what the rate allows in a tenth of a second; answers how many frames were taken. */
  function burst(lan: TabLan, frames = 3000): number {
    let taken = 0;
    for (let sent = 0; sent < frames; sent++) if (lan.frame(frame, 0, frame.length)) taken++;
    return taken;
  }
  function openPair() {
    const lab = openLab();
    const [a, b] = [lab.tab("a"), lab.tab("b")];
    for (const { lan, port } of [a, b]) lan.open(port);
    lab.endTurn();
    // It reads, says so, and is known to.
    burst(a.lan, 400);
    for (let turn = 0; turn < 3; turn++) lab.endTurn();
    lab.pass(1);
    return { ...lab, a, b };
  }

  it("has no more than 4 MiB waiting; the rest is dropped and counted until it has read", () => {
    const { a, b, pass, endTurn } = openPair();
    let taken = 0;
    for (let turn = 0; turn < 4; turn++) {
      taken += burst(a.lan);
      pass(0.1);
    }
    expect(taken * 1516).toBeGreaterThan(4 * 2 ** 20 - 2 * 65_536);
    expect(taken * 1516).toBeLessThan(4 * 2 ** 20 + 3 * 65_536);
    expect(a.lan.inspect()).toMatchObject({ full: 4 * 3000 - taken, overRate: 0 });
    expect(Number(a.lan.inspect()["waiting"])).toBeGreaterThan(4 * 2 ** 20);
    expect(a.lan.describe().dropped.join()).toContain("read too slowly");
    for (let turn = 0; turn < 3; turn++) endTurn();
    expect(Number(a.lan.inspect()["waiting"])).toBeLessThan(256 * 1024);
    expect(Number(b.lan.inspect()["received"])).toBe(400 + taken);
    expect(burst(a.lan, 10)).toBe(10);
  });

  it("holds up nobody once it reads nothing for two seconds, or has said goodbye", () => {
    const { a, b, pass, endTurn } = openPair();
    burst(a.lan);
    expect(burst(a.lan, 1)).toBe(0);
    pass(1.5);
    expect(burst(a.lan, 1)).toBe(0);
    pass(1);
    expect(burst(a.lan, 1)).toBe(1);
    for (let turn = 0; turn < 3; turn++) endTurn();
    expect(Number(a.lan.inspect()["waiting"])).toBeLessThan(256 * 1024);
    burst(a.lan);
    expect(burst(a.lan, 1)).toBe(0);
    b.lan.close();
    for (let turn = 0; turn < 3; turn++) endTurn();
    expect(a.lan.inspect()).toMatchObject({ tabs: 0, waiting: 0 });
    expect(burst(a.lan, 1)).toBe(1);
  });

  it("is believed what can be only, and saying the same again is no sign of life", () => {
    const clock = manualClock();
    const backlog = openTabBacklog(clock);
    expect(backlog.posted(100)).toBe(100);
    for (const wrong of [101, -1, 0.5, Number.NaN]) expect(backlog.told("b", wrong)).toBe(false);
    expect(backlog.told("b", 50)).toBe(true);
    expect(backlog.told("b", 49)).toBe(false);
    backlog.posted(5 * 2 ** 20);
    for (let second = 0; second < 2; second++) {
      expect(backlog.isFull()).toBe(true);
      expect(backlog.told("b", 50)).toBe(true);
      clock.advance(micros(1_000_000));
    }
    expect(backlog.isFull()).toBe(false);
    expect(backlog.told("b", 60)).toBe(true);
    expect(backlog.isFull()).toBe(true);
  });
});

describe("a tab that lies", () => {
  const name = "tabvisor segment LAN 1";

  it("is ignored, whatever it says", () => {
    const { tab, channels, lines } = openLab();
    const a = tab("a");
    a.lan.open(a.port);
    const wrong: unknown[] = [
      null,
      undefined,
      1,
      "hello",
      {},
      [],
      { version: 2, from: "b", batch: null },
      { version: 1, from: "", batch: null },
      { version: 1, from: "b".repeat(65), batch: null },
      { version: 1, from: 3, batch: null },
      { version: 1, from: "b" },
      { version: 1, from: "b", batch: new Uint8Array(20) },
      { version: 1, from: "b", batch: new ArrayBuffer(largestBatch + 1) },
      { version: 1, from: "b", batch: Uint8Array.of(60, 0, 1, 2, 3).buffer },
      { version: 1, from: "b", batch: Uint8Array.of(1).buffer },
      { version: 1, from: "b", batch: null, total: "1" },
      { version: 1, from: "b", batch: null, total: -1 },
      { version: 1, from: "b", batch: null, read: "a" },
      { version: 1, from: "b", batch: null, read: Array.from({ length: 65 }, () => ["a", 1]) },
      { version: 1, from: "b", batch: null, read: [["a", 1]] },
    ];
    for (const message of wrong) channels.say(name, message);
    expect(a.port.frames).toEqual([]);
    expect(a.lan.inspect()).toMatchObject({ lies: wrong.length, received: 0, state: "up" });
    expect(lines.length).toBeLessThan(10);
  });

  it("that floods does not take the others' share", () => {
    const { tab, channels, endTurn } = openLab();
    const [a, b] = [tab("a"), tab("b")];
    for (const { lan, port } of [a, b]) lan.open(port);
    endTurn();
    const batch = openTabBatch();
    while (batch.add(labFrame(1, 9, 1514), 0, 1514)) {}
    const message = { version: 1, from: "flood", batch: batch.take() };
    for (let sent = 0; sent < 1000; sent++) channels.say(name, message);
    expect(Number(a.lan.inspect()["overRate"])).toBeGreaterThan(10_000);
    const before = Number(a.lan.inspect()["received"]);
    b.lan.frame(labFrame(1, 2), 0, 60);
    endTurn();
    expect(Number(a.lan.inspect()["received"])).toBe(before + 1);
  });

  it("cannot make itself a crowd without bound", () => {
    const { tab, channels } = openLab();
    const a = tab("a");
    a.lan.open(a.port);
    for (let id = 0; id < 1000; id++) channels.say(name, { version: 1, from: `b${id}`, batch: null });
    expect(a.lan.inspect()).toMatchObject({ tabs: 64 });
  });

  it("any bytes as a batch are read without a fault, and only whole frames come out", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        readTabBatch(new Uint8Array(bytes).buffer, (all, at, length) => {
          expect(length).toBeGreaterThanOrEqual(14);
          expect(at + length).toBeLessThanOrEqual(all.length);
        });
      }),
    );
  });
});

import { afterEach, describe, expect, test, vi } from "vitest";
import type { CapturedFrame } from "../../../src/hvdef/index.ts";
import { openCaptureDesk, rowsKept } from "../../../src/ui/capture-desk.ts";
import type { NetworkHost } from "../../../src/ui/host.ts";
import { networkId, quietNetworks } from "./networks.ts";

afterEach(() => void vi.useRealTimers());

const lab = networkId("Lab");

function frame(sequence: number): CapturedFrame {
  const protocol = sequence % 2 === 0 ? "ARP" : "TCP";
  const at = sequence * 1000;
  return {
    sequence,
    at,
    port: 1,
    direction: "in",
    length: 60,
    protocol,
    source: "",
    destination: "",
    text: "",
  };
}

/** A wire on which so many frames have passed. The filter is a protocol; `!` is none. */
function wire(more: Partial<NetworkHost> = {}) {
  const asked: string[] = [];
  let passed = 0;
  const host = quietNetworks([], {
    async readCapture(_, { after, limit, filter }) {
      asked.push(`${filter}>${after}`);
      if (filter.includes("!")) throw new Error(`"!" at character ${filter.indexOf("!") + 1} means nothing`);
      const found: CapturedFrame[] = [];
      for (let next = after + 1; next <= passed && found.length < limit; next += 1) {
        if (filter === "" || frame(next).protocol === filter) found.push(frame(next));
      }
      return found;
    },
    ...more,
  });
  return { desk: openCaptureDesk(host, lab), asked, pass: (count: number) => (passed += count) };
}

const shown = (desk: ReturnType<typeof wire>["desk"]) => desk.frames.value.map(({ sequence }) => sequence);

describe("a capture", () => {
  test("asks nothing before it was started", async () => {
    const { desk, asked } = wire();
    await desk.read();
    expect([asked, desk.state.value]).toEqual([[], "idle"]);
  });

  test("lists what passes, each frame once", async () => {
    const { desk, pass } = wire();
    await desk.start(4);
    expect([desk.state.value, desk.port.value]).toEqual(["running", 4]);
    pass(2);
    await desk.read();
    pass(1);
    await desk.read();
    expect(shown(desk)).toEqual([1, 2, 3]);
  });

  test("reads what is left after it was stopped, then rests", async () => {
    const { desk, asked, pass } = wire();
    await desk.start(null);
    pass(3);
    await desk.stop();
    await desk.read();
    const times = asked.length;
    await desk.read();
    expect([desk.state.value, shown(desk), asked.length]).toEqual(["stopped", [1, 2, 3], times]);
  });

  test("begins anew when it is started again", async () => {
    const { desk, pass } = wire();
    await desk.start(null);
    pass(3);
    await desk.read();
    await desk.stop();
    await desk.start(null);
    expect([desk.frames.value, desk.before.value]).toEqual([[], 0]);
  });

  test("keeps a bounded number of rows and tells how many went before", async () => {
    const { desk, pass } = wire();
    await desk.start(null);
    pass(rowsKept + 1500);
    for (let go = 0; go < 3; go += 1) await desk.read();
    expect(desk.frames.value).toHaveLength(rowsKept);
    expect(desk.before.value).toBe(1500);
    expect(shown(desk).at(-1)).toBe(rowsKept + 1500);
  });

  test("rests after an answer that took long, but not before another filter", async () => {
    vi.useFakeTimers();
    let asked = 0;
    const { desk } = wire({
      readCapture: () => {
        asked += 1;
        return new Promise((resolve) => setTimeout(() => resolve([]), 100));
      },
    });
    const read = async (): Promise<number> => {
      const reading = desk.read();
      await vi.advanceTimersByTimeAsync(100);
      await reading;
      return asked;
    };
    await desk.start(null);
    for (let time = 0; time < 5; time += 1) expect(await read()).toBe(1);
    expect(await read()).toBe(2);
    desk.type("ARP");
    expect(await read()).toBe(3);
  });

  test("a refusal is told, and it can be tried again", async () => {
    let fails = true;
    const { desk } = wire({
      startCapture: () => (fails ? Promise.reject(new Error("the switch is gone")) : Promise.resolve()),
    });
    await desk.start(null);
    expect([desk.state.value, desk.problem.value]).toEqual(["idle", "The switch is gone."]);
    fails = false;
    await desk.start(null);
    expect([desk.state.value, desk.problem.value]).toEqual(["running", null]);
  });

  test("saving says how it went", async () => {
    const saved: string[] = [];
    const { desk } = wire({
      async saveCapture(_, name) {
        saved.push(name);
        if (saved.length > 1) throw new Error("no room");
      },
    });
    await desk.save("Lab.pcapng");
    expect([saved, desk.problem.value, desk.saving.value]).toEqual([["Lab.pcapng"], null, false]);
    await desk.save("Lab.pcapng");
    expect(desk.problem.value).toBe("No room.");
    desk.dismiss();
    expect(desk.problem.value).toBeNull();
  });
});

describe("a filter", () => {
  test("lists all that match, from the beginning", async () => {
    const { desk, pass } = wire();
    await desk.start(null);
    pass(4);
    await desk.read();
    desk.type("ARP");
    await desk.read();
    expect(shown(desk)).toEqual([2, 4]);
    pass(2);
    await desk.read();
    expect(shown(desk)).toEqual([2, 4, 6]);
    desk.type("");
    await desk.read();
    expect(shown(desk)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("that cannot be read leaves the list, says why, and is not asked again", async () => {
    const { desk, asked, pass } = wire();
    await desk.start(null);
    pass(2);
    await desk.read();
    desk.type("TCP!");
    await desk.read();
    await desk.read();
    expect(desk.mistake.value).toBe('"!" at character 4 means nothing.');
    expect(desk.problem.value).toBeNull();
    expect(shown(desk)).toEqual([1, 2]);
    expect(asked.filter((one) => one.startsWith("TCP!"))).toHaveLength(1);
    desk.type("TCP");
    await desk.read();
    expect([desk.mistake.value, shown(desk)]).toEqual([null, [1]]);
  });

  test("typed back to what it was has no mistake any more", async () => {
    const { desk } = wire();
    await desk.start(null);
    desk.type("!");
    await desk.read();
    expect(desk.mistake.value).not.toBeNull();
    desk.type("");
    expect(desk.mistake.value).toBeNull();
  });

  test("typed while an answer is under way wins over it", async () => {
    const answers: ((frames: readonly CapturedFrame[]) => void)[] = [];
    const { desk } = wire({ readCapture: () => new Promise((resolve) => answers.push(resolve)) });
    await desk.start(null);
    const reading = desk.read();
    desk.type("ARP");
    answers[0]?.([frame(1)]);
    await new Promise((done) => setTimeout(done));
    answers[1]?.([frame(2)]);
    await reading;
    expect(shown(desk)).toEqual([2]);
  });
});

describe("a capture of another view, or of before the page was opened", () => {
  test("is taken up: what it captured is read from its beginning", async () => {
    const { desk, pass } = wire();
    pass(2);
    desk.follow({ port: 4, since: 1000 });
    expect([desk.state.value, desk.port.value]).toEqual(["running", 4]);
    await desk.read();
    expect(shown(desk)).toEqual([1, 2]);
    desk.follow({ port: 4, since: 1000 });
    await desk.read();
    expect(shown(desk)).toEqual([1, 2]);
  });

  test("that begins anew takes the place of the one before", async () => {
    const { desk, pass, asked } = wire();
    pass(3);
    desk.follow({ port: null, since: 1000 });
    await desk.read();
    desk.follow({ port: null, since: 2000 });
    expect(shown(desk)).toEqual([]);
    await desk.read();
    expect(asked.at(-1)).toBe(">0");
  });

  test("that is stopped elsewhere stops here; the rest of it is still read", async () => {
    const { desk, pass } = wire();
    desk.follow({ port: null, since: 1000 });
    pass(1);
    desk.follow(null);
    expect(desk.state.value).toBe("stopped");
    await desk.read();
    expect(shown(desk)).toEqual([1]);
    desk.follow(null);
    expect(desk.state.value).toBe("stopped");
  });

  test("does not disturb what the page has under way itself", async () => {
    let answer = (): void => {};
    const starting = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { desk, pass } = wire({ startCapture: () => starting });
    const started = desk.start(4);
    desk.follow(null);
    expect(desk.state.value).toBe("starting");
    answer();
    await started;
    pass(1);
    await desk.read();
    desk.follow({ port: 4, since: 3000 });
    expect([desk.state.value, shown(desk)]).toEqual(["running", [1]]);
    desk.follow({ port: 5, since: 4000 });
    expect([desk.port.value, shown(desk)]).toEqual([5, []]);
  });
});

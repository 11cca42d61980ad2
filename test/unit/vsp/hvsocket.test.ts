import { describe, expect, it } from "vitest";
import { firstSocketChannel, socketConnections } from "../../../src/hvdef/index.ts";
import { micros } from "../../../src/support/index.ts";
import {
  type ConnectionEvent,
  type ConnectionState,
  stepConnection,
} from "../../../src/vsp/hvsocket/connection.ts";
import {
  type HostStream,
  openHvSockets,
  restoreHvSockets,
  type SocketRefusal,
} from "../../../src/vsp/index.ts";
import { connectRequest, nothingLeft, openSocketLab } from "../../lab/hvsocket.ts";

const events: readonly ConnectionEvent[] = [
  "opened",
  "guestDone",
  "hostDone",
  "aborted",
  "expired",
  "closed",
  "released",
];

/** What one connection does over these events, as the actions in their order. */
function walk(...steps: readonly ConnectionEvent[]): string {
  let state: ConnectionState = { kind: "offered" };
  const done: string[] = [];
  for (const event of steps) {
    const step = stepConnection(state, event);
    state = step.state;
    done.push(...step.actions);
  }
  return `${done.join(" ")} → ${state.kind}`;
}

describe("the steps of a connection", () => {
  it("end in a rescind after both sides have said everything, whoever does first", () => {
    expect(walk("opened", "guestDone", "hostDone")).toBe("begin rescind finish → rescinded");
    expect(walk("opened", "hostDone", "guestDone", "released")).toBe(
      "begin rescind finish forget → released",
    );
    expect(walk("opened", "guestDone")).toBe("begin → open");
  });

  it("refuse what nobody took, and lose what broke off", () => {
    expect(walk("expired")).toBe("rescind refuse → rescinded");
    expect(walk("released")).toBe("refuse forget → released");
    expect(walk("opened", "closed")).toBe("begin rescind lose → rescinded");
    expect(walk("opened", "guestDone", "aborted", "released")).toBe("begin rescind lose forget → released");
    expect(walk("opened", "released")).toBe("begin lose forget → released");
  });

  it("never rescind twice, and forget exactly once, over any three events", () => {
    for (const one of events)
      for (const two of events)
        for (const three of events) {
          const path = walk(one, two, three, "aborted", "released", "released").split(" ");
          expect(path.filter((action) => action === "rescind").length, path.join(" ")).toBeLessThanOrEqual(1);
          expect(path.filter((action) => action === "forget").length, path.join(" ")).toBe(1);
        }
  });
});

/** A service that keeps what it takes. */
function keeper() {
  const streams: HostStream[] = [];
  return {
    streams,
    service: (port: number) =>
      port === 5000
        ? (stream: HostStream) => {
            streams.push(stream);
            return () => {};
          }
        : null,
  };
}
const bytes = (text: string) => new TextEncoder().encode(text);
const shown = (piece: Uint8Array | string | undefined) =>
  typeof piece === "string" ? piece : Buffer.from(piece ?? []).toString();

describe("a connection of the guest", () => {
  it("carries bytes both ways, ends one way and then the other, and leaves nothing", () => {
    const { streams, service } = keeper();
    const lab = openSocketLab(service);
    lab.load();
    const socket = lab.connect(5000, 0x433);
    const [stream] = streams;
    expect([stream?.guestPort, stream?.hostPort]).toEqual([0x433, 5000]);
    expect(stream?.read(10)).toBe("wait");
    socket?.write(bytes("hello"));
    socket?.shutdown();
    lab.settle();
    expect(shown(stream?.read(2))).toBe("he");
    expect(shown(stream?.read(9))).toBe("llo");
    expect(stream?.read(9)).toBe("end");
    expect(stream?.write(bytes("back"))).toBe(4);
    stream?.end();
    expect(stream?.write(bytes("x"))).toBe("lost");
    lab.settle();
    expect(shown(socket?.read())).toBe("back");
    expect(socket?.ended()).toBe(true);
    expect(socket?.rescinded()).toBe(true);
    expect(lab.remains()).toMatchObject({ lanes: 0, channels: 1, connections: 1 });
    socket?.close();
    lab.settle();
    expect(lab.remains()).toEqual(nothingLeft);
  });

  it("is refused when nobody listens, and when its address is still taken", () => {
    const { streams, service } = keeper();
    const lab = openSocketLab(service);
    lab.load();
    expect(lab.connect(4999)).toBeNull();
    expect(lab.refusals()).toBe(1);
    lab.connect(5000, 7);
    lab.post(connectRequest(7, 5000));
    lab.settle();
    expect([streams.length, lab.refusals()]).toEqual([1, 2]);
  });

  it("is not told that it is over before all of ours is in its ring", () => {
    const { streams, service } = keeper();
    const lab = openSocketLab(service);
    lab.load();
    const socket = lab.connect(5000);
    const [stream] = streams;
    expect(stream?.write(new Uint8Array(40_000))).toBe(40_000);
    stream?.end();
    socket?.shutdown();
    lab.settle();
    expect(socket?.rescinded()).toBe(false);
    let read = 0;
    for (let turn = 0; turn < 20; turn++) {
      read += socket?.read().length ?? 0;
      lab.settle();
    }
    expect([read, socket?.ended(), socket?.rescinded()]).toEqual([40_000, true, true]);
  });

  it("that says what no socket says is ended", () => {
    const { streams, service } = keeper();
    for (const payload of [[2, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 9, 0, 0, 0], []]) {
      const lab = openSocketLab(service);
      lab.load();
      const socket = lab.connect(5000);
      socket?.raw(Uint8Array.from(payload));
      lab.settle();
      expect(socket?.rescinded()).toBe(true);
      expect(streams.at(-1)?.read(1)).toBe("lost");
      expect(lab.sockets.inspect()["violations"]).toBe(1);
    }
  });

  it("is ended when its guest has gone and its host is silent", () => {
    const { streams, service } = keeper();
    const lab = openSocketLab(service);
    lab.load();
    const socket = lab.connect(5000);
    socket?.shutdown();
    socket?.close();
    lab.settle();
    const wait = (seconds: number) => {
      lab.clock.advance(micros(seconds * 1_000_000));
      lab.sockets.tick();
      lab.settle();
    };
    wait(50);
    expect(streams[0]?.write(bytes("still there"))).toBe(11);
    lab.settle();
    wait(50);
    expect(lab.remains().connections).toBe(1);
    wait(20);
    expect(lab.remains()).toEqual(nothingLeft);
  });

  it("beyond the most there may be is refused, and one that was let go of makes room", () => {
    const { streams, service } = keeper();
    const lab = openSocketLab(service);
    lab.load();
    const made = Array.from({ length: socketConnections }, (_, at) => lab.connect(5000, 0x1000 + at));
    expect(made.every((one) => one !== null)).toBe(true);
    expect(lab.connect(5000, 0x9000)).toBeNull();
    streams[3]?.abort();
    lab.settle();
    expect(lab.connect(5000, 0x9000)).toBeNull();
    made[3]?.close();
    lab.settle();
    expect(lab.connect(5000, 0x9001)?.channel).toBe(firstSocketChannel + 3);
  }, 30_000);
});

describe("a connection of the host", () => {
  function connect(lab: ReturnType<typeof openSocketLab>, port: number) {
    const heard: { stream: HostStream | null; refused: SocketRefusal | null } = {
      stream: null,
      refused: null,
    };
    const cancel = lab.sockets.connect(
      port,
      (stream) => {
        heard.stream = stream;
        return () => {};
      },
      (why) => {
        heard.refused = why;
      },
    );
    lab.settle();
    return { heard, cancel };
  }

  it("reaches a program that listens", () => {
    const lab = openSocketLab();
    lab.load();
    lab.listening.add(6000);
    const { heard } = connect(lab, 6000);
    expect([heard.stream?.guestPort, heard.stream?.hostPort]).toEqual([6000, 49152]);
    expect(lab.accepted[0]?.hostPort).toBe(49152);
    heard.stream?.write(bytes("ping"));
    lab.settle();
    expect(shown(lab.accepted[0]?.read())).toBe("ping");
    connect(lab, 6000);
    expect(lab.accepted[1]?.hostPort).toBe(49153);
  });

  it("is given up when nobody takes it, and leaves nothing", () => {
    const lab = openSocketLab();
    lab.load();
    const { heard } = connect(lab, 6000);
    lab.clock.advance(micros(9_000_000));
    lab.sockets.tick();
    expect(heard.refused).toBeNull();
    lab.clock.advance(micros(2_000_000));
    lab.sockets.tick();
    lab.settle();
    expect(heard).toEqual({ stream: null, refused: "untaken" });
    expect(lab.remains()).toEqual(nothingLeft);
  });

  it("waits while the machine stands still", () => {
    const lab = openSocketLab();
    lab.load();
    const { heard } = connect(lab, 6000);
    lab.sockets.hold();
    lab.clock.advance(micros(60_000_000));
    lab.sockets.goOn();
    lab.sockets.tick();
    expect(heard.refused).toBeNull();
  });

  it("is refused at once where the guest has no bus, and when it was not wanted any more", () => {
    const lab = openSocketLab();
    expect(connect(lab, 6000).heard.refused).toBe("absent");
    lab.load(0x3_0000);
    expect(connect(lab, 6000).heard.refused).toBe("absent");
    lab.load();
    const { heard, cancel } = connect(lab, 6000);
    cancel();
    lab.settle();
    expect(heard).toEqual({ stream: null, refused: null });
    expect(lab.remains()).toEqual(nothingLeft);
  });

  it("of which too many wait is refused", () => {
    const lab = openSocketLab();
    lab.load();
    for (let at = 0; at < 32; at++) expect(connect(lab, 6000).heard.refused).toBeNull();
    expect(connect(lab, 6000).heard.refused).toBe("full");
  });
});

describe("the end of a guest", () => {
  it("breaks off what stands, and a new guest begins with nothing", () => {
    const { streams, service } = keeper();
    const lab = openSocketLab(service);
    lab.load();
    const socket = lab.connect(5000);
    socket?.write(bytes("last words"));
    lab.settle();
    lab.load();
    expect(lab.remains()).toEqual(nothingLeft);
    expect(shown(streams[0]?.read(100))).toBe("last words");
    expect(streams[0]?.read(100)).toBe("lost");
    expect(lab.connect(5000)).not.toBeNull();
  });

  it("is the end for connections that were not taken, too", () => {
    const lab = openSocketLab();
    lab.load();
    let refused: SocketRefusal | null = null;
    lab.sockets.connect(
      6000,
      () => () => {},
      (why) => {
        refused = why;
      },
    );
    lab.settle();
    lab.endpoints[Symbol.dispose]();
    expect(refused).toBe("absent");
    expect(lab.sockets.save()).toEqual({ format: 1, channels: [] });
  });
});

describe("saved sockets", () => {
  const options = { clock: { now: () => micros(0) }, service: () => null };

  it("remember which channels the guest is to be told of", () => {
    const { service } = keeper();
    const lab = openSocketLab(service);
    lab.load();
    lab.connect(5000, 1);
    lab.connect(5000, 2);
    const saved = structuredClone(lab.sockets.save());
    expect(saved).toEqual({ format: 1, channels: [firstSocketChannel, firstSocketChannel + 1] });
    const restored = restoreHvSockets(saved, options);
    expect(restored.kind === "restored" && restored.sockets.save()).toEqual(saved);
    expect(openHvSockets(options).save()).toEqual({ format: 1, channels: [] });
  });

  it("that are anything else are refused with a sentence", () => {
    const state = (channels: unknown) => ({ format: 1, channels });
    for (const bad of [
      null,
      7,
      {},
      { format: 2 },
      state(null),
      state([5]),
      state([256.5]),
      state([256, 256]),
    ]) {
      const outcome = restoreHvSockets(bad, options);
      expect(outcome.kind === "refused" && outcome.text).toMatch(/^The sockets cannot go on/);
    }
  });
});

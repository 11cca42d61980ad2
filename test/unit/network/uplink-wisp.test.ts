import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openWisp, type WispOptions } from "../../../src/network/index.ts";
import { readPacket } from "../../../src/network/uplink/wisp/packet.ts";
import { labDial, labListener, labSurroundings, opened } from "../../lab/uplink.ts";

const word = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
const packet = (type: number, stream: number, payload: readonly number[] = []) =>
  Uint8Array.from([type, ...word(stream), ...payload]);
const credit = (packets: number, stream = 0) => packet(3, stream, word(packets));
const info = (...extensions: number[]) =>
  packet(5, 0, [2, 0, ...extensions.flatMap((id) => [id, 0, 0, 0, 0])]);
const text = (value: string) => [...new TextEncoder().encode(value)];

function openLab(options: Partial<WispOptions> = {}) {
  const around = labSurroundings();
  const network = labDial();
  const wisp = openWisp({
    ...around.options,
    address: "ws://wisp.example/",
    login: null,
    dial: network.dial,
    ...options,
  });
  function up(packets = 4) {
    wisp.connect();
    const call = network.last();
    call.events.opened();
    call.events.bytes(info(1));
    call.events.bytes(credit(packets));
    call.sent.length = 0;
    return call;
  }
  return { ...around, network, wisp, up };
}

const web = { kind: "tcp", host: "web.example", port: 80 } as const;

describe("the handshake with a Wisp server", () => {
  it("calls nobody before it is asked to, and refuses streams with a reason", () => {
    const { network, wisp } = openLab();
    wisp.tick();
    expect(network.calls).toEqual([]);
    expect(wisp.open(web, labListener())).toEqual({
      kind: "refused",
      reason: "The Wisp server is not connected.",
    });
  });

  it("of version 2: its word, ours, then credit", () => {
    const { network, wisp, states } = openLab();
    wisp.connect();
    const call = network.last();
    expect(call.options).toEqual({ address: "ws://wisp.example/", protocol: "wisp-v2" });
    call.events.opened();
    call.events.bytes(info(1, 4));
    expect(call.sent).toEqual([packet(5, 0, [2, 0, 1, 0, 0, 0, 0])]);
    expect(wisp.state().kind).toBe("connecting");
    call.events.bytes(credit(128));
    expect(states).toEqual(["connecting", "up"]);
    expect(wisp.inspect()).toMatchObject({ version: 2 });
  });

  it("of version 2 as the draft orders it: credit first", () => {
    const { network, wisp } = openLab();
    wisp.connect();
    network.last().events.opened();
    network.last().events.bytes(credit(128));
    expect(wisp.state().kind).toBe("connecting");
    network.last().events.bytes(info(1));
    expect(wisp.state().kind).toBe("up");
  });

  it("of version 1: a server that does not know version 2 is called again without it", () => {
    const { network, wisp } = openLab();
    wisp.connect();
    network.last().events.ended("refused");
    expect(network.calls.length).toBe(2);
    expect(network.last().options.protocol).toBe(null);
    network.last().events.opened();
    network.last().events.bytes(credit(127));
    expect(wisp.state().kind).toBe("up");
    expect(wisp.inspect()).toMatchObject({ version: 1 });
  });

  it("of version 1 behind a proxy that agrees to anything: no word of version 2 for five seconds", () => {
    const { network, wisp, pass } = openLab();
    wisp.connect();
    network.last().events.opened();
    network.last().events.bytes(credit(127));
    pass(4.9);
    wisp.tick();
    expect(wisp.state().kind).toBe("connecting");
    pass(0.1);
    wisp.tick();
    expect(wisp.state().kind).toBe("up");
  });

  it("with a server that is not there: both are tried, then it pauses", () => {
    const { network, wisp } = openLab();
    wisp.connect();
    network.last().events.ended("first");
    network.last().events.ended("It could not be reached.");
    expect(network.calls.length).toBe(2);
    expect(wisp.describe().status).toBe("It could not be reached. The next attempt is in 1 s.");
  });

  it("gives name and password only to a server that asks", () => {
    const login = { name: "näme", password: "pw" };
    const { network, wisp } = openLab({ login });
    wisp.connect();
    network.last().events.opened();
    network.last().events.bytes(info(1, 2));
    const extension = [5, 2, 0, ...text("näme"), ...text("pw")];
    expect(network.last().sent).toEqual([
      packet(5, 0, [2, 0, 1, 0, 0, 0, 0, 2, ...word(extension.length), ...extension]),
    ]);
    const quiet = openLab({ login });
    quiet.wisp.connect();
    quiet.network.last().events.opened();
    quiet.network.last().events.bytes(info(1));
    expect(quiet.network.last().sent).toEqual([packet(5, 0, [2, 0, 1, 0, 0, 0, 0])]);
  });

  it("stops, with a sentence, where a password is missing or wrong", () => {
    const { network, wisp, pass } = openLab();
    wisp.connect();
    network.last().events.opened();
    network.last().events.bytes(info(1, 2));
    expect(wisp.describe().status).toBe("Not connected: The Wisp server asks for a name and a password.");
    pass(1000);
    wisp.tick();
    expect(network.calls.length).toBe(1);
    const wrong = openLab({ login: { name: "a", password: "b" } });
    wrong.wisp.connect();
    wrong.network.last().events.opened();
    wrong.network.last().events.bytes(info(2));
    wrong.network.last().events.bytes(packet(4, 0, [0xc0]));
    expect(wrong.wisp.describe().status).toContain("does not accept the name or the password");
  });
});

describe("a stream", () => {
  it("asks for its target and carries bytes both ways", () => {
    const { wisp, up } = openLab();
    const call = up();
    const listener = labListener();
    const stream = opened(wisp.open(web, listener));
    expect(call.sent).toEqual([packet(1, 1, [1, 80, 0, ...text("web.example")])]);
    expect(stream.send(Uint8Array.from([0, 1, 2, 3]), 1, 2)).toBe(2);
    expect(call.sent[1]).toEqual(packet(2, 1, [1, 2]));
    call.events.bytes(packet(2, 1, [7, 8, 9]));
    expect(listener.got).toEqual([7, 8, 9]);
  });

  it("sends no more packets than it has credit for, and hears of room", () => {
    const { wisp, up } = openLab();
    const call = up(2);
    const listener = labListener();
    const stream = opened(wisp.open(web, listener));
    const bytes = new Uint8Array(50_000);
    expect(stream.send(bytes, 0, 50_000)).toBe(2 * 16384);
    expect(stream.send(bytes, 0, 1)).toBe(0);
    expect(call.sent.length).toBe(3);
    expect(listener.rooms).toBe(0);
    call.events.bytes(credit(2, 1));
    expect(listener.rooms).toBe(1);
    expect(stream.send(bytes, 32768, 50_000 - 32768)).toBe(50_000 - 32768);
    // A new stream has credit of its own.
    expect(opened(wisp.open(web, labListener())).send(bytes, 0, 10)).toBe(10);
  });

  it("waits for a slow network, too", () => {
    const { wisp, up } = openLab();
    const call = up(100);
    const listener = labListener();
    const stream = opened(wisp.open(web, listener));
    call.backlog = 4 * 1024 * 1024;
    expect(stream.send(new Uint8Array(10), 0, 10)).toBe(0);
    wisp.tick();
    expect(listener.rooms).toBe(0);
    call.backlog = 0;
    wisp.tick();
    expect(listener.rooms).toBe(1);
  });

  it("keeps what a slow guest has not taken, in order, and ends only after it", () => {
    const { wisp, up } = openLab();
    const call = up();
    const listener = labListener();
    listener.appetite = 2;
    const stream = opened(wisp.open(web, listener));
    call.events.bytes(packet(2, 1, [1, 2, 3, 4]));
    call.events.bytes(packet(2, 1, [5]));
    call.events.bytes(packet(4, 1, [2]));
    expect(listener.got).toEqual([1, 2]);
    expect(listener.ends).toEqual([]);
    listener.appetite = 1;
    stream.more();
    listener.appetite = 10;
    stream.more();
    expect(listener.got).toEqual([1, 2, 3, 4, 5]);
    expect(listener.ends).toEqual([{ kind: "finished", reason: "The server closed the connection." }]);
    expect(wisp.inspect()).toMatchObject({ streams: 0, keptBytes: 0 });
  });

  it("is given up when the guest falls too far behind, even one byte at a time", () => {
    for (const size of [1, 16_000]) {
      const { wisp, up } = openLab();
      const call = up();
      const listener = labListener();
      listener.appetite = 0;
      opened(wisp.open(web, listener));
      let sent = 0;
      const message = packet(2, 1, new Array(size).fill(1));
      while (listener.ends.length === 0 && sent < 100_000) {
        call.events.bytes(message.slice());
        sent++;
      }
      expect(sent * (size + 256)).toBeLessThan(9 * 1024 * 1024);
      expect(listener.ends[0]).toMatchObject({ kind: "broken" });
      expect(call.sent.at(-1)).toEqual(packet(4, 1, [0x81]));
      expect(wisp.inspect()).toMatchObject({ streams: 0, keptBytes: 0 });
    }
  });

  it("that a guest has caught up on keeps nothing", () => {
    const { wisp, up } = openLab();
    const call = up();
    const listener = labListener();
    const stream = opened(wisp.open(web, listener));
    for (let round = 0; round < 3; round++) {
      listener.appetite = 0;
      for (let sent = 0; sent < 10; sent++) call.events.bytes(packet(2, 1, [1, 2, 3]));
      expect(wisp.inspect()).toMatchObject({ keptBytes: 10 * (3 + 256) });
      listener.appetite = 1000;
      stream.more();
      expect(wisp.inspect()).toMatchObject({ keptBytes: 0 });
    }
    expect(listener.got.length).toBe(90);
  });

  it("all of them together keep only so much", () => {
    const { wisp, up } = openLab();
    const call = up();
    const listeners = Array.from({ length: 40 }, () => ({ ...labListener(), bytes: () => 0 }));
    for (const listener of listeners) opened(wisp.open(web, listener));
    const message = packet(2, 0, []);
    for (let round = 0; round < 60; round++) {
      for (let id = 1; id <= 40; id++) {
        const big = new Uint8Array(100_000);
        big.set(message);
        big[1] = id;
        call.events.bytes(big);
      }
    }
    expect(Number(wisp.inspect()["keptBytes"])).toBeLessThanOrEqual(64 * 1024 * 1024);
    expect(listeners.some(({ ends }) => ends.length === 1)).toBe(true);
  });

  it.each([
    [0x02, "finished", "closed the connection"],
    [0x03, "broken", "broke"],
    [0x42, "refused", "does not know the name"],
    [0x44, "refused", "refused"],
    [0x48, "refused", "does not allow"],
    [0x47, "broken", "silent"],
    [0x99, "broken", "reason 153"],
  ])("closed for reason %i is %s", (reason, kind, words) => {
    const { wisp, up } = openLab();
    const call = up();
    const listener = labListener();
    opened(wisp.open(web, listener));
    call.events.bytes(packet(4, 1, [reason]));
    expect(listener.ends).toEqual([{ kind, reason: expect.stringContaining(words) }]);
  });

  it("closed from here says so once and is heard of no more", () => {
    const { wisp, up } = openLab();
    const call = up();
    const listener = labListener();
    const stream = opened(wisp.open(web, listener));
    stream.close();
    stream.close();
    call.events.bytes(packet(2, 1, [1]));
    call.events.bytes(packet(4, 1, [2]));
    expect(call.sent.slice(1)).toEqual([packet(4, 1, [2])]);
    expect(listener.got).toEqual([]);
    expect(listener.ends).toEqual([]);
    expect(wisp.inspect()).toMatchObject({ streams: 0, strays: 1, state: "up" });
  });

  it("finished from here still hears the answer, and ends when nothing more comes", () => {
    const { wisp, up, pass } = openLab();
    const call = up();
    const listener = labListener();
    const stream = opened(wisp.open(web, listener));
    stream.finish();
    pass(50);
    call.events.bytes(packet(2, 1, [1]));
    pass(50);
    wisp.tick();
    expect(listener.got).toEqual([1]);
    expect(listener.ends).toEqual([]);
    pass(10);
    wisp.tick();
    expect(listener.ends).toEqual([{ kind: "finished", reason: "Nothing more came." }]);
    expect(call.sent.at(-1)).toEqual(packet(4, 1, [2]));
  });

  it("breaks when the connection is lost, and a new one serves new streams", () => {
    const { wisp, up, pass, network } = openLab();
    const call = up();
    const listener = labListener();
    const stream = opened(wisp.open(web, listener));
    call.events.ended("gone");
    expect(listener.ends).toMatchObject([{ kind: "broken" }]);
    expect(stream.send(new Uint8Array(3), 0, 3)).toBe(3);
    pass(2);
    wisp.tick();
    network.last().events.opened();
    network.last().events.bytes(info(1));
    network.last().events.bytes(credit(1));
    opened(wisp.open(web, labListener()));
    expect(network.last().sent.length).toBe(2);
  });

  it("of datagrams needs no credit, and is refused where the server carries none", () => {
    const { wisp, up } = openLab();
    const call = up(1);
    const listener = labListener();
    const stream = opened(wisp.open({ kind: "udp", host: "10.0.0.1", port: 53 }, listener));
    expect(call.sent[0]).toEqual(packet(1, 1, [2, 53, 0, ...text("10.0.0.1")]));
    for (let sent = 0; sent < 5; sent++) expect(stream.send(new Uint8Array(9), 0, 9)).toBe(9);
    expect(call.sent.length).toBe(6);
    const poor = openLab();
    poor.wisp.connect();
    poor.network.last().events.opened();
    poor.network.last().events.bytes(info());
    poor.network.last().events.bytes(credit(1));
    expect(poor.wisp.open({ kind: "udp", host: "10.0.0.1", port: 53 }, listener)).toMatchObject({
      kind: "refused",
      reason: "The Wisp server does not carry UDP.",
    });
  });

  it("to nowhere is refused here; so are too many", () => {
    const { wisp, up } = openLab();
    up();
    for (const target of [
      { ...web, port: 0 },
      { ...web, port: 65536 },
      { ...web, port: 1.5 },
      { ...web, host: "" },
      { ...web, host: "a b" },
      { ...web, host: "x".repeat(254) },
      { ...web, host: "a\u0000" },
    ]) {
      expect(wisp.open(target, labListener())).toMatchObject({ kind: "refused" });
    }
    for (let count = 0; count < 512; count++) opened(wisp.open(web, labListener()));
    expect(wisp.open(web, labListener())).toMatchObject({ kind: "refused" });
  });
});

describe("a Wisp server that lies", () => {
  it("is hung up on after some nonsense, with a sentence", () => {
    const { wisp, up, lines } = openLab();
    const call = up();
    for (const nonsense of [
      packet(9, 1),
      Uint8Array.of(2),
      packet(3, 1, [1]),
      packet(4, 1),
      new Uint8Array(0),
    ]) {
      call.events.bytes(nonsense);
    }
    expect(wisp.inspect()).toMatchObject({ lies: 5, state: "up" });
    for (let told = 0; told < 40; told++) call.events.text(3);
    expect(wisp.describe().status).toContain("probably no Wisp server");
    expect(call.closed).toBe(true);
    expect(lines.length).toBeLessThan(10);
  });

  it("that floods streams nobody has is hung up on", () => {
    const { wisp, up } = openLab();
    const call = up();
    opened(wisp.open(web, labListener())).close();
    const stray = packet(2, 1, [1, 2, 3]);
    for (let sent = 0; sent < 1000; sent++) call.events.bytes(stray);
    // Some are always on their way.
    expect(wisp.inspect()).toMatchObject({ strays: 1000, lies: 0, state: "up" });
    for (let sent = 0; sent < 6000 && !call.closed; sent++) call.events.bytes(stray);
    expect(wisp.describe().status).toContain("floods");
  });

  it("that makes up streams is hung up on", () => {
    const { wisp, up } = openLab();
    const call = up();
    for (let sent = 0; sent < 32; sent++) call.events.bytes(packet(2, 1, [1]));
    expect(wisp.describe().status).toContain("data for a connection that was never opened");
  });

  it("any packets cause no fault, before and after the handshake", () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    const near = fc
      .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 3 }), fc.uint8Array({ maxLength: 20 }))
      .map(([type, stream, payload]) => packet(type, stream, [...payload]));
    fc.assert(
      fc.property(fc.array(fc.oneof(bytes, near), { maxLength: 40 }), fc.boolean(), (messages, isUp) => {
        const { wisp, network, up, pass } = openLab();
        if (isUp) up();
        else {
          wisp.connect();
          network.last().events.opened();
        }
        wisp.open(web, labListener());
        for (const message of messages) {
          if (network.last().closed) break;
          network.last().events.bytes(new Uint8Array(message));
          pass(0.1);
          wisp.tick();
        }
        wisp.close();
        expect(wisp.inspect()).toMatchObject({ streams: 0, keptBytes: 0, state: "closed" });
      }),
    );
  });

  it("an extension that is longer than its packet is no info", () => {
    expect(readPacket(packet(5, 0, [2, 0, 1, 1, 0, 0, 0]))).toBe(null);
    expect(readPacket(packet(5, 0, [2, 0, 1, 255, 255, 255, 255]))).toBe(null);
    expect(readPacket(packet(5, 0, [2, 0, 1, 0, 0]))).toBe(null);
    expect(readPacket(packet(5, 0, [2]))).toBe(null);
    expect(readPacket(packet(5, 0, [2, 0]))).toMatchObject({ info: { udp: false, asksForPassword: false } });
  });
});

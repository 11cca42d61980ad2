import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FrameSink, openStandIns, openWebGateway, type Web } from "../../../src/network/index.ts";
import { parseAddress } from "../../../src/network/stack/address.ts";
import type { TcpConnection } from "../../../src/network/stack/tcp/connection.ts";
import type { TcpEnd } from "../../../src/network/stack/tcp/tcb.ts";
import { emptyPacket, readPacket } from "../../../src/network/uplink/nat/packet.ts";
import { type FarStream, labOpener, type NatLab, openNatLab } from "../../lab/nat.ts";
import { labSurroundings } from "../../lab/uplink.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const address = (text: string) => parseAddress(text) ?? 0;
const bytesOf = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const textOf = (bytes: readonly number[]) => String.fromCharCode(...bytes);

function only(streams: readonly FarStream[]): FarStream {
  const [stream] = streams;
  if (stream === undefined || streams.length !== 1) throw new Error(`${streams.length} streams are open`);
  return stream;
}

/** A guest's connection, and what it heard. */
function connect(lab: NatLab, to: string, port: number) {
  const got: number[] = [];
  const told = { ended: false, closed: null as TcpEnd | null, appetite: Number.POSITIVE_INFINITY };
  const connection: TcpConnection | null = lab.tcp.connect(address(to), port, {
    onData(bytes, at, length) {
      const taken = Math.min(length, told.appetite);
      for (let index = 0; index < taken; index++) got.push(bytes[at + index] ?? 0);
      told.appetite -= taken;
      return taken;
    },
    onEnd: () => {
      told.ended = true;
    },
    onClosed: (end) => {
      told.closed = end;
    },
  });
  if (connection === null) throw new Error("no connection");
  return { connection, got, told };
}

describe("a guest's TCP connection", () => {
  it("to anywhere is ended here and carried on as a stream", async () => {
    const far = labOpener();
    const lab = openNatLab(far.opener);
    const { connection, got, told } = connect(lab, "8.8.4.4", 8080);
    await lab.wait(50);
    const stream = only(far.streams);
    expect(stream.target).toEqual({ kind: "tcp", host: "8.8.4.4", port: 8080 });
    connection.write(bytesOf("Hello, far side"));
    await lab.wait(50);
    expect(textOf(stream.got)).toBe("Hello, far side");
    const answer = bytesOf("Hello, guest");
    expect(stream.events.bytes(answer, 0, answer.length)).toBe(answer.length);
    await lab.wait(50);
    expect(textOf(got)).toBe("Hello, guest");
    stream.events.ended({ kind: "finished", reason: "" });
    await lab.wait(50);
    expect(told.ended).toBe(true);
    connection.close();
    await lab.wait(3000);
    expect(told.closed).toBe("done");
    expect(stream.closed).toBe(true);
  });

  it("carries a megabyte each way, whole, at the pace of whoever is slower", async () => {
    const far = labOpener();
    const lab = openNatLab(far.opener);
    const { connection, got, told } = connect(lab, "8.8.4.4", 80);
    await lab.wait(50);
    const stream = only(far.streams);
    const all = Uint8Array.from({ length: 1_000_000 }, (_, at) => (at * 7919) >> 5);
    stream.appetite = 50_000;
    let sent = 0;
    let answered = 0;
    told.appetite = 30_000;
    let waited = 0;
    while (stream.got.length < all.length || got.length < all.length) {
      sent += connection.write(all, sent, all.length - sent);
      answered += stream.events.bytes(all, answered, all.length - answered);
      if (answered < all.length) waited++;
      await lab.wait(20);
      stream.appetite = 50_000;
      stream.events.room();
      told.appetite = 30_000;
      connection.resume();
      if (waited > 500) throw new Error("it does not go on");
    }
    expect(waited).toBeGreaterThan(5);
    expect(Buffer.compare(Uint8Array.from(stream.got), all)).toBe(0);
    expect(Buffer.compare(Uint8Array.from(got), all)).toBe(0);
    expect(stream.mores).toBeGreaterThan(0);
  });

  it("that says its last word is told on, and still hears the answer", async () => {
    const far = labOpener();
    const lab = openNatLab(far.opener);
    const { connection, got } = connect(lab, "8.8.4.4", 80);
    await lab.wait(50);
    connection.write(bytesOf("a question"));
    connection.close();
    await lab.wait(50);
    const stream = only(far.streams);
    expect(stream.finished).toBe(true);
    stream.events.bytes(bytesOf("late"), 0, 4);
    stream.events.ended({ kind: "finished", reason: "" });
    await lab.wait(50);
    expect(textOf(got)).toBe("late");
  });

  it("is reset when the stream breaks; the stream is given up when the guest resets", async () => {
    const far = labOpener();
    const lab = openNatLab(far.opener);
    const one = connect(lab, "8.8.4.4", 80);
    await lab.wait(50);
    only(far.streams).events.ended({ kind: "broken", reason: "gone" });
    await lab.wait(50);
    expect(one.told.closed).toBe("reset");
    const other = connect(lab, "8.8.4.4", 80);
    await lab.wait(50);
    other.connection.abort();
    await lab.wait(50);
    expect(far.streams[1]?.closed).toBe(true);
  });

  it("that nobody carries on is reset, with a notice that says why", async () => {
    const far = labOpener();
    far.refuse("The Wisp server is not connected.");
    const lab = openNatLab(far.opener);
    const { told } = connect(lab, "8.8.4.4", 80);
    await lab.wait(50);
    expect(told.closed).toBe("reset");
    expect(lab.lines).toEqual([
      "192.168.137.20 could not connect to 8.8.4.4 port 80 (tcp). The Wisp server is not connected.",
    ]);
  });

  it("many at once keep apart, also to one server", async () => {
    const far = labOpener();
    const lab = openNatLab(far.opener);
    const guests = Array.from({ length: 40 }, (_, index) =>
      connect(lab, `8.8.4.${index % 4}`, 80 + (index % 2)),
    );
    for (const [index, { connection }] of guests.entries()) connection.write(bytesOf(`I am ${index}.`));
    // All but one ask again: only one packet waits for the answer to an ARP question.
    await lab.wait(2000);
    expect(far.streams.map(({ got }) => textOf(got)).sort()).toEqual(
      guests.map((_, index) => `I am ${index}.`).sort(),
    );
    for (const { got, events } of far.streams) events.bytes(Uint8Array.from(got), 0, got.length);
    await lab.wait(100);
    expect(guests.map(({ got }) => textOf(got))).toEqual(guests.map((_, index) => `I am ${index}.`));
  });
});

it("a guest's request goes through NAT and web gateway, and the answer comes back", async () => {
  const asked: string[] = [];
  const pieces = [bytesOf("x".repeat(100_000)), bytesOf("the end")];
  const web: Web = {
    async fetch({ url }) {
      asked.push(url);
      return { status: 200, statusText: "OK", headers: [], read: async () => pieces.shift() ?? null };
    },
    isThere: async () => false,
  };
  const { options } = labSurroundings();
  const gateway = openWebGateway({ ...options, web, pageIsSecure: true });
  gateway.connect();
  const standIns = openStandIns();
  const lab = openNatLab(gateway, { hostOf: standIns.hostOf });
  const [stand = ""] = (await standIns.resolve("web.example")) ?? [];
  const { connection, got, told } = connect(lab, stand, 80);
  await lab.wait(50);
  connection.write(bytesOf("GET /file HTTP/1.1\r\nHost: web.example\r\n\r\n"));
  await lab.wait(500);
  expect(asked).toEqual(["https://web.example/file"]);
  expect(textOf(got.slice(0, 17))).toBe("HTTP/1.1 200 OK\r\n");
  expect(textOf(got.slice(-7))).toBe("the end");
  expect(got.length).toBeGreaterThan(100_007);
  expect(told.ended).toBe(true);
  const tls = connect(lab, stand, 443);
  await lab.wait(50);
  expect(tls.told.closed).toBe("reset");
  expect(lab.lines[0]).toContain(
    "could not connect to web.example port 443 (tcp). The web gateway cannot carry https",
  );
});

describe("a guest's datagrams", () => {
  function openSocket(lab: NatLab, port = 5000) {
    const got: string[] = [];
    const socket = lab.guest.udp.open(port, ({ bytes, at, length, from, fromPort }) => {
      got.push(`${from >>> 0} ${fromPort} ${textOf([...bytes.subarray(at, at + length)])}`);
    });
    return { got, socket };
  }

  it("are carried on, and the answers come from where they went", async () => {
    const far = labOpener();
    const lab = openNatLab(far.opener);
    const { got, socket } = openSocket(lab);
    await lab.wait(20);
    for (const text of ["one", "two"]) {
      socket.send({ ip: address("8.8.4.4"), port: 53 }, bytesOf(text));
      await lab.wait(20);
    }
    const stream = only(far.streams);
    expect(stream.target).toEqual({ kind: "udp", host: "8.8.4.4", port: 53 });
    expect(textOf(stream.got)).toBe("onetwo");
    stream.events.bytes(bytesOf("xyes"), 1, 3);
    await lab.wait(20);
    expect(got).toEqual([`${address("8.8.4.4")} 53 yes`]);
  });

  it("of one port to two hosts are two conversations; silence ends them", async () => {
    const far = labOpener();
    const lab = openNatLab(far.opener);
    const { socket } = openSocket(lab);
    for (const ip of ["8.8.4.4", "8.8.8.8"]) {
      socket.send({ ip: address(ip), port: 53 }, bytesOf("q"));
      await lab.wait(20);
    }
    expect(far.streams.map(({ target }) => target.host)).toEqual(["8.8.4.4", "8.8.8.8"]);
    await lab.wait(121_000);
    expect(far.streams.every(({ closed }) => closed)).toBe(true);
    expect(lab.nat.inspect()).toMatchObject({ udp: { conversations: 0 } });
  });

  it("that nobody carries on are answered: prohibited", async () => {
    const far = labOpener();
    far.refuse("No.");
    const lab = openNatLab(far.opener);
    const { socket } = openSocket(lab);
    await lab.wait(20);
    socket.send({ ip: address("8.8.4.4"), port: 53 }, bytesOf("q"));
    await lab.wait(20);
    socket.send({ ip: address("8.8.4.4"), port: 53 }, bytesOf("q"));
    const answer = lab.heard.at(-1) ?? new Uint8Array(0);
    expect([answer[23], answer[34], answer[35]]).toEqual([1, 3, 13]);
    const packet = emptyPacket();
    expect(readPacket(packet, answer, 0, answer.length)).toBe(true);
    expect(packet).toMatchObject({ from: address("192.168.137.1"), to: address("192.168.137.20") });
  });

  it("an answer that fits no frame is dropped and counted", async () => {
    const far = labOpener();
    const lab = openNatLab(far.opener);
    const { got, socket } = openSocket(lab);
    await lab.wait(20);
    socket.send({ ip: address("8.8.4.4"), port: 53 }, bytesOf("q"));
    await lab.wait(20);
    only(far.streams).events.bytes(new Uint8Array(1473), 0, 1473);
    await lab.wait(20);
    expect(got).toEqual([]);
    expect(lab.nat.inspect()).toMatchObject({ udp: { tooLong: 1 } });
  });
});

describe("the NAT", () => {
  it("leaves the management OS what is its own", async () => {
    const far = labOpener();
    const lab = openNatLab(far.opener);
    const answer = lab.guest.ping("192.168.137.1", 1_000_000 as never);
    await lab.wait(100);
    expect((await answer).kind).toBe("reply");
    expect(far.streams).toEqual([]);
  });

  it("refuses a ping to far away in so many words", async () => {
    const lab = openNatLab(labOpener().opener);
    const answer = lab.guest.ping("8.8.4.4", 1_000_000 as never);
    await lab.wait(1500);
    expect((await answer).kind).not.toBe("reply");
    expect(lab.nat.inspect()).toMatchObject({ refused: 1 });
  });

  it("names come as stand-ins and leave as names", async () => {
    const far = labOpener();
    const standIns = openStandIns();
    const lab = openNatLab(far.opener, { hostOf: standIns.hostOf });
    const [first] = (await standIns.resolve("Web.Example.")) ?? [];
    expect(first).toMatch(/^198\.1[89]\./);
    expect(await standIns.resolve("web.example")).toEqual([first]);
    connect(lab, first ?? "", 80);
    await lab.wait(50);
    expect(only(far.streams).target.host).toBe("web.example");
    const { told } = connect(lab, "198.19.9.9", 80);
    await lab.wait(50);
    expect(told.closed).toBe("reset");
    expect(lab.lines[0]).toContain("it must ask for the name again");
  });

  it("remembers only so many names, and forgets the ones not asked for", async () => {
    const standIns = openStandIns();
    const first = (await standIns.resolve("first.example"))?.[0] ?? "";
    const second = (await standIns.resolve("second.example"))?.[0] ?? "";
    for (let count = 0; count < 8191; count++) {
      void standIns.resolve(`n${count}.example`);
      if (count % 100 === 0) void standIns.resolve("first.example");
    }
    expect(standIns.hostOf(address(first))).toBe("first.example");
    expect(standIns.hostOf(address(second))).toBe(null);
    expect(standIns.hostOf(address("198.17.255.255"))).toBe("198.17.255.255");
    expect(standIns.hostOf(address("198.20.0.0"))).toBe("198.20.0.0");
  });

  it.each([
    "",
    "web",
    "a..b",
    "printer.local",
    "x.localhost",
    "1.2.3.4",
    "-a.example",
    "4.3.2.1.in-addr.arpa",
  ])("has no address for %s", async (name) => {
    expect(await openStandIns().resolve(name)).toEqual([]);
  });

  it("a guest that scans the world is bounded", async () => {
    const lab = openNatLab(labOpener().opener);
    const packet = template();
    for (let count = 0; count < 10_000; count++) lab.say(withTarget(packet, 0x08000000 + count * 7));
    expect(Number(lab.nat.inspect()["routes"])).toBeLessThanOrEqual(4096);
  });

  it("takes nothing with a wrong header, in pieces, or with another's address", () => {
    const far = labOpener();
    const lab = openNatLab(far.opener);
    const good = template();
    const carried = () => Number(lab.nat.inspect()["carried"]);
    lab.say(good);
    expect(carried()).toBe(1);
    const wrong = (change: (bytes: Bytes) => void) => {
      const bytes = good.slice();
      change(bytes);
      lab.say(bytes);
    };
    wrong((bytes) => bytes.set([0x46], 14));
    wrong((bytes) => bytes.set([0x65], 14));
    wrong((bytes) => bytes.set([1], 24));
    wrong((bytes) => bytes.set([0xff, 0xff], 16));
    lab.say(good.slice(0, 33));
    lab.say(withSource(good, address("10.1.1.1")));
    lab.say(withSource(good, address("192.168.137.1")));
    lab.say(withTarget(good, address("224.0.0.1")));
    lab.say(withTarget(good, address("255.255.255.255")));
    expect(carried()).toBe(1);
    lab.say(withPiece(good));
    expect(carried()).toBe(1);
    expect(lab.nat.inspect()).toMatchObject({ pieces: 1 });
  });

  it("what comes while it sends waits until it has come to its end", async () => {
    let sink: FrameSink | null = null;
    let isArmed = false;
    const during: number[] = [];
    const carried = () => Number(lab.nat.inspect()["carried"]);
    const lab = openNatLab(labOpener().opener, {
      plug(to) {
        sink = to;
        return {
          send() {
            if (!isArmed) return;
            isArmed = false;
            const before = carried();
            sink?.frame(withTarget(template(), address("9.9.9.9")), 0, 64);
            during.push(carried() - before);
          },
          inspect: () => ({}),
          [Symbol.dispose]() {},
        };
      },
    });
    const ping = template();
    ping[23] = 1;
    isArmed = true;
    const asSink: FrameSink = { frame: (bytes, at, length) => sink?.frame(bytes, at, length) ?? false };
    asSink.frame(seal(ping), 0, 64);
    expect(during).toEqual([0]);
    expect(carried()).toBe(1);
    await Promise.resolve();
    expect(carried()).toBe(2);
  });

  it("any frame causes no fault", () => {
    const lab = openNatLab(labOpener().opener);
    const good = template();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 12, max: 60 }), fc.integer({ min: 0, max: 255 })), {
          maxLength: 6,
        }),
        fc.constantFrom(1, 6, 17, 47),
        fc.integer({ min: 14, max: 64 }),
        (changes, protocol, length) => {
          const bytes = good.slice();
          bytes[23] = protocol;
          for (const [at, value] of changes) bytes[at] = value;
          seal(bytes);
          lab.say(bytes.slice(0, length));
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** A TCP segment with SYN from the guest to 8.8.4.4 port 80, its TCP checksum left out. */
function template(): Bytes {
  const bytes = new Uint8Array(64);
  bytes.set([0x00, 0x15, 0x5d, 0x01, 0x0a, 0x00, 0x00, 0x15, 0x5d, 0x01, 0x0a, 0x03, 0x08, 0x00]);
  bytes.set([0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 192, 168, 137, 20, 8, 8, 4, 4], 14);
  bytes.set([0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff], 34);
  return seal(bytes);
}
function withTarget(packet: Bytes, to: number): Bytes {
  const bytes = packet.slice();
  new DataView(bytes.buffer).setUint32(30, to);
  return seal(bytes);
}
function withSource(packet: Bytes, from: number): Bytes {
  const bytes = packet.slice();
  new DataView(bytes.buffer).setUint32(26, from);
  return seal(bytes);
}
function withPiece(packet: Bytes): Bytes {
  const bytes = packet.slice();
  bytes[20] = 0x20;
  return seal(bytes);
}
/** Puts the IPv4 header's checksum right. */
function seal(bytes: Bytes): Bytes {
  const view = new DataView(bytes.buffer);
  view.setUint16(24, 0);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(24, ~sum & 0xffff);
  return bytes;
}

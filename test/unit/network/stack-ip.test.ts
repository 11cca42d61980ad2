import { describe, expect, test } from "vitest";
import { micros } from "../../../src/support/index.ts";
import {
  type Around,
  be,
  everyMac,
  frame,
  guestIp,
  guestIsHere,
  guestMac,
  hex,
  icmp,
  type Opened,
  opened,
  packet,
  stackIp,
  stackMac,
  stackOnCable,
  toHex,
  udp,
  udpPayload,
} from "../../lab/cable.ts";

const second = micros(1_000_000);

/** A cable on which the guest is known, and what came to a protocol of the test's own. */
function listening() {
  const cable = stackOnCable();
  cable.say(guestIsHere);
  const heard: { payload: string; from: number; to: number }[] = [];
  const handle = cable.stack.ip.onProtocol(200, (bytes, at, length, from, to) => {
    heard.push({ payload: toHex(bytes.subarray(at, at + length)), from, to });
  });
  cable.take();
  return { ...cable, cable, heard, handle };
}

describe("packets", () => {
  test("the payload comes without options and padding", () => {
    const { cable, heard } = listening();
    const options = [...hex("94040000 01010100")];
    const padded = new Uint8Array(60);
    padded.set(packet(200, [1, 2, 3], { options }));
    cable.say(padded);
    cable.say(packet(200, [], { to: "192.168.137.255", toMac: everyMac }));
    expect(heard).toEqual([
      { payload: "010203", from: 0xc0a8_8914, to: 0xc0a8_8901 },
      { payload: "", from: 0xc0a8_8914, to: 0xc0a8_89ff },
    ]);
  });
  test("what is malformed goes nowhere", () => {
    const { cable, heard } = listening();
    const good = packet(200, [1, 2, 3, 4]);
    const change = (at: number, value: number, around: Around = {}) => {
      const bytes = packet(200, [1, 2, 3, 4], around);
      bytes[at] = value;
      return bytes;
    };
    const bad = [
      change(14, 0x55), // version
      change(14, 0x44), // header too short
      change(14, 0x4f), // header longer than the packet
      change(17, 19), // packet shorter than its header
      change(17, 25), // packet longer than the frame
      change(24, 0xff), // checksum
      good.subarray(0, 33),
      good.subarray(0, 14),
      good.subarray(0, 13),
    ];
    for (const bytes of bad) cable.say(bytes);
    expect(heard).toEqual([]);
    expect(cable.take()).toEqual([]);
    expect(cable.stack.inspect()).toMatchObject({
      ip: { malformed: 7, badChecksum: 1 },
      link: { malformed: 1 },
    });
    cable.say(good);
    expect(heard.length).toBe(1);
  });
  test("sources that no host has are refused", () => {
    const { cable, heard } = listening();
    const liars = ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "192.168.137.255", stackIp];
    for (const from of liars) cable.say(packet(200, [1], { from }));
    expect(heard).toEqual([]);
    expect(cable.take()).toEqual([]);
    expect(cable.stack.inspect()).toMatchObject({ ip: { badSource: 6 } });
  });
  test("packets for elsewhere are answered with network unreachable", () => {
    const { cable, heard } = listening();
    const sent = packet(200, [1, 2, 3], { to: "8.8.8.8" });
    const [answer] = cable.ask(sent).map(opened);
    expect(answer).toMatchObject({ protocol: 1, to: guestIp, from: stackIp, toMac: guestMac });
    expect(toHex(answer?.payload ?? hex("")).slice(0, 4)).toBe("0300");
    expect(toHex(answer?.payload.subarray(8) ?? hex(""))).toBe(toHex(sent.subarray(14)));
    expect(cable.ask(packet(200, [1], { to: "8.8.8.8", toMac: everyMac }))).toEqual([]);
    expect(cable.ask(packet(200, [1], { to: "224.0.0.251" }))).toEqual([]);
    expect(cable.ask(packet(200, [1], { to: "192.168.137.7", toMac: everyMac }))).toEqual([]);
    expect(heard).toEqual([]);
  });
  test("so are pings for elsewhere, complaints are not", () => {
    const { cable } = listening();
    const [answer] = cable.ask(icmp(8, 0, [0, 1, 0, 2], { to: "8.8.8.8" })).map(opened);
    expect(toHex(answer?.payload.subarray(0, 2) ?? hex(""))).toBe("0300");
    for (const type of [0, 3, 11])
      expect(cable.ask(icmp(type, 0, [0, 1, 0, 2], { to: "8.8.8.8" }))).toEqual([]);
  });
  test("a protocol that nobody takes is unreachable", () => {
    const { cable, handle } = listening();
    handle[Symbol.dispose]();
    const [answer] = cable.ask(packet(200, [])).map(opened);
    expect(toHex(answer?.payload.subarray(0, 2) ?? hex(""))).toBe("0302");
  });
  test("a protocol has one handler", () => {
    const { cable } = listening();
    expect(() => cable.stack.ip.onProtocol(200, () => {})).toThrow(/has a handler/);
    expect(() => cable.stack.ip.onProtocol(17, () => {})).toThrow(/has a handler/);
  });
});

describe("fragments", () => {
  const more = 0x2000;
  const bytes = Uint8Array.from({ length: 50 }, (_, at) => at);
  const piece = (from: number, to: number, last: boolean, id = 9) =>
    packet(200, bytes.subarray(from, to), { id, fragment: from / 8 + (last ? 0 : more) });

  test("in any order they make one packet", () => {
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    const { cable, heard } = listening();
    for (const order of orders) {
      const pieces = [piece(0, 16, false), piece(16, 40, false), piece(40, 50, true)];
      for (const at of order) cable.say(pieces[at] ?? hex(""));
    }
    expect(heard.map(({ payload }) => payload)).toEqual(orders.map(() => toHex(bytes)));
    expect(cable.stack.inspect()).toMatchObject({
      ip: { fragments: { complete: 6, unfinished: 0, heldBytes: 0 } },
    });
  });
  test("a piece that comes twice does no harm, two packets do not mix", () => {
    const { cable, heard } = listening();
    for (const id of [1, 2]) cable.say(piece(0, 16, false, id));
    cable.say(piece(0, 16, false, 1));
    cable.say(piece(16, 50, true, 2));
    expect(heard.length).toBe(1);
    cable.say(piece(16, 50, true, 1));
    expect(heard.map(({ payload }) => payload)).toEqual([toHex(bytes), toHex(bytes)]);
  });
  test("pieces that overlap or do not fit spoil their packet", () => {
    const spoilers = [
      piece(8, 32, false),
      piece(0, 24, false),
      piece(8, 50, true),
      packet(200, [], { id: 9, fragment: 2 + more }),
      packet(200, [1, 2, 3], { id: 9, fragment: 2 + more }),
      packet(200, new Uint8Array(800), { id: 9, fragment: 8191 }),
    ];
    for (const spoiler of spoilers) {
      const { cable, heard } = listening();
      cable.say(piece(0, 16, false));
      cable.say(spoiler);
      expect(cable.stack.inspect()).toMatchObject({ ip: { fragments: { refused: 1, unfinished: 0 } } });
      cable.say(piece(16, 50, true));
      expect(heard).toEqual([]);
      expect(cable.stack.inspect()).toMatchObject({ ip: { fragments: { refused: 1, complete: 0 } } });
    }
  });
  test("no piece lies behind the last, and there is one last", () => {
    const { cable, heard } = listening();
    cable.say(piece(16, 40, true));
    cable.say(packet(200, new Uint8Array(8), { id: 9, fragment: 5 + more }));
    cable.say(piece(0, 16, false));
    cable.say(piece(16, 40, true, 10));
    cable.say(packet(200, new Uint8Array(8), { id: 10, fragment: 1 }));
    expect(heard).toEqual([]);
    expect(cable.stack.inspect()).toMatchObject({ ip: { fragments: { refused: 2 } } });
  });
  test("what is incomplete is forgotten after 15 seconds", () => {
    const { cable, heard } = listening();
    cable.say(piece(0, 16, false));
    cable.wait(14);
    expect(cable.stack.inspect()).toMatchObject({ ip: { fragments: { unfinished: 1, heldBytes: 16 } } });
    cable.wait(2);
    cable.say(piece(16, 50, true));
    expect(heard).toEqual([]);
    expect(cable.stack.inspect()).toMatchObject({ ip: { fragments: { timedOut: 1, heldBytes: 34 } } });
  });
  test("memory is bounded: 16 packets, 128 pieces, 256 KiB", () => {
    const { cable, heard } = listening();
    for (let id = 0; id < 40; id++) cable.say(piece(0, 16, false, id));
    expect(cable.stack.inspect()).toMatchObject({ ip: { fragments: { unfinished: 16, crowdedOut: 24 } } });
    for (let at = 0; at < 130; at++)
      cable.say(packet(200, new Uint8Array(8), { id: 99, fragment: at * 2 + more }));
    expect(cable.stack.inspect()).toMatchObject({ ip: { fragments: { refused: 1 } } });
    for (let id = 200; id < 210; id++) {
      for (let at = 0; at < 40; at++) {
        cable.say(packet(200, new Uint8Array(1480), { id, fragment: at * 185 + more }));
      }
    }
    const { ip } = cable.stack.inspect();
    expect(ip).toMatchObject({ fragments: { heldBytes: expect.any(Number) } });
    expect(JSON.parse(JSON.stringify(ip)).fragments.heldBytes).toBeLessThanOrEqual(256 * 1024);
    cable.say(piece(0, 16, false, 300));
    cable.say(piece(16, 50, true, 300));
    expect(heard.length).toBe(1);
  });
  test("our own long packets are cut", () => {
    const { cable } = listening();
    const long = Uint8Array.from({ length: 4000 }, (_, at) => at & 255);
    expect(cable.stack.ip.sendSegment(200, 0xc0a8_8914, long, 0, 4000)).toBe("sent");
    const sent = cable.take();
    const parts = sent.map(opened);
    expect(parts.map(({ fragment, payload }) => [fragment, payload.length])).toEqual([
      [more, 1480],
      [more + 185, 1480],
      [370, 1040],
    ]);
    expect(new Set(sent.map((bytes) => toHex(bytes.subarray(18, 20)))).size).toBe(1);
    expect(toHex(Uint8Array.from(parts.flatMap(({ payload }) => [...payload])))).toBe(toHex(long));
    expect(cable.stack.ip.sendSegment(200, 0xc0a8_8914, new Uint8Array(65516), 0, 65516)).toBe("unreachable");
    cable.stack.ip.sendSegment(200, 0xc0a8_8914, long, 0, 1);
    expect(toHex(cable.take()[0]?.subarray(18, 20) ?? hex(""))).not.toBe(
      toHex(sent[0]?.subarray(18, 20) ?? hex("")),
    );
  });
  test("pieces but the last are multiples of 8 bytes whatever the MTU", () => {
    const cable = stackOnCable({ mtu: 579 });
    cable.say(guestIsHere);
    cable.take();
    cable.stack.ip.sendSegment(200, 0xc0a8_8914, new Uint8Array(1200), 0, 1200);
    const parts = cable.take().map(opened);
    expect(parts.map(({ fragment, payload }) => [fragment, payload.length])).toEqual([
      [more, 552],
      [more + 69, 552],
      [138, 96],
    ]);
  });
});

describe("echo", () => {
  test("a ping is answered, byte by byte", () => {
    const { cable } = listening();
    const request = hex(`
      0015 5d01 0a00 0015 5d01 0a03 0800
      4500 0020 1234 4000 4001 9542 c0a8 8914 c0a8 8901
      0800 3336 0001 0002 6162 6364`);
    const [answer] = cable.ask(request);
    expect(toHex(opened(answer).payload)).toBe(toHex(hex("0000 3b36 0001 0002 6162 6364")));
    expect(opened(answer)).toMatchObject({ toMac: guestMac, from: stackIp, to: guestIp });
  });
  test("pings to everybody, and spoilt ones, are not", () => {
    const { cable } = listening();
    const rest = [0, 1, 0, 2, 65, 66];
    expect(cable.ask(icmp(8, 0, rest)).length).toBe(1);
    expect(cable.ask(icmp(8, 0, rest, { to: "192.168.137.255", toMac: everyMac }))).toEqual([]);
    const spoilt = icmp(8, 0, rest);
    spoilt[41] = 0;
    expect(cable.ask(spoilt)).toEqual([]);
    expect(cable.ask(packet(1, hex("0800 f7ff 0000")))).toEqual([]);
  });
  test("a ping of 20 000 bytes in pieces comes back in pieces", () => {
    const { cable } = listening();
    const whole = icmp(
      8,
      0,
      Uint8Array.from({ length: 20_000 }, (_, at) => at & 255),
    ).subarray(34);
    cable.take();
    for (let at = 0; at < whole.length; at += 1480) {
      const part = whole.subarray(at, at + 1480);
      cable.say(packet(1, part, { id: 77, fragment: at / 8 + (at + 1480 < whole.length ? 0x2000 : 0) }));
    }
    const back = cable.take().flatMap((bytes) => [...opened(bytes).payload]);
    expect(back[0]).toBe(0);
    expect(toHex(Uint8Array.from(back.slice(4)))).toBe(toHex(whole.subarray(4)));
  });
  test("one whose asker is not known waits for ARP", () => {
    const cable = stackOnCable();
    const [question] = cable.ask(icmp(8, 0, [0, 1, 0, 2]));
    expect(toHex(question?.subarray(12, 14) ?? hex(""))).toBe("0806");
    const [answer] = cable.ask(guestIsHere);
    expect(opened(answer)).toMatchObject({ protocol: 1, to: guestIp });
  });
});

describe("ping", () => {
  const reply = (request: Opened, around: Around = {}) => icmp(0, 0, request.payload.subarray(4), around);

  test("a reply tells how long it took", async () => {
    const { cable } = listening();
    const outcome = cable.stack.ping(guestIp, second);
    const [request] = cable.take().map(opened);
    if (request === undefined) throw new Error("no request");
    expect(request).toMatchObject({ toMac: guestMac, to: guestIp, protocol: 1 });
    expect([request.payload[0], request.payload.length]).toEqual([8, 40]);
    cable.wait(0.3);
    cable.say(reply(request, { from: "192.168.137.21" }));
    cable.say(icmp(0, 0, [0, 0, ...request.payload.subarray(6)]));
    cable.wait(0.2);
    cable.say(reply(request));
    expect(await outcome).toEqual({ kind: "reply", roundTrip: 500_000, timeToLive: 64 });
    expect(cable.ask(reply(request))).toEqual([]);
  });
  test("silence ends with the timeout", async () => {
    const { cable } = listening();
    const outcome = cable.stack.ping(guestIp, second);
    cable.wait(0.9);
    let ended = false;
    void outcome.then(() => {
      ended = true;
    });
    await Promise.resolve();
    expect(ended).toBe(false);
    cable.wait(0.1);
    expect(await outcome).toEqual({ kind: "timeout" });
  });
  test("nobody there, no road, too many: each with its reason", async () => {
    const { cable } = listening();
    const nobody = cable.stack.ping("192.168.137.77", micros(20_000_000));
    cable.wait(4);
    expect(await nobody).toEqual({ kind: "unreachable", reason: "Nobody answers for 192.168.137.77." });
    const far = await cable.stack.ping("8.8.8.8", second);
    expect(far).toEqual({ kind: "unreachable", reason: "No road leads to 8.8.8.8 from here." });
    const pings = Array.from({ length: 65 }, () => cable.stack.ping(guestIp, second));
    expect(await pings[64]).toMatchObject({
      kind: "unreachable",
      reason: expect.stringContaining("Too many"),
    });
    cable.wait(1);
    expect(await Promise.all(pings.slice(0, 64))).toEqual(
      Array.from({ length: 64 }, () => ({ kind: "timeout" })),
    );
    expect(() => cable.stack.ping("nonsense", second)).toThrow(/not an IPv4 address/);
    expect(await cable.stack.ping(stackIp, second)).toMatchObject({ kind: "reply", roundTrip: 0 });
  });
  test("a router's word ends it, when it is complete", async () => {
    const { cable } = listening();
    const outcome = cable.stack.ping(guestIp, second);
    const [request] = cable.take();
    const short = icmp(3, 1, [0, 0, 0, 0, ...(request?.subarray(14, 38) ?? [])], { from: "192.168.137.8" });
    cable.say(Uint8Array.from([...short, ...(request?.subarray(38, 42) ?? [])]));
    cable.say(icmp(3, 1, [0, 0, 0, 0, ...(request?.subarray(14, 42) ?? [])], { from: "192.168.137.9" }));
    expect(await outcome).toEqual({
      kind: "unreachable",
      reason: `192.168.137.9 says that ${guestIp} cannot be reached.`,
    });
  });
});

describe("UDP", () => {
  function openPort() {
    const { cable } = listening();
    const heard: { data: string; fromPort: number; to: number }[] = [];
    const socket = cable.stack.udp.open(7777, ({ bytes, at, length, fromPort, to }) => {
      heard.push({ data: toHex(bytes.subarray(at, at + length)), fromPort, to });
    });
    return { cable, heard, socket };
  }
  test("both ways, with checksums", () => {
    const { cable, heard, socket } = openPort();
    cable.say(udp(1234, 7777, [1, 2, 3]));
    expect(heard).toEqual([{ data: "010203", fromPort: 1234, to: 0xc0a8_8901 }]);
    expect(socket.send({ ip: 0xc0a8_8914, port: 1234 }, hex("0a0b0c"))).toBe("sent");
    const [sent] = cable.take().map(opened);
    expect(sent).toMatchObject({ fromPort: 7777, toPort: 1234, to: guestIp });
    expect(toHex(sent?.data ?? hex(""))).toBe("0a0b0c");
  });
  test("a checksum of zero is none; a sum of zero is sent as ones", () => {
    const { cable, heard, socket } = openPort();
    const without = udp(1234, 7777, [1, 2, 3]);
    without.set([0, 0], 40);
    cable.say(without);
    expect(heard.length).toBe(1);
    // The last word makes the sum all ones, so that its complement is 0.
    const head = udpPayload(7777, 1, [0, 0], { from: stackIp, to: guestIp });
    const word = head.slice(6, 8);
    socket.send({ ip: 0xc0a8_8914, port: 1 }, Uint8Array.from(word));
    const [sent] = cable.take().map(opened);
    expect(toHex(sent?.payload.subarray(6, 8) ?? hex(""))).toBe("ffff");
  });
  test("spoilt datagrams go nowhere", () => {
    const { cable, heard } = openPort();
    const bad = udp(1234, 7777, [1, 2, 3]);
    bad[44] = 9;
    cable.say(bad);
    for (const length of [0, 7, 12, 65535]) {
      const payload = udpPayload(1234, 7777, [1, 2, 3]);
      payload.splice(4, 4, ...be(length, 2), 0, 0);
      cable.say(packet(17, payload));
    }
    cable.say(packet(17, [1, 2, 3, 4, 5, 6, 7]));
    expect(heard).toEqual([]);
    expect(cable.take()).toEqual([]);
    expect(cable.stack.inspect()).toMatchObject({ udp: { badChecksum: 1, malformed: 5 } });
  });
  test("bytes behind the datagram are not part of it", () => {
    const { cable, heard } = openPort();
    cable.say(packet(17, [...udpPayload(1, 7777, [5]), 6, 7, 8]));
    expect(heard[0]?.data).toBe("05");
  });
  test("closed ports are unreachable, ten times a second", () => {
    const { cable, socket } = openPort();
    const sent = udp(1234, 9999, [1, 2, 3, 4]);
    const [answer] = cable.ask(sent).map(opened);
    expect(toHex(answer?.payload.subarray(0, 2) ?? hex(""))).toBe("0303");
    expect(toHex(answer?.payload.subarray(8) ?? hex(""))).toBe(toHex(sent.subarray(14, 42)));
    for (let count = 0; count < 50; count++) cable.say(sent);
    expect(cable.take().length).toBe(9);
    cable.wait(0.5);
    for (let count = 0; count < 50; count++) cable.say(sent);
    expect(cable.take().length).toBe(5);
    cable.wait(5);
    expect(cable.ask(udp(1, 9999, [], { to: "255.255.255.255", toMac: everyMac }))).toEqual([]);
    expect(cable.ask(udp(1, 9999, [], { toMac: everyMac }))).toEqual([]);
    expect(cable.ask(udp(1, 9999, [], { from: "0.0.0.0" }))).toEqual([]);
    socket[Symbol.dispose]();
    expect(cable.ask(udp(1, 7777, [])).length).toBe(1);
  });
  test("a port is opened once, and no more than 64 are", () => {
    const { cable } = openPort();
    expect(() => cable.stack.udp.open(7777, () => {})).toThrow(/7777/);
    const open = () => {
      for (let port = 20_000; port < 20_100; port++) cable.stack.udp.open(port, () => {});
    };
    expect(open).toThrow(/cannot be opened/);
  });
});

test("frames that are too long or of other kinds are left alone", () => {
  const { cable } = listening();
  cable.say(frame(0x0800, new Uint8Array(1600)));
  cable.say(frame(0x86dd, new Uint8Array(60)));
  cable.say(frame(0x0800, [], stackMac, "01-00-00-00-00-01"));
  expect(cable.take()).toEqual([]);
  expect(cable.stack.inspect()).toMatchObject({ link: { malformed: 2 } });
});

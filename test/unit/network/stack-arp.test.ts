import { describe, expect, test } from "vitest";
import { micros } from "../../../src/support/index.ts";
import {
  arp,
  type Cable,
  guestIp,
  guestIsHere,
  guestMac,
  hex,
  opened,
  stackIp,
  stackMac,
  stackOnCable,
  toHex,
} from "../../lab/cable.ts";

const otherMac = "00-15-5D-01-0A-04";
const nobody = "00-00-00-00-00-00";

/** The request that the stack sends for an address. */
function question(ip: string): string {
  return toHex(arp(1, [stackMac, stackIp], [nobody, ip]));
}

function sendTo({ stack }: Cable, ip: number, text = "x") {
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  return stack.ip.sendSegment(6, ip, bytes, 0, bytes.length);
}

const guest = 0xc0a8_8914;

describe("answers", () => {
  test("a request for our address, byte by byte", () => {
    const cable = stackOnCable();
    const request = hex(`
      ffff ffff ffff 0015 5d01 0a03 0806
      0001 0800 06 04 0001 0015 5d01 0a03 c0a8 8914 0000 0000 0000 c0a8 8901`);
    expect(cable.ask(request).map(toHex)).toEqual([
      toHex(
        hex(`
        0015 5d01 0a03 0015 5d01 0a00 0806
        0001 0800 06 04 0002 0015 5d01 0a00 c0a8 8901 0015 5d01 0a03 c0a8 8914`),
      ),
    ]);
  });
  test("a request for others is not", () => {
    const cable = stackOnCable();
    expect(cable.ask(arp(1, [guestMac, guestIp], [nobody, "192.168.137.2"]))).toEqual([]);
  });
  test("a probe is answered and teaches nothing", () => {
    const cable = stackOnCable();
    const [answer] = cable.ask(arp(1, [guestMac, "0.0.0.0"], [nobody, stackIp]));
    expect(toHex(answer ?? hex(""))).toBe(toHex(arp(2, [stackMac, stackIp], [guestMac, "0.0.0.0"])));
    expect(cable.stack.neighbours()).toEqual([]);
  });
  test("what is padded to the shortest frame of a real wire is read too", () => {
    const cable = stackOnCable();
    const padded = new Uint8Array(60);
    padded.set(arp(1, [guestMac, guestIp], [nobody, stackIp]));
    expect(cable.ask(padded).length).toBe(1);
  });
  test("packets that lie are refused", () => {
    const cable = stackOnCable();
    const good = arp(2, [guestMac, guestIp], [stackMac, stackIp]);
    const spoilt = [14, 16, 18, 19, 21].map((at) => {
      const bytes = good.slice();
      bytes[at] = 0x55;
      return bytes;
    });
    const liars = [
      arp(2, [guestMac, "192.168.137.255"], [stackMac, stackIp]),
      arp(2, [guestMac, "10.0.0.1"], [stackMac, stackIp]),
      arp(2, [guestMac, "0.0.0.0"], [stackMac, stackIp]),
    ];
    const group = good.slice();
    group[22] = 1; // told address, not the frame's
    for (const packet of [...spoilt, ...liars, group, good.subarray(0, 40)]) cable.say(packet);
    expect(cable.take()).toEqual([]);
    expect(cable.stack.neighbours()).toEqual([]);
    expect(cable.say(good)).toBe(true);
    expect(cable.stack.neighbours()).toEqual([{ address: guestIp, mac: guestMac, ageSeconds: 0 }]);
  });
});

describe("questions", () => {
  test("one frame waits for the answer: the newest", () => {
    const cable = stackOnCable();
    expect(sendTo(cable, guest, "one")).toBe("resolving");
    expect(sendTo(cable, guest, "two")).toBe("resolving");
    expect(cable.take().map(toHex)).toEqual([question(guestIp)]);
    const sent = cable.ask(guestIsHere).map(opened);
    expect(sent.length).toBe(1);
    expect(sent[0]).toMatchObject({ toMac: guestMac, from: stackIp, to: guestIp, protocol: 6 });
    expect(toHex(sent[0]?.payload ?? hex(""))).toBe(toHex(hex("74776f")));
    expect(sendTo(cable, guest)).toBe("sent");
  });
  test("the bytes may change after the call", () => {
    const cable = stackOnCable();
    const bytes = hex("0102 0304");
    cable.stack.ip.sendSegment(6, guest, bytes, 1, 2);
    bytes.fill(9);
    const [sent] = cable.ask(guestIsHere);
    expect(toHex(opened(sent).payload)).toBe("0203");
  });
  test("three times, then no more", () => {
    const cable = stackOnCable();
    cable.wait(5);
    cable.take();
    sendTo(cable, guest);
    cable.wait(10);
    expect(cable.take().map(toHex)).toEqual([question(guestIp), question(guestIp), question(guestIp)]);
    cable.say(guestIsHere);
    expect(cable.take()).toEqual([]);
  });
  test("a neighbour in use is asked again before it is forgotten", () => {
    const cable = stackOnCable();
    cable.say(guestIsHere);
    cable.wait(241);
    cable.take();
    sendTo(cable, guest);
    sendTo(cable, guest);
    const [refresh, ...rest] = cable.take();
    expect(toHex(refresh ?? hex(""))).toBe(
      toHex(
        hex("00155d010a03 00155d010a00 0806 0001080006040001 00155d010a00 c0a88901 00155d010a03 c0a88914"),
      ),
    );
    expect(rest.length).toBe(2);
    cable.wait(60);
    expect(cable.stack.neighbours()).toEqual([]);
    expect(sendTo(cable, guest)).toBe("resolving");
  });
  test("who was heard of again stays, the others go", () => {
    const cable = stackOnCable();
    cable.say(guestIsHere);
    cable.say(arp(2, [otherMac, "192.168.137.21"], [stackMac, stackIp]));
    cable.wait(200, 1);
    cable.say(guestIsHere);
    cable.wait(110, 1);
    expect(cable.stack.neighbours()).toEqual([{ address: guestIp, mac: guestMac, ageSeconds: 110 }]);
  });
  test("no more than 64 at a time, and no more than 256 answers are kept", () => {
    const cable = stackOnCable({ settings: { address: { address: "10.0.0.1", prefix: 8 }, services: null } });
    for (let host = 0; host < 300; host++) sendTo(cable, 0x0a01_0000 + host);
    expect(cable.stack.inspect()).toMatchObject({ ip: { neighbours: { asked: 64, silent: 236 } } });
    for (let host = 1; host < 400; host++) {
      cable.say(arp(2, [guestMac, `10.2.${host >> 8}.${host & 255}`], [stackMac, "10.0.0.1"]));
    }
    expect(cable.stack.neighbours().length).toBe(256);
    expect(cable.stack.neighbours().at(-1)).toMatchObject({ address: "10.2.1.143" });
  });
  test("other networks are asked for at the gateway, or not at all", () => {
    const settings = { address: { address: stackIp, prefix: 24, gateway: guestIp }, services: null };
    const cable = stackOnCable({ settings });
    expect(sendTo(cable, 0x0808_0808)).toBe("resolving");
    expect(cable.take().map(toHex)).toEqual([question(guestIp)]);
    const [sent] = cable.ask(guestIsHere);
    expect(opened(sent)).toMatchObject({ toMac: guestMac, to: "8.8.8.8" });
    expect(sendTo(stackOnCable(), 0x0808_0808)).toBe("unreachable");
    expect(sendTo(stackOnCable(), 0xe000_0001)).toBe("unreachable");
  });
});

describe("our own address", () => {
  const announcement = (ip: string) => toHex(arp(1, [stackMac, ip], [nobody, ip]));

  test("a new one is announced twice, and the old network is forgotten", () => {
    const cable = stackOnCable();
    cable.wait(5);
    cable.say(guestIsHere);
    cable.take();
    cable.stack.configure({ address: { address: "10.0.0.1", prefix: 24 }, services: null });
    cable.wait(5);
    expect(cable.take().map(toHex)).toEqual([announcement("10.0.0.1"), announcement("10.0.0.1")]);
    expect(cable.stack.neighbours()).toEqual([]);
    expect(cable.stack.ip.address).toBe(0x0a00_0001);
    expect(cable.ask(arp(1, [guestMac, "10.0.0.2"], [nobody, "10.0.0.1"])).length).toBe(1);
    expect(cable.ask(arp(1, [guestMac, "10.0.0.2"], [nobody, stackIp])).length).toBe(0);
  });
  test("what waits for an answer is given up with the old one", async () => {
    const cable = stackOnCable();
    const outcome = cable.stack.ping(guestIp, micros(60_000_000));
    cable.stack.setAddress({ address: "192.168.137.2", prefix: 24 });
    expect(await outcome).toMatchObject({ kind: "unreachable" });
    expect(cable.ask(guestIsHere)).toEqual([]);
  });
  test("one that cannot be used changes nothing", () => {
    const cable = stackOnCable();
    expect(() => cable.stack.setAddress({ address: "10.0.0.1", prefix: 24 })).toThrow(
      /192\.168\.137\.100 does not lie/,
    );
    expect(cable.stack.ip.address).toBe(0xc0a8_8901);
    cable.stack.setAddress({ address: "192.168.137.2", prefix: 24 });
    expect(cable.stack.settings.address.address).toBe("192.168.137.2");
  });
  test("somebody else who has it is told off, now and then", () => {
    const cable = stackOnCable();
    cable.wait(5);
    cable.take();
    const claim = arp(1, [otherMac, stackIp], [nobody, stackIp]);
    expect(cable.ask(claim).map(toHex)).toEqual([announcement(stackIp)]);
    expect(cable.ask(claim)).toEqual([]);
    cable.wait(10);
    expect(cable.ask(claim).map(toHex)).toEqual([announcement(stackIp)]);
    expect(cable.stack.notices()).toMatchObject([
      { kind: "addressConflict", times: 3, text: expect.stringContaining(`${otherMac} uses ${stackIp}`) },
    ]);
    expect(cable.stack.neighbours()).toEqual([]);
  });
  test("an address that two others use is noticed once", () => {
    const heard: string[] = [];
    const cable = stackOnCable({ onNotice: ({ text }) => heard.push(text) });
    for (const mac of [guestMac, otherMac, guestMac]) cable.say(arp(2, [mac, guestIp], [stackMac, stackIp]));
    expect(heard).toEqual([
      `${guestMac} and ${otherMac} both use the address ${guestIp}: give one of them another.`,
    ]);
    cable.wait(61);
    cable.say(arp(2, ["00-15-5D-01-0A-05", guestIp], [stackMac, stackIp]));
    expect(heard.length).toBe(1);
  });
  test("frames from our own MAC address are no neighbour's", () => {
    const cable = stackOnCable();
    cable.say(arp(1, [stackMac, guestIp], [nobody, stackIp]));
    expect(cable.take()).toEqual([]);
    expect(cable.stack.inspect()).toMatchObject({ link: { duplicateMac: 1 } });
  });
});

test("frames of other VLANs and for others are not heard, priority tags are", () => {
  const cable = stackOnCable();
  const untagged = arp(1, [guestMac, guestIp], [nobody, stackIp]);
  const tagged = (tag: string) =>
    Uint8Array.from([...untagged.subarray(0, 12), ...hex(`8100 ${tag}`), ...untagged.subarray(12)]);
  expect(cable.ask(tagged("e000")).length).toBe(1);
  expect(cable.ask(tagged("0005"))).toEqual([]);
  expect(cable.ask(tagged("e000").subarray(0, 16))).toEqual([]);
  const foreign = untagged.slice();
  foreign.set(hex("00155d010a09"));
  expect(cable.ask(foreign)).toEqual([]);
  const many = untagged.slice();
  many.set(hex("01005e000001"));
  expect(cable.ask(many)).toEqual([]);
  expect(cable.stack.inspect()).toMatchObject({ link: { tagged: 2, notForUs: 2 } });
});

test("after the end nothing is said or heard", async () => {
  const cable = stackOnCable();
  const ping = cable.stack.ping(guestIp, micros(1_000_000));
  cable.stack[Symbol.dispose]();
  cable.take();
  expect(await ping).toEqual({ kind: "unreachable", reason: "The network was taken down." });
  expect(cable.say(guestIsHere)).toBe(false);
  cable.wait(3);
  expect(cable.take()).toEqual([]);
});

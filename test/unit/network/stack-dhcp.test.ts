import { describe, expect, test } from "vitest";
import {
  arp,
  type Cable,
  everyMac,
  guestMac,
  hex,
  ipOf,
  labSettings,
  macOf,
  opened,
  stackIp,
  stackMac,
  stackOnCable,
  toHex,
  udp,
} from "../../lab/cable.ts";

const type = { discover: 1, offer: 2, request: 3, decline: 4, ack: 5, nak: 6, release: 7, inform: 8 };
const secondMac = "00-15-5D-01-0A-04";

interface Said {
  readonly type: number;
  readonly mac?: string;
  readonly client?: string;
  readonly requested?: string;
  readonly server?: string;
  readonly name?: string;
  readonly broadcast?: boolean;
  readonly more?: readonly number[];
  readonly operation?: number;
  readonly your?: string;
  readonly relay?: string;
}

/** A message of RFC 2131, section 2, put together by hand. */
function message(said: Said): number[] {
  const { mac = guestMac, client = "0.0.0.0", your = "0.0.0.0", relay = "0.0.0.0" } = said;
  const name = [...(said.name ?? "")].map((letter) => letter.charCodeAt(0));
  return [
    ...[said.operation ?? 1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 0, said.broadcast ? 0x80 : 0, 0],
    ...[...ipOf(client), ...ipOf(your), 0, 0, 0, 0, ...ipOf(relay)],
    ...[...macOf(mac), ...new Uint8Array(10 + 64 + 128), 0x63, 0x82, 0x53, 0x63],
    ...[53, 1, said.type],
    ...(said.requested === undefined ? [] : [50, 4, ...ipOf(said.requested)]),
    ...(said.server === undefined ? [] : [54, 4, ...ipOf(said.server)]),
    ...(name.length === 0 ? [] : [12, name.length, ...name]),
    ...(said.more ?? []),
    255,
  ];
}

function send(cable: Cable, said: Said) {
  const from = said.client ?? "0.0.0.0";
  const to = said.client === undefined ? "255.255.255.255" : stackIp;
  const toMac = said.client === undefined ? everyMac : stackMac;
  const around = { from, to, toMac, fromMac: said.mac ?? guestMac };
  return cable.ask(udp(68, 67, message(said), around)).map(answerOf);
}

/** A reply with its options by number. */
function answerOf(bytes: Uint8Array) {
  const { data, fromPort, toPort, to, toMac, from } = opened(bytes);
  const options = new Map<number, string>();
  for (let at = 240; data[at] !== 255 && at < data.length; at += 2 + (data[at + 1] ?? 0)) {
    options.set(data[at] ?? 0, toHex(data.subarray(at + 2, at + 2 + (data[at + 1] ?? 0))));
  }
  const your = data.subarray(16, 20).join(".");
  const kind = Number.parseInt(options.get(53) ?? "0", 16);
  return { data, fromPort, toPort, to, toMac, from, options, your, type: kind };
}

/** DISCOVER and REQUEST: the address that the client has then, or what went wrong. */
function lease(cable: Cable, mac: string, name = "", wanted?: string): string {
  const asked = wanted === undefined ? {} : { requested: wanted };
  const [offer] = send(cable, { type: type.discover, mac, ...asked });
  if (offer === undefined) return "nothing";
  const [ack] = send(cable, { type: type.request, mac, requested: offer.your, server: stackIp, name });
  return ack?.type === type.ack ? ack.your : `refused ${offer.your}`;
}

describe("a client without an address", () => {
  test("is offered one, and told all about the network", () => {
    const cable = stackOnCable();
    const [offer, ...rest] = send(cable, { type: type.discover });
    expect(rest).toEqual([]);
    expect(offer).toMatchObject({
      type: type.offer,
      your: "192.168.137.100",
      from: stackIp,
      fromPort: 67,
      toPort: 68,
      to: "192.168.137.100",
      toMac: guestMac,
    });
    expect(toHex(offer?.data.subarray(0, 12) ?? hex(""))).toBe("02010600deadbeef00000000");
    expect(toHex(offer?.data.subarray(28, 44) ?? hex(""))).toBe(`00155d010a03${"00".repeat(10)}`);
    expect(offer?.data.length).toBeGreaterThanOrEqual(300);
    expect(Object.fromEntries(offer?.options ?? [])).toEqual({
      53: "02",
      54: "c0a88901",
      51: "00000e10",
      58: "00000708",
      59: "00000c4e",
      1: "ffffff00",
      6: "c0a88901",
      15: toHex(new TextEncoder().encode("tabvisor")),
      28: "c0a889ff",
      42: "c0a88901",
    });
  });
  test("that cannot take unicast is answered for all to hear", () => {
    const [offer] = send(stackOnCable(), { type: type.discover, broadcast: true });
    expect(offer).toMatchObject({ to: "255.255.255.255", toMac: everyMac });
    expect(offer?.data[10]).toBe(0x80);
  });
  test("has it once it has asked for it", () => {
    const cable = stackOnCable();
    expect(lease(cable, guestMac, "Web 01.example")).toBe("192.168.137.100");
    expect(cable.stack.leases()).toEqual([
      { address: "192.168.137.100", mac: guestMac, name: "web-01", kind: "bound", secondsLeft: 3600 },
    ]);
    cable.wait(1800);
    expect(cable.stack.leases()).toMatchObject([{ secondsLeft: 1800 }]);
    cable.wait(1801);
    expect(cable.stack.leases()).toEqual([]);
  });
  test("gets what it wishes for if it is free, and the same again", () => {
    const cable = stackOnCable();
    expect(lease(cable, guestMac, "", "192.168.137.102")).toBe("192.168.137.102");
    expect(lease(cable, secondMac, "", "192.168.137.102")).toBe("192.168.137.100");
    expect(lease(cable, guestMac)).toBe("192.168.137.102");
    cable.wait(4000);
    expect(lease(cable, guestMac)).toBe("192.168.137.102");
    expect(lease(cable, "00-15-5D-01-0A-05", "", "192.168.137.1")).toBe("192.168.137.101");
  });
  test("an offer does not shorten the lease that it has", () => {
    const cable = stackOnCable();
    lease(cable, guestMac);
    send(cable, { type: type.discover });
    expect(cable.stack.leases()).toMatchObject([{ kind: "bound", secondsLeft: 3600 }]);
  });
  test("that takes another server's offer leaves ours, and is noticed", () => {
    const cable = stackOnCable();
    send(cable, { type: type.discover });
    expect(cable.stack.leases()).toMatchObject([{ kind: "offered", secondsLeft: 60 }]);
    expect(send(cable, { type: type.request, requested: "10.0.0.5", server: "192.168.137.50" })).toEqual([]);
    expect(cable.stack.leases()).toEqual([]);
    expect(cable.stack.notices()).toMatchObject([
      {
        kind: "otherDhcpServer",
        text: "Two DHCP servers answer here, 192.168.137.1 and 192.168.137.50: turn one of them off.",
      },
    ]);
  });
  test("an address that ARP knows as another's is not given", () => {
    const cable = stackOnCable();
    cable.say(arp(2, [secondMac, "192.168.137.100"], [stackMac, stackIp]));
    expect(lease(cable, guestMac)).toBe("192.168.137.101");
    expect(lease(cable, secondMac)).toBe("192.168.137.100");
  });
});

describe("a client with an address", () => {
  test("renews it", () => {
    const cable = stackOnCable();
    lease(cable, guestMac);
    cable.wait(1800);
    cable.say(arp(2, [guestMac, "192.168.137.100"], [stackMac, stackIp]));
    const [ack] = send(cable, { type: type.request, client: "192.168.137.100" });
    expect(ack).toMatchObject({
      type: type.ack,
      your: "192.168.137.100",
      to: "192.168.137.100",
      toMac: guestMac,
    });
    expect(cable.stack.leases()).toMatchObject([{ secondsLeft: 3600 }]);
  });
  test("gets it again after a restart, also from a server that has forgotten", () => {
    const [ack] = send(stackOnCable(), { type: type.request, requested: "192.168.137.102" });
    expect(ack).toMatchObject({ type: type.ack, your: "192.168.137.102" });
  });
  test("has one at a time", () => {
    const cable = stackOnCable();
    lease(cable, guestMac);
    send(cable, { type: type.request, requested: "192.168.137.103" });
    expect(cable.stack.leases().map(({ address }) => address)).toEqual(["192.168.137.103"]);
  });
  test("that says two things at once is taken by the first", () => {
    const [offer] = send(stackOnCable(), { type: type.discover, more: [53, 1, type.release] });
    expect(offer?.type).toBe(type.offer);
  });
  test("is told no when it cannot have it", () => {
    const cable = stackOnCable();
    lease(cable, secondMac);
    for (const requested of [
      "10.0.0.5",
      "192.168.137.99",
      "192.168.137.104",
      "192.168.137.100",
      stackIp,
      "0.0.0.0",
    ]) {
      const [nak] = send(cable, { type: type.request, requested });
      expect(nak, requested).toMatchObject({
        type: type.nak,
        your: "0.0.0.0",
        to: "255.255.255.255",
        toMac: everyMac,
      });
      expect([...(nak?.options.keys() ?? [])]).toEqual([53, 54, 56]);
    }
  });
  test("gives it back, and only its own", () => {
    const cable = stackOnCable();
    lease(cable, guestMac);
    expect(send(cable, { type: type.release, mac: secondMac, client: "192.168.137.100" })).toEqual([]);
    expect(cable.stack.leases().length).toBe(1);
    expect(send(cable, { type: type.release, client: "192.168.137.100" })).toEqual([]);
    expect(cable.stack.leases()).toEqual([]);
    expect(lease(cable, secondMac)).toBe("192.168.137.101");
    expect(lease(cable, guestMac)).toBe("192.168.137.100");
  });
  test("gives it back for another adapter, which has it at once although the first was heard of", () => {
    const cable = stackOnCable();
    lease(cable, guestMac);
    cable.say(arp(2, [guestMac, "192.168.137.100"], [stackMac, stackIp]));
    expect(lease(cable, secondMac, "", "192.168.137.100")).toBe("192.168.137.101");
    send(cable, { type: type.release, mac: secondMac, client: "192.168.137.101" });
    send(cable, { type: type.release, client: "192.168.137.100" });
    cable.wait(1);
    const third = "00-15-5D-01-0A-07";
    expect(lease(cable, third, "", "192.168.137.100")).toBe("192.168.137.100");
    cable.say(arp(2, [third, "192.168.137.100"], [stackMac, stackIp]));
    expect(cable.stack.notices()).toEqual([]);
  });
  test("that finds it in use gets another, and the address rests", () => {
    const cable = stackOnCable();
    lease(cable, guestMac);
    send(cable, { type: type.decline, mac: secondMac, requested: "192.168.137.100", server: stackIp });
    expect(cable.stack.leases()).toMatchObject([{ kind: "bound" }]);
    send(cable, { type: type.decline, requested: "192.168.137.100", server: stackIp });
    expect(cable.stack.notices()).toMatchObject([{ kind: "addressDeclined" }]);
    expect(lease(cable, guestMac, "", "192.168.137.100")).toBe("192.168.137.101");
    expect(cable.stack.leases().map(({ address, kind }) => [address, kind])).toEqual([
      ["192.168.137.100", "declined"],
      ["192.168.137.101", "bound"],
    ]);
    cable.wait(601);
    expect(lease(cable, secondMac, "", "192.168.137.100")).toBe("192.168.137.100");
  });
  test("that only asks about the network is told, without a lease", () => {
    const cable = stackOnCable();
    cable.say(arp(2, [guestMac, "192.168.137.20"], [stackMac, stackIp]));
    const [ack] = send(cable, { type: type.inform, client: "192.168.137.20" });
    expect(ack).toMatchObject({ type: type.ack, your: "0.0.0.0", to: "192.168.137.20" });
    expect(ack?.options.has(51)).toBe(false);
    expect(ack?.options.get(1)).toBe("ffffff00");
    expect(cable.stack.leases()).toEqual([]);
  });
});

describe("the pool", () => {
  const mac = (n: number) => `00-15-5D-02-00-${n.toString(16).toUpperCase().padStart(2, "0")}`;

  test("when it is empty, nobody is answered, and it is noticed", () => {
    const cable = stackOnCable();
    const given = [1, 2, 3, 4].map((n) => lease(cable, mac(n)));
    expect(new Set(given).size).toBe(4);
    expect(lease(cable, mac(5))).toBe("nothing");
    expect(lease(cable, mac(1))).toBe(given[0]);
    expect(cable.stack.notices()).toMatchObject([
      {
        kind: "poolExhausted",
        text: expect.stringContaining("192.168.137.100 to 192.168.137.103"),
        times: 1,
      },
    ]);
    cable.wait(3601);
    expect(lease(cable, mac(6))).toBe(given[1]);
  });
  test("offers that nobody takes come back after a minute", () => {
    const cable = stackOnCable();
    for (const n of [1, 2, 3, 4]) send(cable, { type: type.discover, mac: mac(n) });
    expect(lease(cable, mac(5))).toBe("nothing");
    cable.wait(61);
    expect(lease(cable, mac(5))).toBe("192.168.137.100");
  });
  test("what is reserved is for one adapter only", () => {
    const dhcp = {
      ...labSettings.services.dhcp,
      router: "192.168.137.101",
      reservations: [
        { mac: guestMac, address: "192.168.137.100" },
        { mac: secondMac, address: "192.168.137.7" },
      ],
    };
    const cable = stackOnCable({ settings: { ...labSettings, services: { ...labSettings.services, dhcp } } });
    expect(lease(cable, mac(1), "", "192.168.137.100")).toBe("192.168.137.102");
    expect(lease(cable, guestMac, "", "192.168.137.103")).toBe("192.168.137.100");
    expect(lease(cable, secondMac)).toBe("192.168.137.7");
    const [nak] = send(cable, { type: type.request, mac: secondMac, requested: "192.168.137.103" });
    expect(nak?.type).toBe(type.nak);
    const [offer] = send(cable, { type: type.discover });
    expect(offer?.options.get(3)).toBe("c0a88965");
  });
  test("leases that fit a new pool live on", () => {
    const cable = stackOnCable();
    lease(cable, mac(1));
    lease(cable, mac(2));
    const dhcp = { ...labSettings.services.dhcp, from: "192.168.137.101" };
    cable.stack.configure({ ...labSettings, services: { ...labSettings.services, dhcp } });
    expect(cable.stack.leases().map(({ address }) => address)).toEqual(["192.168.137.101"]);
    cable.stack.configure({ ...labSettings, services: { ...labSettings.services, dhcp: null } });
    expect(send(cable, { type: type.discover })).toEqual([]);
    cable.stack.configure({ ...labSettings, services: null });
    cable.stack.configure(labSettings);
    expect(lease(cable, mac(2))).toBe("192.168.137.101");
  });
  test("settings that cannot be are refused with the reason", () => {
    const good = labSettings.services.dhcp;
    const refusals: [object, RegExp][] = [
      [{ from: "192.168.138.1" }, /before it begins/],
      [{ from: "192.168.136.255" }, /192\.168\.136\.255 does not lie in the network of 192\.168\.137\.1\/24/],
      [{ from: "192.168.137.0" }, /192\.168\.137\.0 cannot|means the whole network/],
      [{ to: "192.168.137.255" }, /means the whole network/],
      [{ to: "nonsense" }, /The last address of the pool "nonsense"/],
      [{ to: "192.168.200.1" }, /more than 4096/],
      [{ leaseSeconds: 59 }, /59 seconds/],
      [{ leaseSeconds: Number.NaN }, /NaN seconds/],
      [{ router: "10.0.0.1" }, /choose a router inside/],
      [{ reservations: [{ mac: guestMac, address: "10.0.0.1" }] }, /reserve an address inside/],
      [{ reservations: [{ mac: guestMac, address: stackIp }] }, /taken already/],
      [{ reservations: [{ mac: "nonsense", address: "192.168.137.9" }] }, /"nonsense" is not the MAC/],
    ];
    for (const [change, reason] of refusals) {
      const services = { ...labSettings.services, dhcp: { ...good, ...change } };
      expect(() => stackOnCable({ settings: { ...labSettings, services } }), String(reason)).toThrow(reason);
    }
  });
});

describe("other servers", () => {
  const answer = (server: string) =>
    udp(67, 68, message({ type: type.offer, operation: 2, your: "10.0.0.9", server }), {
      from: server,
      to: "255.255.255.255",
      toMac: everyMac,
    });
  test("one beside ours is noticed", () => {
    const cable = stackOnCable();
    cable.say(answer("192.168.137.50"));
    cable.say(answer("192.168.137.50"));
    expect(cable.stack.notices()).toMatchObject([{ kind: "otherDhcpServer", times: 2 }]);
    expect(cable.take()).toEqual([]);
  });
  test("while ours is off, the first is as it should be", () => {
    const services = { ...labSettings.services, dhcp: null };
    const cable = stackOnCable({ settings: { ...labSettings, services } });
    cable.say(answer("192.168.137.50"));
    expect(cable.stack.notices()).toEqual([]);
    cable.say(answer("192.168.137.51"));
    expect(cable.stack.notices()).toMatchObject([
      { text: expect.stringContaining("192.168.137.50 and 192.168.137.51") },
    ]);
  });
});

test("messages that make no sense are not answered", () => {
  const cable = stackOnCable();
  const good = message({ type: type.discover });
  const change = (at: number, value: number) => good.map((byte, place) => (place === at ? value : byte));
  const said = [
    change(0, 2), // a reply
    change(1, 6), // no Ethernet
    change(2, 16),
    change(28, 1), // group address
    change(236, 0), // no cookie
    change(242, 99), // unknown type
    change(241, 200), // cut short
    good.slice(0, 239),
    message({ type: type.discover, relay: "10.0.0.1" }),
    message({ type: type.inform, client: "192.168.137.9" }),
    [],
  ];
  const around = { from: "0.0.0.0", to: "255.255.255.255", toMac: everyMac };
  for (const bytes of said) expect(cable.ask(udp(68, 67, bytes, around))).toEqual([]);
  expect(cable.ask(udp(68, 67, good, around)).length).toBe(1);
});

test("options may go on in the fields for names", () => {
  const cable = stackOnCable();
  const said = message({ type: 0, more: [52, 1, 3] });
  said[242] = 0; // the type that counts comes first: none here
  const bytes = [...said.slice(0, 240), 52, 1, 3, 255];
  bytes.splice(108, 3, 53, 1, type.discover);
  bytes.splice(111, 1, 255);
  bytes.splice(44, 6, 50, 4, ...ipOf("192.168.137.103"));
  bytes.splice(50, 1, 255);
  const around = { from: "0.0.0.0", to: "255.255.255.255", toMac: everyMac };
  const [offer] = cable.ask(udp(68, 67, bytes, around)).map(answerOf);
  expect(offer).toMatchObject({ type: type.offer, your: "192.168.137.103" });
});

test("a machine's name goes to its adapter", () => {
  const cable = stackOnCable();
  cable.stack.setMachines([{ name: "Web Server 01", macs: [guestMac] }]);
  send(cable, { type: type.discover });
  const [ack] = send(cable, { type: type.request, requested: "192.168.137.100", server: stackIp });
  expect(ack?.options.get(12)).toBe(toHex(new TextEncoder().encode("web-server-01")));
});

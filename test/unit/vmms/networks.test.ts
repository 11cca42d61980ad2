import { describe, expect, test } from "vitest";
import type { NetworkConfiguration, NetworkId, NetworkSummary } from "../../../src/hvdef/index.ts";
import { usualAdapter } from "../../../src/vmms/adapters/rules.ts";
import { firstNetworkId } from "../../../src/vmms/networks/networks.ts";
import { arp, frame, udpPayload } from "../../lab/cable.ts";
import { answerAll, hello, type LegacyCard, legacyCard } from "../../lab/legacy-card.ts";
import {
  codeOf,
  labVm,
  type MemoryHost,
  openMemoryHost,
  settle,
  textOf,
  web01,
} from "../../lab/memory-host.ts";
import { labStore } from "../../lab/memory-store.ts";
import { labBroadcast, labFrame } from "../../lab/uplink.ts";
import { dhcp } from "../../lab/wire.ts";

type Wanted = Omit<NetworkConfiguration, "id">;
const everybody = "FF-FF-FF-FF-FF-FF";

const management: NonNullable<NetworkConfiguration["management"]> = {
  address: { address: "10.1.0.1", prefix: 16 },
  vlan: 0,
  services: { dhcp: null, domain: "lab", http: false, ntp: false },
};
const hidden: Wanted = { name: "Hidden", notes: "", kind: "private", uplink: null, management: null };
const inside: Wanted = { name: "Inside", notes: "for us", kind: "internal", uplink: null, management };
const outside: Wanted = {
  name: "Outside",
  notes: "",
  kind: "external",
  uplink: { kind: "tabLan", segment: "LAN 1" },
  management: null,
};

async function network(host: MemoryHost, id: NetworkId = firstNetworkId): Promise<NetworkSummary> {
  const found = (await host.session.listNetworks()).find((one) => one.id === id);
  if (found === undefined) throw new Error("the network is gone");
  return found;
}
function configurationOf(summary: NetworkSummary): NetworkConfiguration {
  const { ports, uplinkState, capture, direct, ...configuration } = summary;
  expect([ports, uplinkState, capture, direct]).not.toContain(undefined);
  return configuration;
}

/** A host whose machine runs with an emulated card on a network. */
async function withCard(at: NetworkId = firstNetworkId): Promise<{ host: MemoryHost; card: LegacyCard }> {
  const adapters = [usualAdapter({ type: "legacy", index: 0 }, at)];
  const host = await openMemoryHost({ machines: [labVm({ drives: [], firstDisks: [], adapters })] });
  await host.session.start(web01);
  return { host, card: legacyCard(host.nics()) };
}

describe("a network", () => {
  test("of each kind is made, changed and kept, and is gone when it is removed", async () => {
    const kept = labStore();
    const host = await openMemoryHost({ kept });
    const ids: NetworkId[] = [];
    for (const wanted of [hidden, inside, outside]) ids.push(await host.session.createNetwork(wanted));
    const [first, second, third] = ids as [NetworkId, NetworkId, NetworkId];
    expect((await host.session.listNetworks()).map(({ name, ports }) => [name, ports.length])).toEqual([
      ["Internal", 1],
      ["Hidden", 0],
      ["Inside", 1],
      ["Outside", 0],
    ]);
    await host.session.changeNetwork({ ...outside, id: third, management });
    await host.session.changeNetwork({ ...hidden, id: first, name: "  Deep ", notes: "two\nlines" });
    await host.session.removeNetwork(second);
    const after = (await host.session.listNetworks()).map(configurationOf);
    expect(after.map(({ name }) => name)).toEqual(["Internal", "Deep", "Outside"]);
    expect((await network(host, third)).ports.map(({ holder }) => holder.kind)).toEqual(["management"]);
    const again = await openMemoryHost({ kept });
    expect((await again.session.listNetworks()).map(configurationOf)).toEqual(after);
  });

  const wrong: readonly (readonly [string, Wanted])[] = [
    ["network.name", { ...hidden, name: "  " }],
    ["network.name", { ...hidden, name: "n".repeat(101) }],
    ["network.notes", { ...hidden, notes: "n".repeat(4001) }],
    ["network.exists", { ...hidden, name: " INTERNAL" }],
    ["network.uplink", { ...hidden, uplink: { kind: "webGateway" } }],
    ["network.uplink", { ...inside, uplink: { kind: "webGateway" } }],
    ["network.uplink", { ...outside, uplink: null }],
    ["network.management", { ...hidden, management }],
    ["network.management", { ...inside, management: null }],
    ["network.badVlan", { ...inside, management: { ...management, vlan: 4095 } }],
    ["network.badVlan", { ...inside, management: { ...management, vlan: 1.5 } }],
    [
      "network.badAddress",
      { ...inside, management: { ...management, address: { address: "x", prefix: 24 } } },
    ],
    [
      "network.badAddress",
      { ...inside, management: { ...management, address: { address: "10.0.0.1", prefix: 31 } } },
    ],
    [
      "network.badPool",
      {
        ...inside,
        management: {
          ...management,
          services: { ...management.services, dhcp: { from: "10.2.0.1", to: "10.2.0.9", leaseSeconds: 600 } },
        },
      },
    ],
    [
      "network.badDomain",
      { ...inside, management: { ...management, services: { ...management.services, domain: "a b" } } },
    ],
  ];
  test.each(wrong)("is refused, made or changed: %s", async (code, wanted) => {
    const host = await openMemoryHost();
    expect(await codeOf(host.session.createNetwork(wanted))).toBe(code);
    expect(await host.session.listNetworks()).toHaveLength(1);
    const sound = { private: hidden, internal: inside, external: outside }[wanted.kind];
    const id = await host.session.createNetwork(sound);
    const before = await network(host, id);
    expect(await codeOf(host.session.changeNetwork({ ...wanted, id }))).toBe(code);
    expect(await network(host, id)).toEqual(before);
  });

  test("has an uplink of its own, and keeps its kind", async () => {
    const { session } = await openMemoryHost();
    const id = await session.createNetwork(outside);
    const same = { segment: "LAN 1", kind: "tabLan" } as const;
    expect(await textOf(session.createNetwork({ ...outside, name: "Two", uplink: same }))).toBe(
      "Outside uses this uplink already: it serves one external network.",
    );
    expect(await codeOf(session.changeNetwork({ ...hidden, id }))).toBe("network.kind");
    expect(await codeOf(session.changeNetwork({ ...hidden, id: "no" as NetworkId }))).toBe("network.unknown");
  });

  test("whose new way out comes with a wrong address is as it was", async () => {
    const host = await openMemoryHost();
    const id = await host.session.createNetwork({ ...outside, management });
    const before = await network(host, id);
    const address = { address: "10.1.255.255", prefix: 16 };
    const wanted = { ...outside, id, uplink: { kind: "webGateway" }, management: { ...management, address } };
    expect(await codeOf(host.session.changeNetwork(wanted as NetworkConfiguration))).toBe(
      "network.badAddress",
    );
    expect(await network(host, id)).toEqual(before);
  });

  test("that cannot be kept is not there; the others are kept one after the other", async () => {
    const kept = labStore();
    const host = await openMemoryHost({ kept });
    host.be({ keep: "fails" });
    expect(await codeOf(host.session.createNetwork(hidden))).toBe("fake.keep");
    expect(await host.session.listNetworks()).toHaveLength(1);
    host.be({});
    await Promise.all(["a", "b", "c"].map((name) => host.session.createNetwork({ ...hidden, name })));
    const again = await openMemoryHost({ kept });
    expect((await again.session.listNetworks()).map(({ name }) => name)).toEqual(["Internal", "a", "b", "c"]);
  });

  test("that is removed unplugs who is there and ends what waits", async () => {
    const { host, card } = await withCard();
    const ping = host.session.ping(firstNetworkId, "192.168.77.50", 3);
    await settle();
    await host.session.removeNetwork(firstNetworkId);
    expect(await ping).toEqual([null]);
    card.got.length = 0;
    card.send(hello(card, everybody));
    expect([card.got, await host.session.listNetworks()]).toEqual([[], []]);
    await host.session.turnOff(web01);
    expect(host.stillOpen()).toEqual([]);
  });
});

describe("kept networks", () => {
  test.each([
    "",
    "null",
    '{"format":2,"networks":[]}',
    '{"format":1,"networks":[{"id":"a"}]}',
    JSON.stringify({
      format: 1,
      networks: [
        { ...hidden, id: "a" },
        { ...hidden, id: "a", name: "b" },
      ],
    }),
  ])("that make no sense are kept beside: %s", async (text) => {
    const kept = labStore();
    const bytes = new TextEncoder().encode(text);
    await kept.put("networks.json", bytes);
    const host = await openMemoryHost({ kept });
    expect(host.events()).toEqual([expect.stringMatching(/^warning: The networks kept here cannot be used/)]);
    expect((await host.session.listNetworks()).map(({ id }) => id)).toEqual([firstNetworkId]);
    expect(await kept.contents("networks.json.damaged")).toEqual(bytes);
  });

  test("of which one cannot be opened: the others are, and it is kept beside", async () => {
    const kept = labStore();
    const bad = { ...inside, id: "b", management: { ...management, address: { address: "x", prefix: 9 } } };
    const text = JSON.stringify({ format: 1, networks: [bad, { ...hidden, id: "a" }] });
    await kept.put("networks.json", new TextEncoder().encode(text));
    const host = await openMemoryHost({ kept });
    expect((await host.session.listNetworks()).map(({ name }) => name)).toEqual(["Hidden"]);
    expect(host.events().join()).toMatch(/The network Inside cannot be opened/);
    const beside = new TextDecoder().decode(await kept.contents("networks.json.damaged"));
    expect(JSON.parse(beside)).toEqual({ format: 1, networks: [bad] });
  });

  test("that another tab holds do not keep the host from opening, and stay", async () => {
    const kept = labStore();
    await (await openMemoryHost({ kept })).session.createNetwork(hidden);
    const bytes = await kept.contents("networks.json");
    const letGo = kept.holdElsewhere("networks.json");
    const host = await openMemoryHost({ kept });
    expect(host.events().join()).toMatch(/in use by another tab/);
    letGo();
    expect(await kept.contents("networks.json")).toEqual(bytes);
  });
});

describe("the management OS", () => {
  test("pings a guest; echoes that do not come are null", async () => {
    const { host, card } = await withCard();
    const ping = host.session.ping(firstNetworkId, "192.168.77.50", 2);
    for (let turn = 0; turn < 8; turn++) {
      await settle(3);
      answerAll(card, "192.168.77.50");
    }
    const times = await ping;
    expect(times).toHaveLength(2);
    for (const time of times) expect(time).toBeGreaterThanOrEqual(0);
    const lost = host.session.ping(firstNetworkId, "192.168.77.51", 1);
    await host.pass(6);
    expect(await lost).toEqual([null]);
    expect(await codeOf(host.session.ping(firstNetworkId, "here", 1))).toBe("network.badAddress");
    const alone = await host.session.createNetwork(hidden);
    expect(await codeOf(host.session.ping(alone, "10.0.0.1", 1))).toBe("network.noManagement");
  });

  test("tells what the switch learned, what it gave away, and what disturbs", async () => {
    const { host, card } = await withCard();
    const discover = dhcpFrame(card, [53, 1, 1, 255]);
    card.send(discover);
    const offer = card.got.find((bytes) => bytes[23] === 17 && bytes[37] === 68);
    const offered = [...(offer?.subarray(58, 62) ?? [])];
    const server = [192, 168, 77, 1];
    card.send(dhcpFrame(card, [53, 1, 3, 50, 4, ...offered, 54, 4, ...server, 255]));
    const tables = await host.session.networkTables(firstNetworkId);
    expect(tables.leases).toEqual([
      {
        address: offered.join("."),
        mac: card.mac,
        name: expect.any(String),
        secondsLeft: expect.any(Number),
      },
    ]);
    expect(offered.join(".")).toMatch(/^192\.168\.77\.1\d\d$/);
    expect(tables.notices).toEqual([]);
    card.send(arp(1, [card.mac, "192.168.77.1"], [card.mac, "192.168.77.1"]));
    const { notices } = await host.session.networkTables(firstNetworkId);
    expect(notices).toEqual([expect.stringContaining("192.168.77.1")]);
    structuredClone(tables);
  });

  test("has the same address in its network after a reload", async () => {
    const kept = labStore();
    const host = await openMemoryHost({ kept });
    const id = await host.session.createNetwork(inside);
    const macs = (await host.session.listNetworks()).map(({ ports }) => ports[0]?.mac);
    expect(new Set(macs).size).toBe(2);
    const again = await openMemoryHost({ kept });
    expect((await network(again, id)).ports[0]?.mac).toBe(macs[1]);
  });

  test("has an address of its own on an external network that another tab has too", async () => {
    const kept = labStore();
    const host = await openMemoryHost({ kept });
    const id = await host.session.createNetwork({ ...outside, management });
    const other = await openMemoryHost({ kept, tab: "another tab" });
    const macs = await Promise.all([host, other].map(async (one) => (await network(one, id)).ports[0]?.mac));
    expect(macs).toEqual([expect.stringMatching(/^00-15-5D-F0/), expect.stringMatching(/^00-15-5D-F0/)]);
    expect(macs[0]).not.toBe(macs[1]);
  });
});

/** A DHCP message of a card in its frame, to everybody. */
function dhcpFrame(card: LegacyCard, options: readonly number[]): Uint8Array<ArrayBuffer> {
  const message = dhcp(1, options);
  message.set(
    card.mac.split("-").map((pair) => Number.parseInt(pair, 16)),
    28,
  );
  const ends = { from: "0.0.0.0", to: "255.255.255.255" };
  const datagram = udpPayload(68, 67, message, ends);
  const length = 20 + datagram.length;
  const head = [0x45, 0, length >> 8, length & 255, 0, 1, 0, 0, 64, 17, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255];
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += (head[at] ?? 0) * 256 + (head[at + 1] ?? 0);
  sum = 0xffff - ((sum & 0xffff) + (sum >> 16));
  head.splice(10, 2, sum >> 8, sum & 255);
  return frame(0x0800, [...head, ...datagram], everybody, card.mac);
}

describe("a capture", () => {
  const all = { after: 0, limit: 100, filter: "" };

  test("is read from where one was, filtered, and saved", async () => {
    const { host, card } = await withCard();
    const { session } = host;
    expect(await codeOf(session.saveCapture(firstNetworkId))).toBe("network.noCapture");
    expect(await session.readCapture(firstNetworkId, all)).toEqual([]);
    await session.startCapture(firstNetworkId, null);
    card.send(hello(card, everybody));
    card.send(dhcpFrame(card, [53, 1, 1, 255]));
    await session.stopCapture(firstNetworkId);
    const frames = await session.readCapture(firstNetworkId, all);
    expect(frames.length).toBeGreaterThanOrEqual(3);
    expect(frames.map(({ sequence }) => sequence)).toEqual(frames.map((_, place) => place + 1));
    expect(frames[0]).toMatchObject({ direction: "in", length: 60 });
    const [one] = await session.readCapture(firstNetworkId, { after: 1, limit: 1, filter: "" });
    expect(one).toEqual(frames[1]);
    const found = await session.readCapture(firstNetworkId, { ...all, filter: "dhcp" });
    expect(found.length).toBeGreaterThanOrEqual(1);
    expect(found.length).toBeLessThan(frames.length);
    card.send(hello(card, everybody));
    expect(await session.readCapture(firstNetworkId, all)).toEqual(frames);
    const saved = await session.saveCapture(firstNetworkId);
    expect([...saved.subarray(0, 4)]).toEqual([0x0a, 0x0d, 0x0d, 0x0a]);
  });

  test("of one port has that port's frames; a wrong filter or port is said, and loses nothing", async () => {
    const { host, card } = await withCard();
    const { session } = host;
    const port = (await network(host)).ports.find(({ holder }) => holder.kind === "machine")?.id ?? 0;
    await session.startCapture(firstNetworkId, port);
    card.send(hello(card, everybody));
    const frames = await session.readCapture(firstNetworkId, all);
    expect(frames.map((one) => [one.port, one.direction])).toEqual([[port, "in"]]);
    const wrong = session.readCapture(firstNetworkId, { ...all, filter: "arp and (" });
    expect(await textOf(wrong)).toContain("at character 10");
    expect(await codeOf(session.startCapture(firstNetworkId, 99))).toBe("network.noPort");
    expect(await session.readCapture(firstNetworkId, all)).toEqual(frames);
  });

  test("is known to whoever asks about the network, until it is stopped", async () => {
    const { host } = await withCard();
    const { session } = host;
    const port = (await network(host)).ports.find(({ holder }) => holder.kind === "machine")?.id ?? 0;
    const running = async () => (await network(host)).capture;
    expect(await running()).toBe(null);
    await session.startCapture(firstNetworkId, null);
    expect(await running()).toMatchObject({ port: null });
    await session.startCapture(firstNetworkId, port);
    expect(await running()).toMatchObject({ port, since: expect.any(Number) });
    expect(await codeOf(session.startCapture(firstNetworkId, 99))).toBe("network.noPort");
    expect(await running()).toMatchObject({ port, since: expect.any(Number) });
    await session.stopCapture(firstNetworkId);
    expect(await running()).toBe(null);
  });
});

describe("an uplink to a relay", () => {
  const toRelay: Wanted = {
    ...outside,
    name: "Club",
    uplink: { kind: "relay", address: "ws://relay.example/" },
  };
  test("tells what the relay said that is no frame, and is called again at once when a person asks", async () => {
    const host = await openMemoryHost();
    const id = await host.session.createNetwork(toRelay);
    await host.session.connectUplink(id);
    const call = host.calls.last();
    call.events.opened();
    expect((await host.session.networkTables(id)).dropped).toEqual([]);
    call.events.bytes(new Uint8Array(3));
    call.events.text(7);
    const { dropped } = await host.session.networkTables(id);
    expect(dropped).toEqual(["Messages of the relay that are no Ethernet frames, ignored: 2."]);
    call.events.ended("The relay hung up.");
    const { uplinkState } = await network(host, id);
    expect([uplinkState.kind, uplinkState.text]).toEqual(["lost", expect.stringContaining("hung up")]);
    await host.session.connectUplink(id);
    expect((await network(host, id)).uplinkState.kind).toBe("connecting");
    expect(host.calls.calls).toHaveLength(2);
  });
});

describe("files for the guests of a network", () => {
  test("are listed with it, and give their room back when it goes", async () => {
    const host = await openMemoryHost();
    const { session } = host;
    const id = await session.createNetwork(inside);
    await session.shareFile(id, "a.txt", new Uint8Array(5));
    await session.shareFile(firstNetworkId, "b.txt", new Uint8Array(64 * 2 ** 20 - 5));
    expect((await session.networkTables(id)).files).toEqual([{ name: "a.txt", bytes: 5 }]);
    expect(await codeOf(session.shareFile(firstNetworkId, "c", new Uint8Array(1)))).toBe("network.shareRoom");
    await session.removeNetwork(id);
    await session.shareFile(firstNetworkId, "c", new Uint8Array(5));
    await session.unshareFile(firstNetworkId, "b.txt");
    expect((await session.networkTables(firstNetworkId)).files).toEqual([{ name: "c", bytes: 5 }]);
  });
});

describe("an uplink between tabs", () => {
  test("carries frames both ways while it is connected", async () => {
    const host = await openMemoryHost();
    const id = await host.session.createNetwork(outside);
    const heard: unknown[] = [];
    const other = host.tabs.join("tabvisor segment LAN 1", (message) => heard.push(message));
    expect((await network(host, id)).uplinkState.kind).toBe("closed");
    await host.session.connectUplink(id);
    await host.session.connectUplink(id);
    expect(await network(host, id)).toMatchObject({
      uplinkState: { kind: "up" },
      ports: [{ holder: { kind: "uplink", name: "LAN 1" } }],
    });
    const frames = labFrame(0, 9);
    const batch = new Uint8Array(2 + frames.length);
    batch.set([frames.length, 0]);
    batch.set(labBroadcast(9), 2);
    other.post({ version: 1, from: "another tab", batch: batch.buffer });
    host.tabs.deliver();
    expect((await network(host, id)).ports[0]).toMatchObject({ framesIn: 1 });
    expect((await host.session.networkTables(id)).addresses).toMatchObject([{ mac: "02-00-00-00-00-09" }]);
    await host.session.disconnectUplink(id);
    await host.session.disconnectUplink(id);
    expect(await network(host, id)).toMatchObject({ uplinkState: { kind: "closed" }, ports: [] });
    await host.session.connectUplink(id);
    expect((await network(host, id)).uplinkState.kind).toBe("up");
    await host.session.changeNetwork({ ...outside, id, uplink: { kind: "tabLan", segment: "LAN 2" } });
    expect(await network(host, id)).toMatchObject({ uplinkState: { kind: "closed" }, ports: [] });
  });

  test("needs a network that has one", async () => {
    const { session } = await openMemoryHost();
    expect(await codeOf(session.connectUplink(firstNetworkId))).toBe("network.noUplink");
    expect(await codeOf(session.disconnectUplink(firstNetworkId))).toBe("none");
  });
});

import { describe, expect, test } from "vitest";
import type { AdapterConfiguration, NetworkId, VmGuid } from "../../../src/hvdef/index.ts";
import { freeMac, managementMac } from "../../../src/vmms/adapters/mac-range.ts";
import { parseAdapters, usualAdapter, withAdapter, withChange } from "../../../src/vmms/adapters/rules.ts";
import { firstNetworkId } from "../../../src/vmms/networks/networks.ts";
import { heard, hello, legacyCard } from "../../lab/legacy-card.ts";
import {
  codeOf,
  labVm,
  type MemoryHostOptions,
  openMemoryHost,
  settle,
  textOf,
  web01,
} from "../../lab/memory-host.ts";
import { labStore } from "../../lab/memory-store.ts";

const db01 = "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000010" as VmGuid;
const legacy = usualAdapter({ type: "legacy", index: 0 }, firstNetworkId);
const synthetic = usualAdapter({ type: "synthetic", index: 0 }, firstNetworkId);
const file = `${web01}.adapters.json`;

/** Two machines with these adapters each and no disk of their own. */
function twoMachines(options: MemoryHostOptions = {}, adapters: readonly AdapterConfiguration[] = [legacy]) {
  const machine = { drives: [], firstDisks: [], adapters };
  return openMemoryHost({
    machines: [labVm(machine), labVm({ ...machine, id: db01, name: "db01" })],
    ...options,
  });
}
const oneMachine = (...adapters: readonly AdapterConfiguration[]) =>
  openMemoryHost({ machines: [labVm({ drives: [], firstDisks: [], adapters })] });

describe("an adapter is refused", () => {
  const wrong: readonly (readonly [string, Partial<AdapterConfiguration>])[] = [
    ["adapter.place", { index: 4 }],
    ["adapter.place", { index: -1 }],
    ["adapter.place", { index: 0.5 }],
    ["adapter.place", { type: "synthetic", index: 8 }],
    ["adapter.mac", { staticMac: true, mac: null }],
    ["adapter.mac", { mac: "00-15-5D-01-0A" }],
    ["adapter.mac", { mac: "01-00-5E-00-00-01" }],
    ["adapter.mac", { mac: "00-00-00-00-00-00" }],
    ["adapter.weight", { vmqWeight: 101 }],
    ["adapter.weight", { vmqWeight: -1 }],
    ["adapter.weight", { vmqWeight: 0.5 }],
    ["adapter.vlan", { vlan: { kind: "access", id: 0 } }],
    ["adapter.vlan", { vlan: { kind: "access", id: 4095 } }],
    ["adapter.vlan", { vlan: { kind: "trunk", native: 0, allowed: [7, 4095] } }],
    ["adapter.vlan", { vlan: { kind: "trunk", native: 4095, allowed: [] } }],
    ["adapter.vlan", { vlan: { kind: "trunk", native: -1, allowed: [] } }],
  ];
  test.each(wrong)("%s: %o", async (code, change) => {
    const host = await oneMachine();
    const adapter = { ...legacy, ...change };
    expect(await codeOf(host.session.addAdapter(web01, adapter))).toBe(code);
    expect((await host.summary()).adapters).toEqual([]);
    expect(await host.kept.has(file)).toBe(false);
  });

  test("at a place that is taken, and where there is none", async () => {
    const host = await oneMachine(legacy);
    expect(await codeOf(host.session.addAdapter(web01, legacy))).toBe("adapter.taken");
    expect(await codeOf(host.session.changeAdapter(web01, synthetic))).toBe("adapter.none");
    expect(await codeOf(host.session.removeAdapter(web01, "legacy", 1))).toBe("adapter.none");
  });

  test("a trunk without a native VLAN is none of these", () => {
    const vlan = { kind: "trunk", native: 0, allowed: [1, 4094] } as const;
    expect(withAdapter([], { ...legacy, vlan })[0]?.vlan).toEqual(vlan);
  });
});

describe("adapters", () => {
  test("come and go while the machine is off, and are so after a reload", async () => {
    const kept = labStore();
    const host = await openMemoryHost({ kept });
    await host.session.addAdapter(web01, { ...legacy, index: 1 });
    await host.session.addAdapter(web01, legacy);
    await host.session.addAdapter(web01, synthetic);
    await host.session.removeAdapter(web01, "legacy", 1);
    const { adapters } = await host.summary();
    expect(adapters).toEqual([synthetic, legacy]);
    expect((await (await openMemoryHost({ kept })).summary()).adapters).toEqual(adapters);
  });

  test("changes at the same time are all made", async () => {
    const host = await openMemoryHost();
    const places = [0, 1, 2, 3].map((index) => ({ ...legacy, index }));
    await Promise.all(places.map((adapter) => host.session.addAdapter(web01, adapter)));
    expect((await host.summary()).adapters).toEqual(places);
    expect(parseAdapters(new TextDecoder().decode(await host.kept.contents(file)))).toEqual(places);
  });

  test("of a running machine neither come nor go, and keep their address", async () => {
    const host = await oneMachine(legacy);
    await host.session.start(web01);
    const [before] = (await host.summary()).adapters;
    if (before === undefined) throw new Error("no adapter");
    expect(await codeOf(host.session.addAdapter(web01, synthetic))).toBe("adapter.running");
    expect(await codeOf(host.session.removeAdapter(web01, "legacy", 0))).toBe("adapter.running");
    const other = { ...before, mac: "00-15-5D-00-00-01" };
    expect(await codeOf(host.session.changeAdapter(web01, other))).toBe("adapter.running");
    expect(await codeOf(host.session.changeAdapter(web01, { ...before, staticMac: true }))).toBe(
      "adapter.running",
    );
    const respelled = { ...before, mac: (before.mac ?? "").toLowerCase().replaceAll("-", ":") };
    expect(await codeOf(host.session.changeAdapter(web01, respelled))).toBe("none");
    expect((await host.summary()).adapters).toEqual([before]);
  });

  test("that cannot be kept are as they were, unless the machine runs", async () => {
    const host = await oneMachine(legacy);
    host.be({ keep: "fails" });
    expect(await codeOf(host.session.removeAdapter(web01, "legacy", 0))).toBe("fake.keep");
    expect((await host.summary()).adapters).toEqual([legacy]);
    host.be({});
    await host.session.start(web01);
    const [before = legacy] = (await host.summary()).adapters;
    host.be({ keep: "fails" });
    const hidden = { ...before, network: null };
    expect(await codeOf(host.session.changeAdapter(web01, hidden))).toBe("fake.keep");
    expect((await host.summary()).adapters).toEqual([hidden]);
  });

  test("that were kept and make no sense are kept beside; the machine has those it came with", async () => {
    const kept = labStore();
    await kept.put(file, new TextEncoder().encode('{"format":1,"adapters":[{}]}'));
    const host = await openMemoryHost({ kept, machines: [labVm({ adapters: [legacy] })] });
    expect((await host.summary()).adapters).toEqual([legacy]);
    expect(host.events().join()).toMatch(/warning: web01: its kept network adapters cannot be used/);
    expect([await kept.has(file), await kept.has(`${file}.damaged`)]).toEqual([false, true]);
  });
});

describe("addresses", () => {
  test("are given at the first start, all different, and stay", async () => {
    const kept = labStore();
    const adapters = [synthetic, { ...synthetic, index: 1 }, legacy];
    // Luck that strikes twice: an address that was just given comes up again.
    let turn = 0;
    const entropy = () => Math.imul(turn++ >> 1, 0x9e3779b1) >>> 0;
    const host = await twoMachines({ kept, entropy }, adapters);
    await Promise.all([host.session.start(web01), host.session.start(db01)]);
    const macs = (await host.session.list()).flatMap((machine) => machine.adapters.map(({ mac }) => mac));
    expect(macs).toHaveLength(6);
    expect(new Set(macs).size).toBe(6);
    for (const mac of macs) expect(mac).toMatch(/^00-15-5D-(?!F)[0-9A-F]{2}-[0-9A-F]{2}-[0-9A-F]{2}$/);
    const again = await twoMachines({ kept, entropy }, adapters);
    const after = (await again.session.list()).flatMap((machine) => machine.adapters.map(({ mac }) => mac));
    expect(after).toEqual(macs);
  });

  test("that a person chose are spelled in one way", () => {
    const chosen = { ...legacy, mac: "0a155d01aaff", staticMac: true };
    expect(withAdapter([], chosen)[0]?.mac).toBe("0A-15-5D-01-AA-FF");
    expect(withChange([legacy], chosen, "off")[0]?.mac).toBe("0A-15-5D-01-AA-FF");
  });

  test("of the management OS are those of no machine, and the same for the same network", () => {
    expect(managementMac("a network")).toBe(managementMac("a network"));
    expect(managementMac("a network")).not.toBe(managementMac("b network"));
    expect(managementMac("a network")).toMatch(/^00-15-5D-F0-/);
    for (const bits of [0, 0xffffffff, 0x00f00000, 0x00ef1234])
      expect(freeMac(() => bits, new Set())).not.toMatch(/^00-15-5D-F/);
  });
});

describe("machines on one network", () => {
  async function bothRunning() {
    const host = await twoMachines();
    await host.session.start(web01);
    await host.session.start(db01);
    const [web, db] = [legacyCard(host.nics(web01)), legacyCard(host.nics(db01))];
    const [adapter = legacy] = (await host.summary(web01)).adapters;
    return { host, web, db, adapter };
  }
  const ports = async (host: Awaited<ReturnType<typeof twoMachines>>) =>
    (await host.session.listNetworks()).flatMap((network) =>
      network.ports.map(({ holder }) => (holder.kind === "machine" ? holder.name : holder.kind)),
    );

  test("hear each other, until one is turned off: then its port is gone", async () => {
    const { host, web, db } = await bothRunning();
    web.send(hello(web, db.mac));
    db.send(hello(db, web.mac));
    expect([heard(db, web), heard(web, db)]).toEqual([true, true]);
    expect(await ports(host)).toEqual(["management", "web01", "db01"]);
    const [port] = (await host.session.listNetworks())[0]?.ports.slice(1) ?? [];
    expect(port).toMatchObject({ mac: web.mac, framesIn: 1, linkUp: true, dropped: 0 });
    await host.session.turnOff(db01);
    expect(await ports(host)).toEqual(["management", "web01"]);
    db.got.length = 0;
    web.send(hello(web, db.mac));
    expect(db.got).toEqual([]);
    await host.session.turnOff(web01);
    expect([await ports(host), host.stillOpen()]).toEqual([["management"], []]);
  });

  test("a VLAN takes effect while they run", async () => {
    const { host, web, db, adapter } = await bothRunning();
    await host.session.changeAdapter(web01, { ...adapter, vlan: { kind: "access", id: 7 } });
    web.send(hello(web, db.mac));
    db.send(hello(db, web.mac));
    expect([heard(db, web), heard(web, db)]).toEqual([false, false]);
    await host.session.changeAdapter(web01, { ...adapter, vlan: { kind: "untagged" } });
    web.send(hello(web, db.mac));
    expect(heard(db, web)).toBe(true);
  });

  test("one that is moved to no network hears nothing and is connected again", async () => {
    const { host, web, db, adapter } = await bothRunning();
    await host.session.changeAdapter(web01, { ...adapter, network: null });
    db.send(hello(db, web.mac));
    expect([heard(web, db), await ports(host)]).toEqual([false, ["management", "db01"]]);
    await host.session.changeAdapter(web01, adapter);
    db.send(hello(db, web.mac));
    expect(heard(web, db)).toBe(true);
  });

  test("a move that the network refuses leaves it where it was", async () => {
    const chosen = { ...legacy, mac: "00-15-5D-AA-AA-AA", staticMac: true };
    const host = await twoMachines({}, [chosen]);
    const other = await host.session.createNetwork({
      name: "Other",
      notes: "",
      kind: "private",
      uplink: null,
      management: null,
    });
    await host.session.changeAdapter(db01, { ...chosen, network: other });
    await host.session.start(web01);
    await host.session.start(db01);
    expect(await textOf(host.session.changeAdapter(db01, chosen))).toMatch(/is the address of web01/);
    expect((await host.summary(db01)).adapters[0]?.network).toBe(other);
    expect(await ports(host)).toEqual(["management", "web01", "db01"]);
  });

  test("with one address do not both start; nothing stays open", async () => {
    const host = await twoMachines({}, [{ ...legacy, mac: "00-15-5D-AA-AA-AA", staticMac: true }]);
    await host.session.start(web01);
    expect(await codeOf(host.session.start(db01))).toBe("network.badMac");
    expect([await host.state(db01), await ports(host)]).toEqual(["off", ["management", "web01"]]);
    await host.session.turnOff(web01);
    expect(host.stillOpen()).toEqual([]);
  });

  test("whatever a start is broken off by, no port stays", async () => {
    for (const part of ["serve", "control", "create", "start"] as const) {
      const host = await twoMachines();
      host.be({ [part]: "fails" });
      expect(await codeOf(host.session.start(web01))).toBe(`fake.${part}`);
      await settle();
      expect([await ports(host), host.stillOpen()]).toEqual([["management"], []]);
    }
  });
});

test("a guest is offered its adapters; the emulated ones are described", async () => {
  const host = await oneMachine(synthetic, { ...synthetic, index: 7 }, { ...legacy, index: 2 });
  await host.session.start(web01);
  const [{ offers = [], legacyAdapters = [] } = {}] = host.configurations;
  const channels = offers.map(({ channel }) => channel);
  expect(channels.filter((channel) => channel >= 32 && channel < 48)).toEqual([32, 39]);
  expect(legacyAdapters).toHaveLength(1);
  expect(new Set(host.nics().ends.map(({ mac }) => mac)).size).toBe(3);
});

test("a network that is gone is the network of no adapter", async () => {
  const { session, summary, nics } = await twoMachines();
  await session.start(web01);
  const [web] = [legacyCard(nics())];
  await session.removeNetwork(firstNetworkId);
  expect([(await summary()).adapters[0]?.network, (await summary(db01)).adapters[0]?.network]).toEqual([
    null,
    null,
  ]);
  web.send(hello(web, "FF-FF-FF-FF-FF-FF"));
  expect(nics().frameOwners[0]?.owner.counters().framesDropped).toBe(1);
  expect(await codeOf(session.removeNetwork("x" as NetworkId))).toBe("network.unknown");
});

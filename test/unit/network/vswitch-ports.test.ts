import { describe, expect, test } from "vitest";
import {
  broadcastMac,
  type NewPort,
  openSwitch,
  portLimit,
  type SwitchKind,
} from "../../../src/network/index.ts";
import { HvError, manualClock } from "../../../src/support/index.ts";
import { labFrame, labGroup, labHolder, labMac, mac } from "../../lab/switch.ts";

const open = (kind: SwitchKind = "external") => openSwitch({ name: "Lab", kind, clock: manualClock() });
const refused = (code: string, text: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(text) });

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (failure) {
    expect(failure).toBeInstanceOf(HvError);
    return failure;
  }
  throw new Error("nothing was thrown");
}

describe("settings that cannot be", () => {
  test.each<[string, Partial<NewPort>, string, string]>([
    ["VLAN 4095", { vlan: { kind: "access", id: 4095 } }, "network.badVlan", "VLAN 4095 does not exist"],
    ["VLAN 0", { vlan: { kind: "access", id: 0 } }, "network.badVlan", "choose 1 to 4094."],
    ["VLAN 1.5", { vlan: { kind: "access", id: 1.5 } }, "network.badVlan", "VLAN 1.5"],
    ["native", { vlan: { kind: "trunk", native: -1, allowed: [] } }, "network.badVlan", "or 0 for no VLAN"],
    [
      "allowed",
      { vlan: { kind: "trunk", native: 0, allowed: [5, 0] } },
      "network.badVlan",
      "VLAN 0 does not",
    ],
    ["group", { mac: labGroup }, "network.badMac", "01-00-5E-00-00-FB is the address of a group"],
    ["zero", { mac: mac("00-00-00-00-00-00") }, "network.badMac", "cannot be the address of an adapter"],
    ["duplicate", { mac: labMac(1) }, "network.badMac", "00-15-5D-00-00-01 is the address of port 1 on"],
  ])("%s", (_, wrong, code, text) => {
    const network = open();
    labHolder(network, 1);
    const other = labHolder(network, 2);
    const before = other.port.inspect();
    expect(thrown(() => labHolder(network, 3, wrong))).toEqual(refused(code, text));
    expect(network.ports().length).toBe(2);
    expect(thrown(() => network.change(other.port, wrong))).toEqual(refused(code, text));
    expect(other.port.inspect()).toEqual(before);
  });

  test("an adapter without an address, an uplink with one", () => {
    const network = open();
    const sink = { frame: () => true };
    expect(thrown(() => network.connect({ name: "web01", mac: null }, sink))).toEqual(
      refused("network.badMac", "web01 needs a MAC address"),
    );
    expect(thrown(() => network.connect({ name: "LAN", role: "uplink", mac: labMac(1) }, sink))).toEqual(
      refused("network.badMac", "LAN is an uplink"),
    );
  });

  test.each<[SwitchKind, "management" | "uplink", string]>([
    ["private", "management", "Lab is a private network: the management operating system cannot join it."],
    ["private", "uplink", "Lab is a private network and has no uplink."],
    ["internal", "uplink", "Lab is an internal network and has no uplink."],
  ])("%s network, %s port", (kind, role, text) => {
    expect(thrown(() => labHolder(open(kind), 1, { role }))).toEqual(refused("network.noSuchPlace", text));
  });

  test.each<["management" | "uplink", string]>([
    ["management", "The management operating system is connected to Lab."],
    ["uplink", "Lab has an uplink."],
  ])("a second %s port", (role, text) => {
    const network = open();
    const first = labHolder(network, 1, { role });
    expect(thrown(() => labHolder(network, 2, { role }))).toEqual(refused("network.noSuchPlace", text));
    first.port[Symbol.dispose]();
    labHolder(network, 2, { role });
  });

  test("more ports than there are", () => {
    const network = open();
    const holders = Array.from({ length: portLimit }, (_, n) => labHolder(network, n + 1));
    expect(thrown(() => labHolder(network, 9999))).toEqual(refused("network.noPort", "All 512 ports of Lab"));
    holders[7]?.port[Symbol.dispose]();
    const late = labHolder(network, 9999);
    holders[0]?.send(labFrame({ to: broadcastMac, from: labMac(1) }));
    expect(late.got.length).toBe(1);
    expect(holders.filter(({ got }) => got.length === 1).length).toBe(portLimit - 2);
  });

  test("an address of one's own may be set again", () => {
    const network = open();
    const a = labHolder(network, 1);
    network.change(a.port, { mac: a.mac, name: "again" });
    expect(a.port.settings.name).toBe("again");
  });
});

describe("connecting and disconnecting while frames flow", () => {
  test("an unplugged port gets nothing; what its holder sends is dropped and counted", () => {
    const network = open();
    const [a, b] = [labHolder(network, 1), labHolder(network, 2)];
    b.port[Symbol.dispose]();
    b.port[Symbol.dispose]();
    a.send(labFrame({ to: b.mac, from: a.mac }));
    a.send(labFrame({ to: broadcastMac, from: a.mac }));
    b.send(labFrame({ to: a.mac, from: b.mac }));
    expect([a.got, b.got]).toEqual([[], []]);
    expect(b.port.counters().dropped.blocked).toBe(1);
    expect(b.port.inspect()).toMatchObject({ connected: false });
    expect([b.port.connected, b.farewells(), network.ports()]).toEqual([false, 0, [a.port]]);
  });

  test("its address may be used by another at once", () => {
    const network = open();
    const [a, b] = [labHolder(network, 1), labHolder(network, 2)];
    b.port[Symbol.dispose]();
    const heir = labHolder(network, 3, { mac: b.mac });
    a.send(labFrame({ to: b.mac, from: a.mac }));
    expect([b.got.length, heir.got.length]).toEqual([0, 1]);
    expect(heir.port.number).toBe(3);
  });

  test("an address that was learned elsewhere belongs to the adapter that comes with it", () => {
    const network = open();
    const a = labHolder(network, 1);
    const up = labHolder(network, 2, { role: "uplink" });
    up.send(labFrame({ to: broadcastMac, from: labMac(3) }));
    const b = labHolder(network, 3);
    a.send(labFrame({ to: labMac(3), from: a.mac }));
    expect([b.got.length, up.got.length]).toEqual([1, 0]);
    expect(network.table().filter(({ status }) => status === "learned")).toEqual([]);
  });

  test("ports that come and go inside a delivery do not disturb the others", () => {
    const network = open();
    const [a, b, c, d] = [1, 2, 3, 4].map((n) => labHolder(network, n));
    if (!a || !b || !c || !d) throw new Error("no holders");
    b.answer = () => {
      b.answer = null;
      b.port[Symbol.dispose]();
      c.port[Symbol.dispose]();
      labHolder(network, 5);
    };
    a.send(labFrame({ to: broadcastMac, from: a.mac }));
    expect([b.got.length, c.got.length, d.got.length]).toEqual([1, 0, 1]);
    a.send(labFrame({ to: broadcastMac, from: a.mac }));
    expect([b.got.length, c.got.length, d.got.length]).toEqual([1, 0, 2]);
  });

  test("another address: the old one is nobody's, the new one is guarded", () => {
    const network = open();
    const [a, b] = [labHolder(network, 1), labHolder(network, 2)];
    network.change(b.port, { mac: labMac(20) });
    a.send(labFrame({ to: labMac(2), from: a.mac }));
    expect(b.got).toEqual([]);
    a.send(labFrame({ to: labMac(20), from: a.mac }));
    expect(b.got.length).toBe(1);
    b.send(labFrame({ to: a.mac, from: labMac(2) }));
    b.send(labFrame({ to: a.mac, from: labMac(20) }));
    expect(a.got.length).toBe(1);
  });
});

describe("removing a switch", () => {
  test("unplugs everybody, tells them once, and counts what they still send", () => {
    const network = open();
    const [a, b] = [labHolder(network, 1), labHolder(network, 2)];
    network[Symbol.dispose]();
    network[Symbol.dispose]();
    a.send(labFrame({ to: b.mac, from: a.mac }));
    expect([a.farewells(), b.farewells(), b.got.length]).toEqual([1, 1, 0]);
    expect([a.port.connected, a.port.counters().dropped.blocked]).toEqual([false, 1]);
    expect(network.inspect()).toMatchObject({ removed: true, ports: {} });
    expect(thrown(() => labHolder(network, 3))).toEqual(refused("network.gone", "Lab was removed"));
    expect(thrown(() => network.change(a.port, { name: "x" }))).toEqual(
      refused("network.portGone", "no longer"),
    );
    a.port[Symbol.dispose]();
  });

  test("in the middle of a broadcast", () => {
    const network = open();
    const [a, b, c] = [1, 2, 3].map((n) => labHolder(network, n));
    if (!a || !b || !c) throw new Error("no holders");
    b.answer = () => network[Symbol.dispose]();
    a.send(labFrame({ to: broadcastMac, from: a.mac }));
    expect([b.got.length, c.got.length]).toEqual([1, 0]);
  });
});

test("a switch gets another name, which its sentences use", () => {
  const network = open("private");
  network.rename("Other");
  expect([network.name, network.inspect()["name"]]).toEqual(["Other", "Other"]);
  expect(thrown(() => labHolder(network, 1, { role: "uplink" }))).toEqual(
    refused("network.noSuchPlace", "Other is a private network"),
  );
});

test("a port of another switch is none of ours", () => {
  const [network, other] = [open(), open()];
  const [mine, theirs] = [labHolder(network, 1), labHolder(other, 2)];
  expect(mine.port.number).toBe(theirs.port.number);
  expect(thrown(() => network.change(theirs.port, { name: "x" }))).toEqual(refused("network.portGone", ""));
});

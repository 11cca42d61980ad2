import { describe, expect, test } from "vitest";
import {
  addressLimit,
  ageingSeconds,
  broadcastMac,
  openSwitch,
  type TableEntry,
  type VirtualSwitch,
} from "../../../src/network/index.ts";
import { find, insert, openAddresses, removeAt } from "../../../src/network/vswitch/addresses.ts";
import { newPort } from "../../../src/network/vswitch/port-state.ts";
import { fullSettings } from "../../../src/network/vswitch/settings.ts";
import { manualClock, micros } from "../../../src/support/index.ts";
import { labFrame, labHolder, labMac } from "../../lab/switch.ts";

const second = 1_000_000;

function wired() {
  const clock = manualClock(micros(5 * second));
  const network = openSwitch({ name: "lab", kind: "external", clock, entropy: () => 0x12345678 });
  const a = labHolder(network, 1);
  const up = labHolder(network, 2, { role: "uplink" });
  const other = labHolder(network, 3, { allowSpoofing: true });
  const wait = (seconds: number) => {
    clock.advance(micros(seconds * second));
    network.tick();
  };
  return { network, a, up, other, wait };
}

const learned = (network: VirtualSwitch): TableEntry[] =>
  network.table().filter(({ status }) => status === "learned");

describe("learning", () => {
  test("shows adapters' own addresses and those seen behind others, with their age", () => {
    const { network, up, wait } = wired();
    up.send(labFrame({ to: broadcastMac, from: labMac(50), tags: [7] }));
    wait(9);
    up.send(labFrame({ to: broadcastMac, from: labMac(51) }));
    wait(1);
    expect(network.table().toSorted((one, two) => one.mac.localeCompare(two.mac))).toEqual([
      { mac: labMac(1), vlan: 0, port: 1, status: "self", age: 0 },
      { mac: labMac(3), vlan: 0, port: 3, status: "self", age: 0 },
      { mac: labMac(50), vlan: 7, port: 2, status: "learned", age: 10 },
      { mac: labMac(51), vlan: 0, port: 2, status: "learned", age: 1 },
    ]);
  });

  test("sends frames only where the address was seen last", () => {
    const { network, a, up, other } = wired();
    other.send(labFrame({ to: a.mac, from: labMac(50) }));
    a.send(labFrame({ to: labMac(50), from: a.mac }));
    expect([up.take().length, other.take().length]).toEqual([0, 1]);
    up.send(labFrame({ to: a.mac, from: labMac(50) }));
    a.send(labFrame({ to: labMac(50), from: a.mac }));
    expect([up.take().length, other.take().length]).toEqual([1, 0]);
    expect(network.inspect()["frames"]).toMatchObject({ learned: 1, moved: 1, flooded: 0 });
  });

  test("a frame that was dropped teaches nothing", () => {
    const { network, a, up } = wired();
    up.send(labFrame({ to: a.mac, from: labMac(50), tags: [4095] }));
    a.send(labFrame({ to: broadcastMac, from: labMac(51) }));
    expect(learned(network)).toEqual([]);
  });

  test("forgets an address that is silent for 300 seconds, not before, and not one that speaks", () => {
    const { network, a, up, other, wait } = wired();
    up.send(labFrame({ to: a.mac, from: labMac(50) }));
    up.send(labFrame({ to: a.mac, from: labMac(51) }));
    wait(ageingSeconds);
    expect(learned(network).length).toBe(2);
    up.send(labFrame({ to: a.mac, from: labMac(51) }));
    wait(1);
    expect(learned(network).map(({ mac }) => mac)).toEqual([labMac(51)]);
    a.send(labFrame({ to: labMac(50), from: a.mac }));
    expect(other.got.length).toBe(1);
    expect(network.inspect()["frames"]).toMatchObject({ purged: 1 });
    wait(ageingSeconds + 1);
    expect(network.table().map(({ status }) => status)).toEqual(["self", "self"]);
  });

  test("when the table is full, new addresses are flooded and no live one is given up", () => {
    const { network, a, up, other, wait } = wired();
    for (let n = 0; n < addressLimit + 5; n++) {
      other.send(labFrame({ to: a.mac, from: labMac(1000 + n) }));
    }
    expect(learned(network).length).toBe(addressLimit);
    expect(network.inspect()["frames"]).toMatchObject({ learned: addressLimit, notLearned: 5 });
    up.take();
    for (const n of [0, addressLimit - 1]) a.send(labFrame({ to: labMac(1000 + n), from: a.mac }));
    expect(up.take().length).toBe(0);
    a.send(labFrame({ to: labMac(1000 + addressLimit), from: a.mac }));
    expect(up.take().length).toBe(1);
    wait(ageingSeconds + 1);
    other.send(labFrame({ to: a.mac, from: labMac(1000 + addressLimit) }));
    a.send(labFrame({ to: labMac(1000 + addressLimit), from: a.mac }));
    expect([up.take().length, learned(network).length]).toEqual([0, 1]);
  });

  test("what was learned behind a port goes with it", () => {
    const { network, a, up, other } = wired();
    up.send(labFrame({ to: a.mac, from: labMac(50) }));
    other.send(labFrame({ to: a.mac, from: labMac(51) }));
    other.port[Symbol.dispose]();
    expect(learned(network).map(({ mac }) => mac)).toEqual([labMac(50)]);
  });
});

test("the table agrees with a map through random insertions and removals", () => {
  const port = newPort(1, fullSettings({ name: "a", mac: labMac(1) }), { frame: () => true });
  const table = openAddresses(64, 7);
  const model = new Map<string, readonly [number, number]>();
  let random = 1;
  const next = (below: number) => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    return (random >>> 8) % below;
  };
  for (let step = 0; step < 20_000; step++) {
    const [head, rest] = [next(4), next(40) << 12];
    const name = `${head} ${rest}`;
    const slot = find(table, head, rest);
    expect(slot >= 0).toBe(model.has(name));
    if (slot >= 0 && next(2) === 0) {
      removeAt(table, slot);
      model.delete(name);
    } else if (slot < 0) {
      const fresh = insert(table, head, rest);
      expect(fresh >= 0).toBe(model.size < 64);
      if (fresh < 0) continue;
      table.ports[fresh] = port;
      model.set(name, [head, rest]);
    }
    if (step % 500 !== 0) continue;
    expect(table.used).toBe(model.size);
    for (const [someHead, someRest] of model.values()) expect(find(table, someHead, someRest)).not.toBe(-1);
  }
});

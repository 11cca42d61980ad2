import { describe, expect, test } from "vitest";
import type { NetworkConfiguration, NetworkId } from "../../../src/hvdef/index.ts";
import { codeOf, openMemoryHost, textOf } from "../../lab/memory-host.ts";
import { type LabStore, labStore } from "../../lab/memory-store.ts";

const hidden = (name: string, notes = ""): Omit<NetworkConfiguration, "id"> => ({
  name,
  notes,
  kind: "private",
  uplink: null,
  management: null,
});

type Tab = Awaited<ReturnType<typeof openTab>>;

/** A tab over storage that others use too. Networks made in it have ids of its own. */
function openTab(kept: LabStore, number: number) {
  return openMemoryHost({ kept, ids: `of tab ${number}` });
}
async function find(tab: Tab, name: string) {
  const all = await tab.session.listNetworks();
  return all.find((one) => one.name === name);
}
async function rewrite(tab: Tab, name: string, notes: string): Promise<void> {
  const found = await find(tab, name);
  if (found === undefined) throw new Error(`${name} is gone`);
  const { ports, uplinkState, capture, direct, ...configuration } = found;
  expect([ports, uplinkState, capture, direct]).not.toContain(undefined);
  await tab.session.changeNetwork({ ...configuration, notes });
}
async function keptIn(kept: LabStore): Promise<readonly [string, string][]> {
  const tab = await openTab(kept, 9);
  return (await tab.session.listNetworks()).map(({ name, notes }): [string, string] => [name, notes]);
}
async function idOf(tab: Tab, name: string): Promise<NetworkId> {
  const id = (await find(tab, name))?.id;
  if (id === undefined) throw new Error(`${name} is gone`);
  return id;
}
/** Two tabs that were opened over the networks Internal, A and B. */
async function openTwo() {
  const kept = labStore();
  const maker = await openTab(kept, 1);
  for (const name of ["A", "B"]) await maker.session.createNetwork({ ...hidden(name) });
  return { kept, one: await openTab(kept, 2), other: await openTab(kept, 3) };
}

describe("two tabs with one file of networks", () => {
  test("each keeps what the other made, changed and removed", async () => {
    const { kept, one, other } = await openTwo();
    await one.session.createNetwork(hidden("Of one"));
    await rewrite(one, "A", "by one");
    await other.session.createNetwork(hidden("Of other"));
    await other.session.removeNetwork(await idOf(other, "B"));
    await rewrite(one, "Of one", "again");
    expect(await keptIn(kept)).toEqual([
      ["Internal", ""],
      ["A", "by one"],
      ["Of one", "again"],
      ["Of other", ""],
    ]);
  });

  test("a network that both changed is as the last one wanted, who hears of it", async () => {
    const { kept, one, other } = await openTwo();
    await rewrite(one, "A", "by one");
    await rewrite(other, "A", "by other");
    expect(await keptIn(kept)).toContainEqual(["A", "by other"]);
    const told = (tab: Tab): string => JSON.stringify(tab.notices);
    expect(told(other)).toContain("The network A was changed in another tab too");
    expect(told(one)).not.toContain("another tab");
  });

  test("a name that another tab took is refused, and nothing has changed", async () => {
    const { kept, one, other } = await openTwo();
    await one.session.createNetwork(hidden("Lab"));
    expect(await textOf(other.session.createNetwork(hidden("lab")))).toContain("made in another tab");
    expect(await find(other, "lab")).toBe(undefined);
    const { session } = other;
    const a = await find(other, "A");
    if (a === undefined) throw new Error("A is gone");
    const { ports, uplinkState, capture, direct, ...configuration } = a;
    expect([ports, uplinkState, capture, direct]).not.toContain(undefined);
    expect(await codeOf(session.changeNetwork({ ...configuration, name: "LAB" }))).toBe("network.exists");
    expect(await find(other, "A")).toBeDefined();
    expect((await keptIn(kept)).map(([name]) => name)).toEqual(["Internal", "A", "B", "Lab"]);
  });

  test("while another tab writes, a change is refused and nothing has changed", async () => {
    const { kept, one } = await openTwo();
    const release = kept.holdElsewhere("networks.json.lock");
    expect(await textOf(one.session.createNetwork(hidden("Lab")))).toContain("try again");
    expect(await codeOf(rewrite(one, "A", "new"))).toBe("network.busy");
    expect(await codeOf(one.session.removeNetwork(await idOf(one, "B")))).toBe("network.busy");
    expect((await find(one, "A"))?.notes).toBe("");
    expect(await find(one, "B")).toBeDefined();
    release();
    await one.session.createNetwork(hidden("Lab"));
    expect((await keptIn(kept)).map(([name]) => name)).toEqual(["Internal", "A", "B", "Lab"]);
  });

  test("a file that was damaged meanwhile is put aside, and all networks of this tab are kept", async () => {
    const { kept, one } = await openTwo();
    await kept.put("networks.json", new TextEncoder().encode("{"));
    await rewrite(one, "A", "new");
    expect(await keptIn(kept)).toEqual([
      ["Internal", ""],
      ["A", "new"],
      ["B", ""],
    ]);
    expect(await kept.has("networks.json.damaged")).toBe(true);
  });
});

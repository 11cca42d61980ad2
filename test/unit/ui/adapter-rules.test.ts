import { describe, expect, test } from "vitest";
import {
  type AdapterConfiguration,
  adapterTitle,
  type VmGuid,
  type VmState,
} from "../../../src/hvdef/index.ts";
import {
  type AdapterDraft,
  type AdapterField,
  adapterDraft,
  adapterProblems,
  newAdapter,
  wantedAdapter,
} from "../../../src/ui/adapter-draft.ts";
import { queueWords } from "../../../src/ui/adapter-queue.ts";
import {
  adapterRows,
  adaptersInShort,
  addAdapterRefusal,
  addressHolder,
  changeAdapterRefusal,
  freeIndex,
  linkWords,
  macRefusal,
  plugRefusal,
  portOf,
} from "../../../src/ui/adapter-rules.ts";
import { adapter, machine, network, networkId, port } from "./networks.ts";

const lab = networkId("Lab");
const mac = "00-15-5D-01-0A-03";
const owner = (state: VmState, adapters: readonly AdapterConfiguration[] = []) => ({ state, adapters });
const many = (type: AdapterConfiguration["type"], count: number) =>
  Array.from({ length: count }, (_, index) => adapter({ type, index }));

describe("when adapters may change", () => {
  test("they come and go only while the machine is off", () => {
    expect(plugRefusal(owner("off"))).toBeNull();
    for (const state of ["running", "paused", "starting"] as const)
      expect(plugRefusal(owner(state))).toContain("Turn it off first");
  });

  test("there is a most of each kind", () => {
    const full = owner("off", [...many("synthetic", 8), ...many("legacy", 3)]);
    expect(addAdapterRefusal(full, "synthetic")).toBe("A machine has at most 8 network adapters.");
    expect(addAdapterRefusal(full, "legacy")).toBeNull();
    expect(freeIndex(full, "legacy")).toBe(3);
    expect(addAdapterRefusal(owner("off", many("legacy", 4)), "legacy")).toContain("at most 4");
  });

  test("a free index is the lowest", () => {
    expect(freeIndex(owner("off", [adapter(), adapter({ index: 2 })]), "synthetic")).toBe(1);
  });

  test("networks change also while it runs, addresses only when it is off", () => {
    for (const state of ["off", "running", "paused", "pausedCritical"] as const)
      expect(changeAdapterRefusal(owner(state))).toBeNull();
    for (const state of ["starting", "stopping", "resetting"] as const)
      expect(changeAdapterRefusal(owner(state))).toContain("Wait");
    expect(macRefusal(owner("off"))).toBeNull();
    expect(macRefusal(owner("paused"))).toContain("only while the machine is off");
  });
});

describe("how adapters are told", () => {
  const second = adapter({ index: 1, network: lab, mac, vlan: { kind: "access", id: 10 } });
  const vm = { ...owner("running", [second, adapter({ type: "legacy" }), adapter()]), id: "web01" as VmGuid };
  const plugged = network("Lab", { ports: [port(1), port(4, { holder: machine("web01"), mac })] });

  test("synthetic before legacy, by index", () => {
    expect(adapterRows(vm).map(adapterTitle)).toEqual([
      "Network Adapter",
      "Network Adapter 2",
      "Legacy Network Adapter",
    ]);
    expect(adaptersInShort(vm, [plugged])).toBe("not connected, Lab (VLAN 10), legacy: not connected");
    expect(adaptersInShort(vm, null)).toContain("plugged in (VLAN 10)");
    expect(adaptersInShort(owner("off"), [])).toBe("none");
  });

  test("its port is the machine's with its address", () => {
    expect(portOf(vm, second, [plugged])?.id).toBe(4);
    expect(portOf(vm, { ...second, mac: null }, [plugged])).toBeNull();
    expect(portOf({ id: "web02" as VmGuid }, second, [plugged])).toBeNull();
    expect(portOf(vm, adapter({ mac }), [plugged])).toBeNull();
  });

  test("its link in words", () => {
    const own = portOf(vm, second, [plugged]);
    expect(linkWords(vm, adapter(), null)).toBe("not plugged in");
    expect(linkWords(owner("off"), second, null)).toBe("the machine is off");
    expect(linkWords(vm, second, own)).toBe("link up");
    expect(linkWords(vm, second, own && { ...own, linkUp: false })).toBe("link down");
    expect(linkWords(vm, second, null)).toBe("no driver has opened it");
    expect(linkWords(vm, { ...second, type: "legacy" }, null)).toBe("no link");
  });
});

describe("the draft of an adapter", () => {
  const draft = adapterDraft(adapter());
  const problem = (change: Partial<AdapterDraft>, field: AdapterField) =>
    adapterProblems({ ...draft, ...change }).get(field) ?? null;

  test.each([
    newAdapter("synthetic", 0, lab),
    newAdapter("legacy", 2, null),
    adapter({ mac, staticMac: true, spoofing: true, mirroring: "destination", vmqWeight: 0 }),
    adapter({ mac, network: lab, vlan: { kind: "access", id: 4094 } }),
    adapter({ vlan: { kind: "trunk", native: 7, allowed: [10, 11, 12, 40] } }),
    adapter({ vlan: { kind: "trunk", native: 0, allowed: [1] } }),
  ])("gives back what it was made of: %j", (one) => {
    expect(adapterProblems(adapterDraft(one)).size).toBe(0);
    expect(wantedAdapter(adapterDraft(one), one)).toEqual(one);
  });

  test("says what is wrong at its field, of what is shown", () => {
    expect(problem({ staticMac: true, mac: "01-00-00-00-00-00" }, "mac")).toContain("group");
    expect(problem({ mac: "nonsense" }, "mac")).toBeNull();
    expect(problem({ mode: "access", vlan: "0" }, "vlan")).toContain("1 to 4094");
    expect(problem({ mode: "untagged", vlan: "x" }, "vlan")).toBeNull();
    expect(problem({ mode: "trunk", allowed: "" }, "allowed")).toContain("Say which");
    expect(problem({ mode: "trunk", allowed: "5", native: "5000" }, "native")).toContain("1 to 4094");
    for (const native of ["", "0", "7"])
      expect(problem({ mode: "trunk", allowed: "5", native }, "native")).toBeNull();
    for (const weight of ["", "0", "101", "-1", "1.5", "many"]) {
      expect(problem({ weight }, "weight")).toContain("1 to 100");
      expect(problem({ weight, vmq: false }, "weight")).toBeNull();
    }
  });

  test("no queue is weight 0; what was typed waits behind it", () => {
    const off = wantedAdapter({ ...draft, vmq: false, weight: "40" }, adapter());
    expect(off.vmqWeight).toBe(0);
    expect(adapterDraft(off)).toMatchObject({ vmq: false, weight: "100" });
    expect(wantedAdapter({ ...draft, weight: "40" }, adapter()).vmqWeight).toBe(40);
  });

  test("an address that another adapter of the network has is refused at its field", () => {
    const other = { id: "b" as VmGuid, name: "web02", adapters: [adapter({ mac, network: lab })] };
    const own = { id: "a" as VmGuid, name: "web01", adapters: [adapter({ mac, network: lab })] };
    const self = { vm: own.id, adapter: adapter() };
    const net = network("Lab", { ports: [port(1, { mac: "00-15-5D-00-00-01" })] });
    const holder = (address: string, vms = [own, other], on: typeof net | null = net) =>
      addressHolder(address, on, { vms, self });
    expect(holder(mac)).toBe("Network Adapter of web02");
    expect(holder(mac, [own])).toBeNull();
    expect(holder(mac, [own, other], network("Far"))).toBeNull();
    expect(holder(mac, [own, other], null)).toBeNull();
    expect(holder("00-15-5D-00-00-01")).toBe("The management OS");
    const typed = { ...draft, staticMac: true, mac: mac.toLowerCase() };
    expect(adapterProblems(typed, holder).get("mac")).toContain("Network Adapter of web02 has this address");
    expect(adapterProblems({ ...typed, staticMac: false }, holder).size).toBe(0);
  });
});

describe("a queue in words", () => {
  const one = adapter({ vmqWeight: 60 });
  const at = (queue: boolean) => port(3, { holder: machine("web01"), queue });
  const words = (
    queue: boolean,
    change: Parameters<typeof adapter>[0] = {},
    net: Parameters<typeof network>[1] = {},
  ) => queueWords({ ...one, ...change }, at(queue), network("Lab", net));

  test("are of what the port has now, and why it has not", () => {
    expect(queueWords(one, null, network("Lab"))).toContain("only while its machine runs");
    expect(words(true, { vmqWeight: 0 })).toContain("Off");
    expect(words(true)).toContain("has a queue now: frames");
    expect(words(false)).toBe("It has no queue now: all its frames go through the switch.");
    const taken = { ports: [at(false), port(4, { queue: true }), port(5, { queue: true })] };
    expect(words(false, {}, taken)).toContain("2 other adapters have one: a switch has a limited number");
  });

  test.each([
    ["trunk", { vlan: { kind: "trunk", native: 0, allowed: [1] } }, {}],
    ["mirroring", { mirroring: "source" }, {}],
    ["captured", {}, { capture: { port: null, since: 0 } }],
    ["captured", {}, { capture: { port: 3, since: 0 } }],
  ] as const)("tell of what keeps frames at the switch: %s", (reason, change, net) => {
    expect(words(false, change, net)).toMatch(new RegExp(`no queue now.*${reason}`));
    expect(words(true, change, net)).toMatch(new RegExp(`has a queue now, but.*${reason}`));
  });

  test("do not mind a capture of another port", () => {
    expect(words(true, {}, { capture: { port: 4, since: 0 } })).not.toContain("captured");
  });

  test("an address the host gave stays, one that a person chose goes with the choice", () => {
    const given = adapter({ mac });
    const chosen = adapter({ mac, staticMac: true });
    expect(wantedAdapter(adapterDraft(given), given).mac).toBe(mac);
    const dynamic = wantedAdapter({ ...adapterDraft(chosen), staticMac: false }, chosen);
    expect([dynamic.mac, dynamic.staticMac]).toEqual([null, false]);
    const typed = wantedAdapter({ ...adapterDraft(given), staticMac: true, mac: "0015.5d00.0001" }, given);
    expect([typed.mac, typed.staticMac]).toEqual(["00-15-5D-00-00-01", true]);
  });
});

import { describe, expect, test } from "vitest";
import {
  type DraftField,
  draftOf,
  draftProblems,
  type NetworkDraft,
  newNetworkDraft,
  overlapNote,
  wantedNetwork,
  withAddress,
} from "../../../src/ui/network-draft.ts";
import { network } from "./networks.ts";

const page = { isSecure: true };
const fresh = newNetworkDraft([]);
const problem = (change: Partial<NetworkDraft>, field: DraftField, others = [network("Lab")]) =>
  draftProblems({ ...fresh, ...change }, others, page).get(field) ?? null;

describe("a new network", () => {
  test("is right as it is proposed, and internal", () => {
    expect(draftProblems(fresh, [], page).size).toBe(0);
    expect(wantedNetwork(fresh)).toEqual({
      name: "New Virtual Network",
      notes: "",
      kind: "internal",
      uplink: null,
      management: {
        address: { address: "10.0.1.1", prefix: 24 },
        vlan: 0,
        services: {
          dhcp: { from: "10.0.1.100", to: "10.0.1.199", leaseSeconds: 86_400 },
          domain: "tabvisor",
          http: true,
          ntp: true,
        },
      },
    });
  });

  test("takes a name and addresses that are free", () => {
    const first = network("new virtual network", { management: wantedNetwork(fresh).management });
    const second = newNetworkDraft([first]);
    expect([second.name, second.address]).toEqual(["New Virtual Network 2", "10.0.2.1"]);
  });
});

describe("what a network is comes back from its draft", () => {
  const full = { ...wantedNetwork({ ...fresh, tagged: true, vlan: "12", lease: "1.5" }), name: "Full" };
  const { management } = full;
  test.each([
    network("Alone", { notes: "quiet" }),
    network("Full", full),
    network("Bare", {
      kind: "internal",
      management: management && {
        ...management,
        vlan: 0,
        services: { dhcp: null, domain: "", http: false, ntp: false },
      },
    }),
    network("Tabs", { kind: "external", uplink: { kind: "tabLan", segment: "LAN 2" } }),
    network("Relay", {
      kind: "external",
      uplink: { kind: "relay", address: "wss://relay.example/" },
      management,
    }),
    network("Wisp", { kind: "external", uplink: { kind: "wisp", address: "wss://wisp.example/" } }),
    network("Web", { kind: "external", uplink: { kind: "webGateway" } }),
  ])("$name", (one) => {
    const draft = draftOf(one, []);
    expect(draftProblems(draft, [], page).size).toBe(0);
    const { capture: _capture, direct: _direct, ...kept } = one;
    const { id: _, uplinkState: _state, ports: _ports, ...configuration } = kept;
    expect(wantedNetwork(draft)).toEqual(configuration);
  });
});

describe("what is wrong is said at its field", () => {
  test.each<[string, Partial<NetworkDraft>, DraftField, string]>([
    ["no name", { name: "  " }, "name", "Give it a name"],
    ["a name that is taken", { name: "lab" }, "name", "Lab exists already"],
    ["a very long name", { name: "x".repeat(101) }, "name", "this has 101"],
    ["control characters", { name: "a\u0007b" }, "name", "control characters"],
    ["endless notes", { notes: "x".repeat(4001) }, "notes", "at most 4000"],
    ["the network itself", { address: "10.0.1.0" }, "address", "the network itself"],
    ["a wide network", { prefix: "7" }, "prefix", "8 to 30"],
    ["no bits", { prefix: "" }, "prefix", "8 to 30"],
    ["VLAN 4095", { tagged: true, vlan: "4095" }, "vlan", "1 to 4094"],
    ["a pool elsewhere", { from: "10.0.9.9" }, "from", "outside the network 10.0.1.1/24"],
    ["a pool of the broadcast", { to: "10.0.1.255" }, "to", "broadcast"],
    ["a pool backwards", { from: "10.0.1.50", to: "10.0.1.40" }, "to", "before it begins"],
    ["a pool of itself", { from: "10.0.1.1", to: "10.0.1.1" }, "to", "never given away"],
    [
      "a huge pool",
      { address: "10.1.0.1", prefix: "8", from: "10.1.0.2", to: "10.2.0.2" },
      "to",
      "more than 4096",
    ],
    ["a short lease", { lease: "0.5" }, "lease", "1 minute"],
    ["a lease of words", { lease: "long" }, "lease", "1 minute"],
    ["a domain with a space", { domain: "my lab" }, "domain", "letters, digits"],
    ["a domain with a hyphen at its end", { domain: "lab-" }, "domain", "letters, digits"],
    ["no segment", { kind: "external", uplink: "tabLan", segment: " " }, "segment", "Name the segment"],
    ["no relay", { kind: "external", uplink: "relay" }, "relay", "missing"],
    [
      "a Wisp server without a slash",
      { kind: "external", uplink: "wisp", wisp: "wss://w.example/x" },
      "wisp",
      "/",
    ],
  ])("%s", (_what, change, field, words) => expect(problem(change, field)).toContain(words));

  test("what is hidden is never wrong", () => {
    const bad = { address: "x", prefix: "x", from: "x", to: "x", lease: "x", domain: "! !", vlan: "x" };
    expect(draftProblems({ ...fresh, ...bad, kind: "private" }, [], page).size).toBe(0);
    expect(draftProblems({ ...fresh, ...bad, kind: "external" }, [], page).size).toBe(0);
    expect(problem({ dhcp: false, from: "x", to: "x", lease: "x" }, "from")).toBeNull();
    expect(problem({ tagged: false, vlan: "x" }, "vlan")).toBeNull();
    expect(problem({ domain: "" }, "domain")).toBeNull();
  });
});

describe("the range follows the address", () => {
  test("while nobody has touched it", () => {
    const moved = withAddress(fresh, { address: "192.168.7.1" });
    expect([moved.from, moved.to]).toEqual(["192.168.7.100", "192.168.7.199"]);
    const through = withAddress(withAddress(fresh, { address: "192.168." }), { address: "192.168.7.1" });
    expect([through.from, through.to]).toEqual(["192.168.7.100", "192.168.7.199"]);
    expect(withAddress(fresh, { prefix: "28" }).from).toBe("10.0.1.8");
  });

  test("and stays once it was typed", () => {
    const typed = { ...fresh, from: "10.0.1.50" };
    expect(withAddress(typed, { address: "192.168.7.1" }).from).toBe("10.0.1.50");
    const half = { ...withAddress(fresh, { address: "192." }), from: "192.168.7.9" };
    expect(withAddress(half, { address: "192.168.7.1" }).from).toBe("192.168.7.9");
  });
});

test("an uplink serves one external network", () => {
  const uplinks = [{ kind: "tabLan", segment: "LAN 1" }, { kind: "webGateway" }] as const;
  const others = uplinks.map((uplink) => network(`over ${uplink.kind}`, { kind: "external", uplink }));
  const taken = (change: Partial<NetworkDraft>) => problem({ kind: "external", ...change }, "uplink", others);
  expect(taken({ uplink: "tabLan", segment: " LAN 1 " })).toContain("over tabLan leads there already");
  expect(taken({ uplink: "webGateway" })).toContain("over webGateway");
  expect(taken({ uplink: "tabLan", segment: "LAN 2" })).toBeNull();
  expect(taken({ uplink: "wisp", wisp: "wss://wisp.example/" })).toBeNull();
  expect(taken({ kind: "internal" })).toBeNull();
});

test("networks with the same addresses are worth a word, not refused", () => {
  const other = network("Lab", { management: wantedNetwork(fresh).management });
  expect(overlapNote(fresh, [other])).toContain("Lab has the same addresses");
  expect(problem({}, "address", [other])).toBeNull();
  expect(overlapNote({ ...fresh, kind: "private" }, [other])).toBeNull();
});

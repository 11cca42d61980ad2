import { describe, expect, test } from "vitest";
import {
  networkName,
  pluggedMachines,
  portLabel,
  portTitle,
  removalSentence,
  serviceWords,
  spanWords,
  uplinkTitle,
} from "../../../src/ui/network-words.ts";
import { echoWords, pingSentence } from "../../../src/ui/ping-words.ts";
import { rowTarget } from "../../../src/ui/row-target.ts";
import { adapter, machine, network, networkId, port } from "./networks.ts";

describe("who is on a network", () => {
  const lab = network("Lab", { ports: [port(1), port(2, { holder: machine("web01") })] });

  test("machines that run and machines that are off, each once", () => {
    const vms = [
      { name: "web01", adapters: [adapter({ network: networkId("Lab") })] },
      { name: "web02", adapters: [adapter({ network: networkId("Lab") }), adapter({ index: 1 })] },
      { name: "other", adapters: [adapter({ network: networkId("Elsewhere") })] },
    ];
    expect(pluggedMachines(lab, vms)).toEqual(["web01", "web02"]);
    expect(pluggedMachines(lab, [])).toEqual(["web01"]);
  });

  test("is said before it is removed", () => {
    expect(removalSentence([])).toBe("No machine is plugged into it.");
    expect(removalSentence(["web01"])).toContain("web01 is unplugged");
    expect(removalSentence(["web01", "web02"])).toContain("web01 and web02 are unplugged");
  });
});

test("ports, networks and uplinks by name", () => {
  const uplink = port(3, { holder: { kind: "uplink", name: "LAN 1" } });
  expect([port(1), port(2, { holder: machine("web01") }), uplink].map(portTitle)).toEqual([
    "Management OS",
    "web01",
    "LAN 1",
  ]);
  expect(portLabel(port(2, { holder: machine("web01") }))).toBe("web01, Network Adapter");
  expect(networkName([], null)).toBe("Not connected");
  expect(networkName([], networkId("Lab"))).toBe("A network that is gone");
  expect(networkName([network("Lab")], networkId("Lab"))).toBe("Lab");
  expect(uplinkTitle({ kind: "tabLan", segment: "LAN 1" })).toBe('LAN between tabs "LAN 1"');
  expect(uplinkTitle({ kind: "wisp", address: "wss://w.example/" })).toBe("Wisp server wss://w.example/");
});

test("what the management OS does", () => {
  const address = { address: "10.0.1.1", prefix: 24 };
  const dhcp = { from: "10.0.1.100", to: "10.0.1.199", leaseSeconds: 60 };
  const on = { dhcp, domain: "lab", http: true, ntp: true };
  expect(serviceWords({ address, vlan: 0, services: on })).toEqual([
    "DHCP 10.0.1.100 to 10.0.1.199",
    "DNS for .lab",
    "HTTP",
    "NTP",
  ]);
  const off = { dhcp: null, domain: "", http: false, ntp: false };
  expect(serviceWords({ address, vlan: 0, services: off })).toEqual([]);
});

test("spans", () => {
  expect([0, 59.9, 60, 3600, 4800, 86_400, 100_000, -1, Number.NaN].map(spanWords)).toEqual([
    "0 s",
    "59 s",
    "1 min",
    "1 h",
    "1 h 20 min",
    "1 d",
    "1 d 3 h",
    "–",
    "–",
  ]);
});

describe("a ping", () => {
  test("each echo has its time", () => {
    expect([null, 0, 640, 1451, 12_345, 123_456].map(echoWords)).toEqual([
      "no answer",
      "0 µs",
      "640 µs",
      "1.45 ms",
      "12.3 ms",
      "123 ms",
    ]);
  });

  test("is summed up", () => {
    expect(pingSentence([1000, 3000])).toBe(
      "All of 2 echoes answered: 1.00 ms at least, 2.00 ms on average, 3.00 ms at most.",
    );
    expect(pingSentence([null, 500])).toContain("1 of 2 echoes answered");
    expect(pingSentence([null, null])).toBe("None of 2 echoes was answered.");
  });
});

test("keys lead through a list and stop at its ends", () => {
  const keys = ["ArrowDown", "ArrowUp", "Home", "End", "x"];
  expect(keys.map((key) => rowTarget(key, 1, 3))).toEqual([2, 0, 0, 2, null]);
  expect(rowTarget("ArrowDown", 2, 3)).toBe(2);
  expect(rowTarget("ArrowUp", 0, 3)).toBe(0);
});

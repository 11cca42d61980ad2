import { signal } from "@preact/signals";
import { describe, expect, test } from "vitest";
import type { NetworkSummary } from "../../../src/hvdef/index.ts";
import type { NetworkHost } from "../../../src/ui/host.ts";
import { isLinked, openNetworkDesk } from "../../../src/ui/network-desk.ts";
import { newNetworkDraft } from "../../../src/ui/network-draft.ts";
import { network, networkId, quietNetworks } from "./networks.ts";

function open(list: readonly NetworkSummary[], more: Partial<NetworkHost> = {}) {
  const networks = signal({ at: 0, networks: list });
  return { desk: openNetworkDesk(quietNetworks([], { networks, ...more })), networks };
}

const three = [network("c"), network("A"), network("b")];

describe("the list", () => {
  test("is in the order of names, with the first one selected", () => {
    const { desk } = open(three);
    expect(desk.networks.value.map(({ name }) => name)).toEqual(["A", "b", "c"]);
    expect(desk.selected.value?.name).toBe("A");
    desk.select(networkId("c"));
    expect(desk.selected.value?.name).toBe("c");
  });

  test("a new network is selected, a removed one gives way to its neighbour", async () => {
    const { desk, networks } = open(three, { create: () => Promise.resolve(networkId("d")) });
    expect(await desk.save(newNetworkDraft([]), null)).toEqual({ kind: "done" });
    networks.value = { at: 1, networks: [...three, network("d")] };
    expect(desk.selected.value?.name).toBe("d");
    desk.select(networkId("b"));
    await desk.remove(networkId("b"));
    networks.value = { at: 2, networks: three.filter(({ name }) => name !== "b") };
    expect(desk.selected.value?.name).toBe("c");
  });

  test("a refusal is an answer, not an exception", async () => {
    const refuse = () => Promise.reject(new Error("it is in use"));
    const { desk } = open(three, { create: refuse, change: refuse, remove: refuse });
    const refused = { kind: "refused", reason: "It is in use." };
    expect(await desk.save(newNetworkDraft([]), null)).toEqual(refused);
    expect(await desk.save(newNetworkDraft([]), networkId("A"))).toEqual(refused);
    expect(await desk.remove(networkId("A"))).toEqual(refused);
  });
});

describe("an uplink", () => {
  const uplink = { kind: "tabLan", segment: "LAN 1" } as const;
  const state = (kind: NetworkSummary["uplinkState"]["kind"]) =>
    network("Tabs", { kind: "external", uplink, uplinkState: { kind, text: "" } });

  test("is connected when it is not, and disconnected when it is or tries to be", async () => {
    expect((["none", "closed", "connecting", "up", "lost"] as const).map(state).map(isLinked)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    const asked: string[] = [];
    const { desk } = open([], {
      connectUplink: async () => void asked.push("connect"),
      disconnectUplink: async () => void asked.push("disconnect"),
    });
    for (const kind of ["closed", "up"] as const) {
      desk.toggleUplink(state(kind));
      expect(desk.linking.value).toBe("Tabs");
      await new Promise((done) => setTimeout(done));
    }
    desk.toggleUplink(network("Private"));
    expect([asked, desk.linking.value]).toEqual([["connect", "disconnect"], null]);
  });

  test("that cannot be connected says why, at its network", async () => {
    const { desk } = open([], { connectUplink: () => Promise.reject(new Error("it answered 403")) });
    desk.toggleUplink(state("closed"));
    await new Promise((done) => setTimeout(done));
    expect(desk.problem.value).toEqual({ id: "Tabs", text: "It answered 403." });
    desk.dismissProblem();
    expect(desk.problem.value).toBeNull();
  });
});

test("each network keeps its capture while others are looked at", async () => {
  const { desk } = open(three);
  const capture = desk.captureOf(networkId("A"));
  expect(desk.captureOf(networkId("A"))).toBe(capture);
  expect(desk.captureOf(networkId("b"))).not.toBe(capture);
  await desk.remove(networkId("A"));
  expect(desk.captureOf(networkId("A"))).not.toBe(capture);
});

test("a lost uplink is called again, not hung up, and one thing at a time", async () => {
  const asked: string[] = [];
  let finish = (): void => {};
  const { desk } = open([], {
    connectUplink: () =>
      new Promise((resolve) => {
        asked.push("connect");
        finish = resolve;
      }),
    disconnectUplink: async () => void asked.push("disconnect"),
  });
  const lost = network("Club", {
    uplink: { kind: "webGateway" },
    uplinkState: { kind: "lost", text: "The relay hung up." },
  });
  desk.connectAgain(lost);
  desk.connectAgain(lost);
  expect([asked, desk.linking.value]).toEqual([["connect"], lost.id]);
  finish();
  await Promise.resolve();
  await Promise.resolve();
  expect(desk.linking.value).toBeNull();
  desk.connectAgain(network("Private"));
  expect(asked).toEqual(["connect"]);
});

test("a capture that runs is known at once, and what becomes of it as soon as the host says so", () => {
  const running = network("A", { capture: { port: 7, since: 1 } });
  const { desk, networks } = open([running, network("b")]);
  const capture = desk.captureOf(networkId("A"));
  expect([capture.state.value, capture.port.value]).toEqual(["running", 7]);
  const other = desk.captureOf(networkId("b"));
  expect(other.state.value).toBe("idle");
  networks.value = { at: 1, networks: [network("A"), network("b", { capture: { port: null, since: 2 } })] };
  expect([capture.state.value, other.state.value]).toEqual(["stopped", "running"]);
});

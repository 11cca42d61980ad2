import { describe, expect, test } from "vitest";
import {
  type FreezeProgress,
  type IntegrationStatus,
  integrationServices,
  type VmState,
} from "../../../src/hvdef/index.ts";
import {
  deliveryWords,
  freezeRefusal,
  guestFacts,
  integrationInShort,
  serviceWord,
  shownValue,
} from "../../../src/ui/integration-words.ts";

function machine(status: IntegrationStatus, more: { disabled?: number; freeze?: FreezeProgress } = {}) {
  const state: VmState = status === "off" ? "off" : "running";
  const disabled = more.disabled ?? 0;
  return {
    state,
    freeze: more.freeze ?? ("thawed" as const),
    integration: integrationServices.map((service, place) => {
      const enabled = place >= disabled;
      return { service, enabled, status: enabled ? status : ("off" as const), version: null };
    }),
  };
}

describe("a service", () => {
  test("is said to do as Hyper-V words it", () => {
    const word = (status: IntegrationStatus, enabled = true) => serviceWord({ enabled, status });
    expect(word("ok")).toBe("OK");
    expect(word("noContact")).toBe("No Contact");
    expect(word("lostCommunication")).toBe("Lost Communication");
    expect(word("off", false)).toBe("Disabled");
  });
  test("all of them in short", () => {
    expect(integrationInShort(machine("off"))).toBe("all enabled");
    expect(integrationInShort(machine("ok"))).toBe("heartbeat: OK");
    expect(integrationInShort(machine("lostCommunication", { disabled: 2, freeze: "frozen" }))).toBe(
      "heartbeat: Lost Communication, 2 disabled, file systems frozen",
    );
  });
});

test("a guest can be frozen when it runs and has the service for it", () => {
  expect(freezeRefusal(machine("ok"))).toBeNull();
  expect(freezeRefusal(machine("ok", { freeze: "frozen" }))).toBeNull();
  expect(freezeRefusal(machine("off"))).toContain("running");
  expect(freezeRefusal(machine("ok", { disabled: 5 }))).toContain("Enable");
  expect(freezeRefusal(machine("noContact"))).toContain("not loaded");
  expect(freezeRefusal(machine("ok", { freeze: "thawing" }))).toContain("Wait");
});

describe("what a guest says of itself", () => {
  test("stands in our order under names for people, what is empty not at all", () => {
    expect(
      guestFacts([
        { key: "OSBuildNumber", value: "6.1.0" },
        { key: "Odd", value: "1" },
        { key: "FullyQualifiedDomainName", value: "web01" },
        { key: "OSName", value: "" },
        { key: "NetworkAddressIPv4", value: "10.0.0.5;10.0.0.6" },
      ]),
    ).toEqual([
      ["Name", "web01"],
      ["Kernel", "6.1.0"],
      ["IPv4 addresses", "10.0.0.5, 10.0.0.6"],
      ["Odd", "1"],
    ]);
  });
  test("is cut when it never ends", () => {
    expect(shownValue("x".repeat(2000)).length).toBe(401);
  });
});

test("items say how far they have come", () => {
  const pairs = { intrinsic: [], guest: [], host: [{ key: "a", value: "b" }], delivered: false };
  expect(deliveryWords({ state: "off" }, pairs)).toContain("when it has started");
  expect(deliveryWords({ state: "running" }, pairs)).toBe("Not yet with the guest.");
  expect(deliveryWords({ state: "running" }, { ...pairs, delivered: true })).toContain("has them");
  expect(deliveryWords({ state: "off" }, { ...pairs, host: [] })).toContain("Nothing yet");
});

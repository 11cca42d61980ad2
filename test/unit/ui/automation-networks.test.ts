import { signal } from "@preact/signals";
import { expect, test, vi } from "vitest";
import type { VmGuid } from "../../../src/hvdef/index.ts";
import { automationNetworks } from "../../../src/ui/automation-networks.ts";
import type { NetworkHost } from "../../../src/ui/host.ts";
import { adapter, network, networkId, quietNetworks } from "./networks.ts";

type Sample = NetworkHost["networks"]["value"];

/** A host whose samples and troubles come when a test says so. */
function sampledHost(known: Sample, oldTrouble: string | null = null) {
  const networks = signal(known);
  const trouble = signal(oldTrouble);
  let watchers = 0;
  const host = quietNetworks([], {
    networks,
    trouble,
    watch() {
      watchers++;
      return () => {
        watchers--;
      };
    },
  });
  return { host, networks, trouble, watchers: () => watchers };
}

const nobody = (): never => {
  throw new Error("There is no such machine.");
};

test("a list waits for a sample taken after it was asked for, and stops watching", async () => {
  const { host, networks, watchers } = sampledHost({ at: 1, networks: [network("old")] });
  const listed = automationNetworks(host, nobody).list();
  expect(watchers()).toBe(1);
  networks.value = { at: 2, networks: [network("new")] };
  expect((await listed).map(({ name }) => name)).toEqual(["new"]);
  expect(watchers()).toBe(0);
});

test("a trouble of earlier does not spoil a list; one that comes does", async () => {
  const { host, networks, trouble, watchers } = sampledHost(null, "an old trouble");
  const calls = automationNetworks(host, nobody);
  const listed = calls.list();
  networks.value = { at: 1, networks: [] };
  expect(await listed).toEqual([]);
  const refused = calls.list();
  trouble.value = "The networks cannot be read.";
  await expect(refused).rejects.toThrow("The networks cannot be read.");
  expect(watchers()).toBe(0);
});

test("machines are called by name, networks by their id", async () => {
  const changeAdapter = vi.fn(() => Promise.resolve());
  const remove = vi.fn(() => Promise.resolve());
  const own = adapter({ network: networkId("lan") });
  const calls = automationNetworks(quietNetworks([], { changeAdapter, remove }), (name) => {
    if (name !== "debian") return nobody();
    return { id: "some-guid" as VmGuid, adapters: [own] };
  });
  expect(calls.adapters("debian")).toEqual([own]);
  await calls.changeAdapter("debian", own);
  expect(changeAdapter).toHaveBeenCalledWith("some-guid", own);
  await expect(calls.changeAdapter("other", own)).rejects.toThrow("no such machine");
  await calls.remove(networkId("lan"));
  expect(remove).toHaveBeenCalledWith("lan");
  expect("watch" in calls).toBe(false);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NetworkConfiguration } from "../../src/hvdef/index.ts";
import { parseAdapters } from "../../src/vmms/adapters/rules.ts";
import { checkNetwork, parseNetworks } from "../../src/vmms/networks/rules.ts";
import { openMemoryHost, web01 } from "../lab/memory-host.ts";
import { labStore } from "../lab/memory-store.ts";

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(-0, 2 ** 53, 1e300, 0.5, "__proto__", "constructor", null),
);
/** Often what it should be. */
const often = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 19, arbitrary }, odd);

const vlan = fc.oneof(
  fc.constant({ kind: "untagged" }),
  fc.record({ kind: fc.constant("access"), id: often(fc.integer({ min: 0, max: 4095 })) }),
  fc.record({
    kind: fc.constant("trunk"),
    native: often(fc.integer({ min: -1, max: 4095 })),
    allowed: often(fc.array(often(fc.integer({ min: 1, max: 4095 })), { maxLength: 4 })),
  }),
);
const adapter = fc.record({
  type: often(fc.constantFrom("synthetic", "legacy")),
  index: often(fc.nat(7)),
  mac: often(fc.constantFrom(null, "00-15-5D-01-0A-03", "00155d010a03", "01-00-00-00-00-00")),
  staticMac: often(fc.boolean()),
  network: often(fc.constantFrom(null, "a")),
  vlan: often(vlan),
  spoofing: often(fc.boolean()),
  mirroring: often(fc.constantFrom("none", "source", "destination")),
  vmqWeight: often(fc.nat(100)),
});
const keptAdapters = fc.record({
  format: often(fc.constant(1)),
  adapters: often(fc.array(often(adapter), { maxLength: 3 })),
});

const address = often(fc.constantFrom("10.0.0.1", "10.0.0.9", "10.0.0.0", "x"));
const management = fc.record({
  address: often(fc.record({ address, prefix: often(fc.integer({ min: 7, max: 31 })) })),
  vlan: often(fc.integer({ min: 0, max: 4095 })),
  services: often(
    fc.record({
      dhcp: often(
        fc.option(fc.record({ from: address, to: address, leaseSeconds: often(fc.constant(600)) })),
      ),
      domain: often(fc.constant("lab")),
      http: often(fc.boolean()),
      ntp: often(fc.boolean()),
    }),
  ),
});
const uplink = fc.record({
  kind: often(fc.constantFrom("tabLan", "relay", "wisp", "webGateway")),
  segment: often(fc.constantFrom("LAN 1", "LAN 2")),
  address: often(fc.constantFrom("wss://a.example/", "no")),
});
const network = fc.oneof(
  fc.record({ kind: fc.constant("private"), uplink: fc.constant(null), management: fc.constant(null) }),
  fc.record({ kind: fc.constant("internal"), uplink: fc.constant(null), management: often(management) }),
  fc.record({ kind: fc.constant("external"), uplink: often(uplink), management: fc.option(management) }),
  fc.record({ kind: odd, uplink: odd, management: odd }),
);
const named = fc
  .tuple(network, often(fc.constantFrom("a", "b", "c", " d ")), often(fc.constantFrom("1", "2", "3")), odd)
  .map(([rest, name, id, notes]) => ({ ...rest, name, id, notes: typeof notes === "string" ? notes : "" }));
const keptNetworks = fc.record({
  format: often(fc.constant(1)),
  networks: often(fc.array(often(named), { maxLength: 3 })),
});

/** What is read, or `null` when it is refused with an error. */
function readOf<T>(read: () => T): T | null {
  try {
    return read();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Error);
    expect(thrown).not.toBeInstanceOf(TypeError);
    return null;
  }
}

describe("kept texts of any contents are sound or refused", () => {
  test("adapters", () => {
    let sound = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: keptAdapters }, odd), (value) => {
        const set = readOf(() => parseAdapters(JSON.stringify(value)));
        if (set === null) return;
        if (set.length > 0) sound++;
        const again = JSON.stringify({ format: 1, adapters: set });
        expect(JSON.stringify({ format: 1, adapters: parseAdapters(again) })).toBe(again);
        const places = set.map(({ type, index }) => `${type} ${index}`);
        expect(new Set(places).size).toBe(places.length);
        for (const { mac, staticMac } of set) expect(mac === null && staticMac).toBe(false);
      }),
      { numRuns: 2000 },
    );
    expect(sound).toBeGreaterThan(50);
  });

  test("networks", () => {
    let sound = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: keptNetworks }, odd), (value) => {
        const networks = readOf(() => parseNetworks(JSON.stringify(value)));
        if (networks === null) return;
        if (networks.length > 0) sound++;
        const again = JSON.stringify({ format: 1, networks });
        expect(JSON.stringify({ format: 1, networks: parseNetworks(again) })).toBe(again);
        for (const one of networks) checkNetwork(one, others(networks, one));
        expect(new Set(networks.map(({ id }) => id)).size).toBe(networks.length);
      }),
      { numRuns: 2000 },
    );
    expect(sound).toBeGreaterThan(50);
  });

  test("any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
        readOf(() => parseAdapters(text));
        readOf(() => parseNetworks(text));
      }),
    );
  });

  test("the host opens over them, and opens again", async () => {
    await fc.assert(
      fc.asyncProperty(keptNetworks, keptAdapters, async (networks, adapters) => {
        const kept = labStore();
        const put = (name: string, value: unknown) =>
          kept.put(name, new TextEncoder().encode(JSON.stringify(value)));
        await put("networks.json", networks);
        await put(`${web01}.adapters.json`, adapters);
        const host = await openMemoryHost({ kept });
        const before = structuredClone(await host.session.listNetworks());
        await host.session
          .createNetwork({ name: "New", notes: "", kind: "private", uplink: null, management: null })
          .then((id) => host.session.removeNetwork(id));
        const again = await openMemoryHost({ kept });
        expect((await again.session.listNetworks()).map(({ name }) => name)).toEqual(
          before.map(({ name }) => name),
        );
        expect((await again.summary()).adapters).toEqual((await host.summary()).adapters);
      }),
      { numRuns: 60 },
    );
  });
});

function others(all: readonly NetworkConfiguration[], one: NetworkConfiguration) {
  return all.filter((other) => other !== one);
}

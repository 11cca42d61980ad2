// @ts-check
// Networks of our machines for the benches on them, and which way their frames go.
import { machines } from "./network-pair.mjs";

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("../../src/hvdef/networks.ts").AdapterConfiguration} AdapterConfiguration */
/** @typedef {import("../../src/hvdef/networks.ts").NetworkId} NetworkId */
/** @typedef {{ synthetic: NetworkId, legacy: NetworkId }} BenchNetworks */

/**
 * Gives both machines a synthetic and an emulated adapter, each kind on a private network of its own; afterwards
 * everything is as it was.
 *
 * @template T
 * @param {Page} page
 * @param {(networks: BenchNetworks) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withBenchNetworks(page, use) {
  const before = await page.evaluate(
    (machines) => machines.map((vm) => ({ vm, adapters: tabvisor.networks.adapters(vm) })),
    machines,
  );
  const networks = await page.evaluate(createNetworks);
  /** @param {"synthetic" | "legacy"} type @returns {AdapterConfiguration} */
  const adapter = (type) => ({
    type,
    index: 0,
    mac: null,
    staticMac: false,
    network: networks[type],
    vlan: { kind: "untagged" },
    spoofing: false,
    mirroring: "none",
    vmqWeight: 0,
  });
  try {
    for (const vm of machines) {
      await page.evaluate(setAdapters, { vm, adapters: [adapter("synthetic"), adapter("legacy")] });
    }
    return await use(networks);
  } finally {
    for (const { vm, adapters } of before) await page.evaluate(setAdapters, { vm, adapters });
    for (const id of Object.values(networks)) await page.evaluate((id) => tabvisor.networks.remove(id), id);
  }
}

async function createNetworks() {
  const create = (/** @type {string} */ name) =>
    tabvisor.networks.create({ name, notes: "", kind: "private", uplink: null, management: null });
  return { synthetic: await create("bench synthetic"), legacy: await create("bench legacy") };
}

/** @param {{ vm: string, adapters: readonly AdapterConfiguration[] }} wanted */
async function setAdapters({ vm, adapters }) {
  for (const { type, index } of tabvisor.networks.adapters(vm)) {
    await tabvisor.networks.removeAdapter(vm, type, index);
  }
  for (const adapter of adapters) await tabvisor.networks.addAdapter(vm, adapter);
}

/** Asks for queues, or for none, while the machines run. @param {Page} page @param {number} vmqWeight */
export async function setQueueWeight(page, vmqWeight) {
  for (const vm of machines) {
    await page.evaluate(
      async ({ vm, vmqWeight }) => {
        const adapter = tabvisor.networks.adapters(vm).find(({ type }) => type === "synthetic");
        if (adapter !== undefined) await tabvisor.networks.changeAdapter(vm, { ...adapter, vmqWeight });
      },
      { vm, vmqWeight },
    );
  }
}

/**
 * @typedef {object} Ways what the host says about the ports of a network's machines
 * @property {boolean} queues all of them have a queue
 * @property {boolean} queueless none of them has one
 * @property {number | null} direct frames that came past the switch so far; `null`: this host does not count them
 */

/** @param {Page} page @param {NetworkId} network @returns {Promise<Ways>} */
export async function waysOf(page, network) {
  const ports = await page.evaluate(async (id) => {
    const found = (await tabvisor.networks.list()).find((one) => one.id === id);
    return (found?.ports ?? []).map((port) => ({ ...port }));
  }, network);
  const held = ports.filter(({ holder }) => holder.kind === "machine");
  if (held.length !== machines.length)
    throw new Error(`of the bench's network ${held.length} ports are in use`);
  const direct = held.flatMap(countsOf);
  return {
    queues: held.every(({ queue }) => queue),
    queueless: held.every(({ queue }) => !queue),
    direct: direct.length === 0 ? null : direct.reduce((sum, count) => sum + count, 0),
  };
}

/** Whatever a port counts as direct. @param {object} port @returns {number[]} */
function countsOf(port) {
  return Object.entries(port)
    .filter(([name]) => name.startsWith("direct"))
    .flatMap(([, value]) => (typeof value === "object" && value !== null ? Object.values(value) : [value]))
    .filter((value) => typeof value === "number");
}

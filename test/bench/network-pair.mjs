// @ts-check
// Two guests on one network: two machines of ours with every kind of adapter, or two of plain v86 with one kind.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSink } from "./network-lines.mjs";
import { folder, plainPeer } from "./site.mjs";
import { loadVirtio, virtioArchive } from "./virtio-modules.mjs";

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("./workloads.mjs").Shell} Shell */
/** @typedef {"ours" | "ne2k" | "virtio"} Side the peers by their adapter */
/** @typedef {"synthetic" | "legacy" | "ne2k" | "virtio"} Wire which of a pair's adapters */
/** @typedef {readonly [Shell, Shell]} Pair */

/** Both have the same memory. The second has the synthetic adapter's driver loaded by hand. */
export const machines = /** @type {const} */ (["debian", "debian-legacy"]);
const lineTimeout = 300_000;
const modules = "bench/virtio.cpio.gz";

/** @type {Record<Wire, { driver: string, subnet: string }>} */
const wires = {
  synthetic: { driver: "hv_netvsc", subnet: "10.61.0" },
  legacy: { driver: "ne2k-pci", subnet: "10.62.0" },
  ne2k: { driver: "ne2k-pci", subnet: "10.63.0" },
  virtio: { driver: "virtio_net", subnet: "10.64.0" },
};

/** Addresses of a wire's two ends. @param {Wire} wire */
export const addresses = (wire) =>
  /** @type {const} */ ([`${wires[wire].subnet}.1`, `${wires[wire].subnet}.2`]);

/** An address of the wire's network that nobody has. @param {Wire} wire */
export const nobody = (wire) => `${wires[wire].subnet}.9`;

/** In the guest's shell: the adapter of a wire. @param {Wire} wire */
export const nic = (wire) => `$(nic ${wires[wire].driver})`;

/** @param {Side} side @returns {readonly Wire[]} */
const wiresOf = (side) => (side === "ours" ? ["synthetic", "legacy"] : [side]);

/** Makes what the peers need besides the site. */
export async function preparePeers() {
  writeFileSync(join(folder, modules), await virtioArchive());
}

/**
 * @template T
 * @param {{ page: Page, side: Side }} place
 * @param {(pair: Pair) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withPair({ page, side }, use) {
  await page.evaluate(
    async ({ side, machines, settings }) => {
      const memoryBytes = tabvisor.vms().find(({ name }) => name === machines[0])?.memoryBytes ?? 0;
      const make = (/** @type {string} */ name) =>
        side === "ours"
          ? tabvisorBench.ours(name)
          : tabvisorBench.peer({ ...settings, memoryBytes, network: side });
      globalThis.pair = [make(machines[0]), make(machines[1])];
      await Promise.all(
        pair.map(async (guest) => {
          await guest.prepare();
          await guest.boot();
        }),
      );
    },
    { side, machines, settings: { ...plainPeer(), modules } },
  );
  /** @type {Pair} */
  const shells = [shellOf(page, 0), shellOf(page, 1)];
  try {
    await Promise.all([plug(shells[0], side, 0), plug(shells[1], side, 1)]);
    return await use(shells);
  } finally {
    await page.evaluate(() => Promise.all(pair.map((guest) => guest.end())));
  }
}

/**
 * Gives a guest its addresses and starts the sink for transfers.
 *
 * @param {Shell} shell
 * @param {Side} side
 * @param {0 | 1} at
 */
async function plug(shell, side, at) {
  // Nobody on these wires gives addresses away: who asks for one only disturbs.
  await shell.run("while pidof late >/dev/null; do usleep 300000; done; killall -q udhcpc");
  if (side === "ours" && at === 1) await shell.run("modprobe -a hv_vmbus hv_netvsc");
  if (side === "virtio") await shell.run(loadVirtio);
  await shell.run(
    "nic() { for n in /sys/class/net/*; do case $(readlink $n/device/driver) in */$1) basename $n;; esac; done; }",
  );
  for (const wire of wiresOf(side)) {
    const commands = [
      `until [ -n "${nic(wire)}" ]; do usleep 300000; done; N=${nic(wire)}`,
      `ip addr add ${addresses(wire)[at]}/24 dev $N && ip link set $N up || echo BAD`,
      // The link of an adapter comes up a moment later.
      "until grep -q 1 /sys/class/net/$N/carrier; do usleep 100000; done",
    ];
    if ((await shell.run(commands.join("; "))).includes("BAD")) throw new Error(`${wire}: no address`);
  }
  await startSink(shell);
}

/** @param {Page} page @param {0 | 1} at @returns {Shell} */
function shellOf(page, at) {
  const run = (/** @type {string} */ line, /** @type {number} */ timeoutMs) =>
    page.evaluate(
      ([at, line, timeoutMs]) => pair[at].run(line, timeoutMs),
      /** @type {const} */ ([at, line, timeoutMs]),
    );
  return {
    run: async (line, timeoutMs = lineTimeout) => (await run(line, timeoutMs)).output,
    time: async (line, timeoutMs = lineTimeout) => (await run(line, timeoutMs)).milliseconds / 1000,
  };
}

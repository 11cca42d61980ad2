// @ts-check
import { attachBenchDisk } from "./bench-disk.mjs";
import { plainPeer } from "./site.mjs";
import { processorSeconds } from "./threads.mjs";
import { settle, workloads } from "./workloads.mjs";

/** @typedef {import("./workloads.mjs").Workload} Workload */
/** @typedef {import("./workloads.mjs").Shell} Shell */
/** @typedef {import("@playwright/test").Page} Page */
/** `emulated`: our machine without integration services, whose disk is v86's IDE over the same VHD. @typedef {"ours" | "emulated" | "peer"} Side */
/** @typedef {{ open(query: string): Promise<Page>, profile: string }} Site */
/** @typedef {Shell & { processor: { boot: number, line: number } }} MeteredShell */

const machines = { ours: "debian", emulated: "debian-legacy", peer: "debian" };
const lineTimeout = 180_000;

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/**
 * One machine of a side, from its start to its end; the only one that exists meanwhile.
 *
 * @template T
 * @param {Site} site
 * @param {Page} page
 * @param {Side} side
 * @param {(shell: MeteredShell, bootSeconds: number) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function withGuest(site, page, side, use) {
  const spent = () => processorSeconds(site.profile).all;
  const settings = { ...plainPeer(), modules: null, network: null };
  const machine = machines[side];
  await page.evaluate(
    ({ side, machine, settings }) => {
      const memoryBytes = tabvisor.vms().find(({ name }) => name === machine)?.memoryBytes ?? 0;
      globalThis.guest =
        side !== "peer" ? tabvisorBench.ours(machine) : tabvisorBench.peer({ ...settings, memoryBytes });
      return guest.prepare();
    },
    { side, machine, settings },
  );
  const before = spent();
  const bootMs = await page.evaluate(() => guest.boot());
  /** @param {string} line @param {number} timeoutMs */
  const run = (line, timeoutMs) =>
    page.evaluate(
      ([line, timeoutMs]) => guest.run(line, timeoutMs),
      /** @type {const} */ ([line, timeoutMs]),
    );
  /** @type {MeteredShell} */
  const shell = {
    processor: { boot: spent() - before, line: 0 },
    run: async (line, timeoutMs = lineTimeout) => (await run(line, timeoutMs)).output,
    async time(line, timeoutMs = lineTimeout) {
      const before = spent();
      const { milliseconds } = await run(line, timeoutMs);
      shell.processor.line = spent() - before;
      return milliseconds / 1000;
    },
  };
  try {
    return await use(shell, bootMs / 1000);
  } finally {
    await page.evaluate(() => guest.end());
  }
}

/**
 * @param {Site} site
 * @param {{ wanted: ReadonlySet<string>, runs: number }} options
 * @returns {Promise<Record<string, import("./run.mjs").Figure>>}
 */
export async function comparisons(site, { wanted, runs }) {
  const chosen = workloads.filter(({ name }) => wanted.has(name));
  if (chosen.length === 0) return {};
  const page = await site.open("");
  await warmUp(site, page);
  const disks = chosen.filter(({ onDisk }) => onDisk);
  if (disks.length > 0) await attachBenchDisk(page, ["debian", "debian-legacy"]);

  /** @type {Record<Side, Map<string, number[]>>} */
  const results = { ours: new Map(), emulated: new Map(), peer: new Map() };
  const needsRest = chosen.some(({ name }) => name !== "cold-boot");
  for (let run = 1; run <= runs; run++) {
    for (const side of /** @type {const} */ (["ours", "emulated", "peer"])) {
      const now = side === "emulated" ? disks : chosen;
      if (now.length === 0) continue;
      await withGuest(site, page, side, async (shell, bootSeconds) => {
        if (needsRest) await settle(shell);
        for (const workload of now) {
          const value = await workload.measure(shell, bootSeconds);
          results[side].set(workload.name, [...(results[side].get(workload.name) ?? []), value]);
          report(`run ${run}, ${workload.name}, ${side}`, workload, value, shell);
          if (side !== "ours" || workload.onRamDisk === undefined) continue;
          const other = await workload.onRamDisk(shell);
          report(`run ${run}, ${workload.name}, ours on the RAM disk`, workload, other, shell);
        }
      });
    }
  }
  /** @param {Workload} workload @param {Side} other @param {number} goal */
  const figure = ({ name, unit, better }, other, goal) => {
    const value = median(results.ours.get(name) ?? []);
    const peer = median(results[other].get(name) ?? []);
    return { value, peer, unit, ratio: better === "more" ? value / peer : peer / value, goal };
  };
  return Object.fromEntries([
    ...chosen.map((workload) => [workload.name, figure(workload, "peer", workload.goal)]),
    ...disks.map((workload) => [
      `${workload.name} (peer: our emulated IDE)`,
      figure(workload, "emulated", 1),
    ]),
  ]);
}

/**
 * The browser's processor time tells a slow machine from a busy one.
 *
 * @param {string} what
 * @param {Workload} workload
 * @param {number} value
 * @param {MeteredShell} shell
 */
function report(what, { name, unit }, value, shell) {
  const used = name === "cold-boot" ? shell.processor.boot : shell.processor.line;
  console.log(
    `${what}: ${value.toPrecision(4)} ${unit} (the browser used ${used.toFixed(1)} s of processors)`,
  );
}

/**
 * Starts both once, unmeasured: afterwards the files are in the browser's cache, our disk is in OPFS and the
 * cores are compiled. Also makes sure that both run the same kernel with the same parameters.
 *
 * @param {Site} site
 * @param {Page} page
 */
async function warmUp(site, page) {
  const kernel = "uname -rv; cat /proc/cmdline; grep MemTotal /proc/meminfo";
  const [ours, peer] = [
    await withGuest(site, page, "ours", (shell) => shell.run(kernel)),
    await withGuest(site, page, "peer", (shell) => shell.run(kernel)),
  ];
  const [same, others] = [ours, peer].map((text) => text.split("\n").slice(0, 2).join("\n"));
  if (same !== others) throw new Error(`the guests differ:\n${ours}\n${peer}`);
  console.log(`both: ${same?.replace("\n", "\nboth: ")}`);
}

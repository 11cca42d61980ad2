// @ts-check
// Bounds on processor use that plain v86 has nothing of: the peer is the figure asked for.
import { setTimeout as sleep } from "node:timers/promises";
import { processorSeconds } from "./threads.mjs";

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("./run.mjs").Figure} Figure */
/** @typedef {{ open(query: string): Promise<Page>, profile: string }} Site */
/** @typedef {{ weight?: number, limit?: number, reserve?: number }} Share */

const watchSeconds = 10;
const restSeconds = 15;
const oneProcessor = "?logical-processors=1";
const [first, second] = ["debian", "debian-legacy"];

/** @param {Page} page @param {string} name */
async function boot(page, name) {
  await page.evaluate(async (name) => {
    const guest = tabvisorBench.ours(name);
    await guest.prepare();
    await guest.boot();
    await guest.run("until grep -q /mnt/data /proc/mounts; do usleep 300000; done; sync", 120_000);
  }, name);
}

/** @param {Page} page @param {string} name */
const keepBusy = (page, name) =>
  page.evaluate((name) => tabvisor.console(name).send("while :; do :; done\n"), name);

/** @param {Page} page @param {string} name @param {Share} share */
const setShare = (page, name, share) =>
  page.evaluate(
    async ({ name, share }) => {
      const shares = /** @type {{ setShare(name: string, share: Share): unknown }} */ (
        /** @type {unknown} */ (tabvisor)
      );
      await shares.setShare(name, share);
    },
    { name, share },
  );

/** @param {Page} page */
const takesShares = (page) => page.evaluate(() => "setShare" in tabvisor);

/**
 * Mean use of one processor by each of the machines, as the page shows it, sampled once a second.
 *
 * @param {Page} page
 * @param {readonly string[]} names
 * @returns {Promise<number[]>}
 */
async function usage(page, names) {
  const sums = names.map(() => 0);
  for (let second = 0; second < watchSeconds; second++) {
    await sleep(1000);
    const vms = await page.evaluate(() => tabvisor.vms().map(({ name, processor }) => ({ name, processor })));
    names.forEach((name, at) => {
      sums[at] = (sums[at] ?? 0) + (vms.find((vm) => vm.name === name)?.processor ?? 0);
    });
  }
  return sums.map((sum) => sum / watchSeconds);
}

/**
 * How near a figure is to its target: 1 is exact.
 *
 * @param {{ value: number, peer: number, unit: string }} figure
 * @param {number} goal
 * @returns {Figure}
 */
const nearness = ({ value, peer, unit }, goal) => ({
  value,
  peer,
  unit,
  ratio: 1 - Math.abs(value - peer) / peer,
  goal,
});

/** @param {Site} site @returns {Promise<Record<string, Figure>>} */
async function weights(site) {
  const page = await site.open(oneProcessor);
  if (!(await takesShares(page))) return skipped("share-weights");
  await boot(page, first);
  await boot(page, second);
  await setShare(page, first, { weight: 100 });
  await setShare(page, second, { weight: 200 });
  await keepBusy(page, first);
  await keepBusy(page, second);
  await sleep(4000);
  const [light = 0, heavy = 0] = await usage(page, [first, second]);
  console.log(`share-weights: ${first} ${light.toFixed(3)}, ${second} ${heavy.toFixed(3)} of a processor`);
  return { "share-weights": nearness({ value: heavy / light, peer: 2, unit: "ratio" }, 0.9) };
}

/** @param {Site} site @returns {Promise<Record<string, Figure>>} */
async function limit(site) {
  const page = await site.open(oneProcessor);
  if (!(await takesShares(page))) return skipped("share-limit");
  await boot(page, first);
  await setShare(page, first, { limit: 25 });
  await keepBusy(page, first);
  await sleep(4000);
  const before = processorSeconds(site.profile);
  const [value = 0] = await usage(page, [first]);
  const after = processorSeconds(site.profile);
  report("share-limit", before, after);
  return { "share-limit": nearness({ value, peer: 0.25, unit: "processors" }, 0.8) };
}

/** @param {Site} site @returns {Promise<Record<string, Figure>>} */
async function idle(site) {
  const page = await site.open("");
  await boot(page, first);
  await sleep(restSeconds * 1000);
  const before = processorSeconds(site.profile);
  const started = performance.now();
  const [value = 0] = await usage(page, [first]);
  const after = processorSeconds(site.profile);
  const seconds = (performance.now() - started) / 1000;
  report("idle", before, after);
  const threads = (after.workers - before.workers) / seconds;
  /** @param {number} use @returns {Figure} */
  const below = (use) => ({
    value: use,
    peer: 0.03,
    unit: "processors",
    ratio: 0.03 / Math.max(use, 1e-4),
    goal: 1,
  });
  return { idle: below(value), "idle-threads": below(threads) };
}

/** @param {string} name @param {{ workers: number, all: number }} before @param {{ workers: number, all: number }} after */
function report(name, before, after) {
  const [workers, all] = [after.workers - before.workers, after.all - before.all];
  console.log(
    `${name}: in ${watchSeconds} s all workers' threads used ${workers.toFixed(2)} s, the whole browser ${all.toFixed(2)} s`,
  );
}

/** @param {string} name @returns {Record<string, Figure>} */
function skipped(name) {
  console.log(`${name}: left out, this page takes no processor shares`);
  return {};
}

/** Each opens the page anew, so that no machine of another measurement runs beside. */
export const shareBenches = [
  { names: ["share-weights"], measure: weights },
  { names: ["share-limit"], measure: limit },
  { names: ["idle", "idle-threads"], measure: idle },
];

// @ts-check
// Many warm machines that have nothing to do: what they cost together.
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { processorSeconds, residentBytes } from "./threads.mjs";

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("./run.mjs").Figure} Figure */
/** @typedef {{ open(query: string): Promise<Page>, profile: string }} Site */

/** Those of `page/catalogue.ts`. */
const names = Array.from({ length: 8 }, (_, place) => `idle-${place + 1}`);
const watchSeconds = 30;
/** Until everything that a guest does after its start is done: its daemons, its address, its first look around. */
const restSeconds = 45;
const goals = { processors: 0.1, memory: 200 };
const quiet = 2;

/** @param {Page} page @param {string} name */
const boot = (page, name) =>
  page.evaluate(async (name) => {
    const report = await tabvisor.startReport(name);
    if (report.kind !== "warm") throw new Error(`${name} would not start warm: ${report.reason}`);
    await tabvisor.start(name);
    await tabvisor.console(name).waitFor(/tabvisor:[^\n]*# /, 120_000);
  }, name);

/** @param {number} value @param {number} peer @param {string} unit @returns {Figure} */
const below = (value, peer, unit) => ({ value, peer, unit, ratio: peer / Math.max(value, 1e-4), goal: 1 });

/** @param {Site} site @returns {Promise<Record<string, Figure>>} */
async function idleCrowd(site) {
  const page = await site.open("");
  const empty = residentBytes(site.profile);
  for (const name of names) await boot(page, name);
  await sleep(restSeconds * 1000);
  const load = loadavg()[0] ?? 0;
  const before = processorSeconds(site.profile);
  const started = performance.now();
  await sleep(watchSeconds * 1000);
  const after = processorSeconds(site.profile);
  const seconds = (performance.now() - started) / 1000;
  const [workers, all] = [(after.workers - before.workers) / seconds, (after.all - before.all) / seconds];
  const each = (residentBytes(site.profile) - empty) / names.length / 2 ** 20;
  console.log(
    `idle-8: workers ${(workers * 100).toFixed(1)} % of a processor, the whole browser ${(all * 100).toFixed(1)} %, ${each.toFixed(0)} MB a guest; load before: ${load.toFixed(2)}${load < quiet ? "" : " (disturbed: this machine had other work)"}`,
  );
  return {
    "idle-8": below(workers, goals.processors, "processors"),
    "idle-8-memory": below(each, goals.memory, "MB"),
  };
}

export const crowdBench = { names: ["idle-8", "idle-8-memory"], measure: idleCrowd };

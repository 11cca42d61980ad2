// @ts-check
// npm run bench [-- --only NAME] [--runs N] [--json FILE]
// Our machine against plain v86 on one page of one browser, in turns, and our processor shares against their targets.
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { comparisons } from "./comparisons.mjs";
import { crowdBench } from "./crowd.mjs";
import { networkBench } from "./networks.mjs";
import { shareBenches } from "./shares.mjs";
import { buildSite, openSite } from "./site.mjs";
import { streamBench } from "./stream.mjs";
import { warmBench } from "./warm.mjs";
import { workloads } from "./workloads.mjs";

/**
 * @typedef {object} Figure
 * @property {number} value ours
 * @property {number} peer plain v86, or the target where v86 has nothing of the kind
 * @property {string} unit
 * @property {number} ratio above 1: better than the peer
 * @property {number} goal of the ratio
 */

const alone = [...shareBenches, crowdBench];
const others = [streamBench, warmBench, networkBench, ...alone];
const names = [...workloads.map(({ name }) => name), ...others.flatMap((bench) => bench.names)];
const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    runs: { type: "string", default: "3" },
    json: { type: "string" },
  },
});
const runs = Number(options.runs);
const wanted = new Set(options.only ?? names);
for (const name of wanted) {
  if (!names.includes(name)) throw new Error(`There is no bench ${name}. Known: ${names.join(", ")}.`);
}
if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs takes a whole number from 1 on.");

/** @param {number} value */
const short = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** @param {Record<string, Figure>} figures */
function printTable(figures) {
  const rows = [["name", "ours", "peer", "unit", "ratio", "goal", ""]];
  for (const [name, { value, peer, unit, ratio, goal }] of Object.entries(figures)) {
    const verdict = ratio >= goal ? "met" : "not met";
    rows.push([name, short(value), short(peer), unit, ratio.toFixed(2), `>= ${goal.toFixed(2)}`, verdict]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  console.log();
  for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
}

await buildSite();
const site = await openSite();
/** @type {Record<string, Figure>} */
const figures = {};
try {
  // The first boot from the stream must be the first.
  if (wanted.has("disk-stream")) Object.assign(figures, await streamBench.measure(site));
  if (warmBench.names.some((name) => wanted.has(name))) {
    Object.assign(figures, await warmBench.measure(site, { runs }));
  }
  Object.assign(figures, await comparisons(site, { wanted, runs }));
  if (networkBench.names.some((name) => wanted.has(name))) {
    Object.assign(figures, await networkBench.measure(site, { wanted, runs }));
  }
  for (const bench of alone) {
    if (bench.names.some((name) => wanted.has(name))) Object.assign(figures, await bench.measure(site));
  }
} finally {
  await site.close();
}
printTable(figures);
console.log(`\nLoad of this machine over the last minute: ${loadavg()[0]?.toFixed(2)}`);
if (options.json) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);

// @ts-check
// From Start to a shell that answers, warm: with nothing of it here, and with the state in the browser's storage.

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("./run.mjs").Figure} Figure */
/** @typedef {{ open(query: string): Promise<Page>, profile: string }} Site */

const machine = "debian";
/** Seconds. */
const goals = { first: 3, here: 1 };

/** @param {Page} page @returns {Promise<number>} seconds to an answer */
const startWarm = (page) =>
  page.evaluate(async (name) => {
    const report = await tabvisor.startReport(name);
    if (report.kind !== "warm") throw new Error(`${name} would not start warm: ${report.reason}`);
    const guest = tabvisor.console(name);
    await guest.waitFor(/[\s\S]*/);
    const began = performance.now();
    await tabvisor.start(name);
    guest.send("echo $((40 + 2))-here\n");
    await guest.waitFor(/42-here/, 60_000);
    return (performance.now() - began) / 1000;
  }, machine);

/** @param {Page} page */
async function stop(page) {
  await page.evaluate((name) => tabvisor.stop(name), machine);
  await page.waitForFunction(
    (name) => tabvisor.vms().find((vm) => vm.name === name)?.state === "off",
    machine,
  );
}

/** @param {number} value @param {number} goal @returns {Figure} */
const within = (value, goal) => ({ value, peer: goal, unit: "s", ratio: goal / value, goal: 1 });

/** @param {Site} site @param {{ runs: number }} options @returns {Promise<Record<string, Figure>>} */
async function warmStart(site, { runs }) {
  const page = await site.open("");
  const first = await startWarm(page);
  await stop(page);
  const here = [];
  for (let run = 0; run < Math.max(3, runs); run++) {
    // A page that was opened anew has nothing in its memory.
    const fresh = await site.open("");
    here.push(await startWarm(fresh));
    await stop(fresh);
  }
  here.sort((one, other) => one - other);
  const median = here[here.length >> 1] ?? Number.NaN;
  return { "warm-first": within(first, goals.first), "warm-start": within(median, goals.here) };
}

export const warmBench = { names: ["warm-first", "warm-start"], measure: warmStart };

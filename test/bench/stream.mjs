// @ts-check
// A first boot from a disk of the site that comes as it is read, against a boot from the same disk all here.

/** @typedef {import("./run.mjs").Figure} Figure */
/** @typedef {{ open(query: string): Promise<import("@playwright/test").Page>, profile: string }} Site */

const machine = "debian-disk";
const image = "stock debian system.vhd";

/** @param {import("@playwright/test").Page} page @returns {Promise<number>} seconds from the request to the shell */
async function boot(page) {
  const milliseconds = await page.evaluate(async (name) => {
    const guest = tabvisorBench.ours(name);
    await guest.prepare();
    const took = await guest.boot();
    await guest.end();
    return took;
  }, machine);
  return milliseconds / 1000;
}

/** @param {import("@playwright/test").Page} page @returns {Promise<number>} share of the image that is here */
const fetched = (page) =>
  page.evaluate((name) => tabvisor.disks.list().find((file) => file.name === name)?.fetched ?? 1, image);

export const streamBench = {
  names: ["disk-stream"],
  /** @param {Site} site @returns {Promise<Record<string, Figure>>} */
  async measure(site) {
    let page = await site.open("");
    const streamed = await boot(page);
    const share = await fetched(page);
    console.log(
      `disk-stream: ${streamed.toFixed(1)} s for the first boot, ${(share * 100).toFixed(0)} % of the disk fetched`,
    );
    // Whoever reads all of it has all of it.
    await page.evaluate(async (name) => {
      await tabvisor.disks.run({ kind: "convert", source: name, name: "whole.vhd", type: "dynamic" });
      await tabvisor.disks.remove("whole.vhd");
    }, image);
    page = await site.open("");
    const whole = await boot(page);
    console.log(`disk-stream: ${whole.toFixed(1)} s for a boot with all of it here`);
    return { "disk-stream": { value: streamed, peer: whole, unit: "s", ratio: whole / streamed, goal: 0.8 } };
  },
};

// @ts-check
import { diskMark } from "./workloads.mjs";

/** @typedef {import("@playwright/test").Page} Page */

const name = "bench.vhd";
const places = {
  debian: { controller: "SCSI", number: 0, location: 5 },
  "debian-legacy": { controller: "IDE", number: 0, location: 1 },
};

/**
 * Makes a VHD full of noise, so that no layer can answer from zeros it knows of, and hangs it on these machines and
 * no others: on the synthetic controller of one and the emulated controller of the other. Machines that share it
 * cannot run at the same time.
 *
 * @param {Page} page
 * @param {readonly (keyof typeof places)[]} machines
 */
export async function attachBenchDisk(page, machines) {
  await page.evaluate(makeDisk, { name, mark: diskMark });
  for (const [vm, slot] of Object.entries(places)) {
    const wanted = machines.some((machine) => machine === vm);
    await page.evaluate(place, { name, vm, slot, wanted });
  }
}

/** @param {{ name: string, mark: string }} wanted */
async function makeDisk({ name, mark }) {
  const { disks } = tabvisor;
  // Asked of the host: a page that has just opened may not have the list yet.
  const isThere = await disks.inspect(name).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const bytes = new Uint8Array(64 << 20);
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  bytes.set(new TextEncoder().encode(mark));
  await disks.importFile(new File([bytes], "bench.img"));
  await disks.run({ kind: "convert", source: "bench.img", name, type: "dynamic" });
  await disks.remove("bench.img");
}

/** @param {{ name: string, vm: string, slot: object, wanted: boolean }} order */
async function place({ name, vm, slot, wanted }) {
  const { disks } = tabvisor;
  const at = /** @type {Parameters<typeof disks.removeDrive>[1]} */ (slot);
  // Nobody asks what hangs there already: an empty place refuses to be emptied.
  await disks.removeDrive(vm, at).catch(() => {});
  if (wanted) await disks.addDrive(vm, { slot: at, kind: "disk", medium: { kind: "file", name } });
}

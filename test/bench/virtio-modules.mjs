// @ts-check
// Debian's virtio network driver for the peer. Our machines have no such device, so the images do without it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fetchKernel } from "../../images/kernel/recipe.mjs";
import { holdLock } from "../../images/workshop/lock.mjs";
import { openPackageStore } from "../../images/workshop/packages.mjs";
import { put, toCpio } from "../../images/workshop/tree.mjs";

const cache = "images/.cache";
/** Where the guest finds them. */
const home = "lib/bench";
/** Each after those it needs. */
const modules = [
  "drivers/virtio/virtio",
  "drivers/virtio/virtio_ring",
  "drivers/virtio/virtio_pci_modern_dev",
  "drivers/virtio/virtio_pci_legacy_dev",
  "drivers/virtio/virtio_pci",
  "net/core/failover",
  "drivers/net/net_failover",
  "drivers/net/virtio_net",
];

/** Loads them. */
export const loadVirtio = modules
  .map((path) => `insmod /${home}/${path.slice(path.lastIndexOf("/") + 1)}.ko`)
  .join("; ");

/** @returns {Promise<Buffer>} a gzipped archive, to be unpacked by the kernel behind the system in RAM */
export async function virtioArchive() {
  const release = await holdLock(join(cache, "lock"), () => console.log("waiting for a build of the images"));
  try {
    const { kernel, release } = await fetchKernel(await openPackageStore({ cache, say: console.log }));
    /** @type {import("../../images/workshop/tree.mjs").Tree} */
    const tree = new Map();
    for (const path of modules) {
      const bytes = readFileSync(join(kernel.folder, "lib/modules", release, "kernel", `${path}.ko`));
      put(tree, `${home}/${path.slice(path.lastIndexOf("/") + 1)}.ko`, { kind: "file", mode: 0o644, bytes });
    }
    return gzipSync(toCpio(tree), { level: 9 });
  } finally {
    release();
  }
}

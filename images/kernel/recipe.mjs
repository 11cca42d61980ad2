// @ts-check
// Debian's unmodified i386 kernel: as packaged, and unpacked for a direct boot.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { checkKernel, readBzImage, readElf32 } from "../workshop/elf.mjs";
import { guestArchitecture } from "../workshop/packages.mjs";
import { BuildFailure } from "../workshop/run.mjs";

/** @typedef {import("../workshop/packages.mjs").PackageStore} PackageStore */
/** @typedef {import("../workshop/packages.mjs").Package} Package */

/** Initial work of the kernel that a small guest can do without, by the name of its function. */
const skippedCalls = [
  // Tracing below /sys/kernel/tracing: building its thousands of files is a tenth of a direct boot.
  "init_kprobe_trace",
  "tracer_init_tracefs",
  "trace_eval_init",
  // The one crypto self-test that cryptomgr.notests does not cover.
  "crypto_kdf108_init",
].join(",");

/** Skips work that only costs time on an emulated machine: self-tests, ISA probing, tracing. */
export const bootSavers = `cryptomgr.notests noisapnp initcall_blacklist=${skippedCalls}`;

/** For a direct boot with the RAM file system. */
export const commandLine = `console=tty0 console=ttyS0 loglevel=4 ${bootSavers}`;

/**
 * The kernel package behind Debian's meta package.
 *
 * @param {PackageStore} store
 * @param {string} [flavour] which of Debian's kernels
 * @returns {Promise<{ kernel: Package, release: string, vmlinuz: Buffer }>}
 */
export async function fetchKernel(store, flavour = "686") {
  const [meta] = await store.fetch([`linux-image-${flavour}:${guestArchitecture}`]);
  const named = new RegExp(`linux-image-\\d[\\w.-]*-${flavour}\\b`);
  const real = meta && named.exec(await store.dependsOn(meta))?.[0];
  if (real === undefined)
    throw new BuildFailure(`the package linux-image-${flavour} names no kernel package`);
  const [kernel] = await store.fetch([`${real}:${guestArchitecture}`]);
  const boot = kernel && join(kernel.folder, "boot");
  const file = boot && readdirSync(boot).find((name) => name.startsWith("vmlinuz-"));
  if (kernel === undefined || boot === undefined || file === undefined) {
    throw new BuildFailure(`the package ${real} holds no kernel`);
  }
  return { kernel, release: file.slice("vmlinuz-".length), vmlinuz: readFileSync(join(boot, file)) };
}

/**
 * @param {Buffer} vmlinuz as packaged
 * @param {import("../workshop/host-tools.mjs").RunTool} tool must have `xz`
 * @returns {Promise<Buffer>} the ELF inside it, to be loaded where its segments say
 */
export async function unpackKernel(vmlinuz, tool) {
  const { payload, uncompressedSize } = readBzImage(vmlinuz);
  const unpacked = (await tool("xz", ["--decompress", "--stdout"], { input: payload })).stdout;
  if (unpacked.length !== uncompressedSize)
    throw new BuildFailure("the kernel did not unpack to its stated size");
  // Behind the ELF lies the relocation table, which a load at the linked address does not use.
  const elf = unpacked.subarray(0, readElf32(unpacked).end);
  checkKernel(elf);
  return elf;
}

/** @type {import("../workshop/recipes.mjs").Recipe} */
export const recipe = {
  name: "kernel",
  needs: [],
  ingredients: ["kernel", "workshop/elf.mjs"],
  tools: ["xz"],
  async build({ store, tool }) {
    const { kernel, vmlinuz } = await fetchKernel(store);
    const elf = await unpackKernel(vmlinuz, tool);
    return [
      {
        key: "vmlinuz",
        kind: "kernel-bzimage",
        file: "images/vmlinuz",
        purpose: "Debian's kernel as packaged, for the BIOS boot protocol",
        bytes: vmlinuz,
        sources: [kernel],
        commandLine,
      },
      {
        key: "vmlinux",
        kind: "kernel-elf",
        file: "images/vmlinux.gz",
        purpose: "the same kernel unpacked, to be loaded at the physical addresses of its ELF segments",
        bytes: gzipSync(elf, { level: 9 }),
        uncompressed: elf,
        sources: [kernel],
        commandLine,
      },
    ];
  },
};

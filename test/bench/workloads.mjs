// @ts-check
// What the guests are timed with. Every line runs at the shell of both machines, unchanged.
import { randomReader, typedFile } from "./random-reader.mjs";

/**
 * @typedef {object} Shell
 * @property {(line: string, timeoutMs?: number) => Promise<string>} run answers what the line printed
 * @property {(line: string, timeoutMs?: number) => Promise<number>} time answers the seconds it took
 */

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} unit
 * @property {"more" | "less"} better which of two values is the better one
 * @property {number} goal how many times as good as the peer
 * @property {(shell: Shell, bootSeconds: number) => Promise<number>} measure
 * @property {(shell: Shell) => Promise<number>} [onRamDisk] the same on our machine's disk in memory
 * @property {boolean} [onDisk] it is about a disk: also measured through our emulated controller, on the same VHD
 */

const reader = "/tmp/random-reader";
const diskMebibytes = 64;
/** What the bench's own VHD begins with. */
export const diskMark = "tabvisor bench disk";
const passes = 4;

/** User code (shell, awk, checksum) and kernel code (pipes, page faults, new processes) in like parts. */
const cpuLine = [
  "dd if=/dev/zero bs=64k count=128 2>/dev/null | md5sum >/dev/null",
  "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done",
  "awk 'BEGIN { for (i = 0; i < 150000; i++) s = (s * 31 + i) % 65521 }'",
  "dd if=/dev/zero of=/dev/null bs=512 count=30000 2>/dev/null",
  "i=0; while [ $i -lt 40 ]; do /bin/true; i=$((i+1)); done",
].join("; ");

/**
 * Mebibytes per second.
 *
 * @param {Shell} shell
 * @param {string} device
 */
async function sequential(shell, device) {
  const once = `dd if=${device} of=/dev/null bs=1M iflag=direct 2>/dev/null || echo BAD`;
  await expectQuiet(shell, once);
  const line = `for n in ${Array.from({ length: passes }, (_, n) => n).join(" ")}; do ${once}; done`;
  return (diskMebibytes * passes) / (await shell.time(line));
}

/**
 * Reads per second.
 *
 * @param {Shell} shell
 * @param {string} device
 * @param {{ depth: number, reads: number }} load `depth` of the reads at once
 */
async function random(shell, device, { depth, reads }) {
  const line = (/** @type {number} */ all) => `${reader} ${device} ${depth} ${all} || echo BAD`;
  await expectQuiet(shell, line(reads / 4));
  return reads / (await shell.time(line(reads)));
}

/** @param {Shell} shell @param {string} line */
async function expectQuiet(shell, line) {
  const printed = await shell.run(line);
  if (printed.includes("BAD")) throw new Error(`the guest failed at: ${line}\n${printed}`);
}

/** @param {number} depth @param {number} reads */
const randomly = (depth, reads) => ({
  onDisk: true,
  unit: "reads/s",
  better: /** @type {const} */ ("more"),
  measure: (/** @type {Shell} */ shell) => random(shell, "$DATA", { depth, reads }),
  onRamDisk: (/** @type {Shell} */ shell) => random(shell, "$SCRATCH", { depth, reads }),
});

/** @type {readonly Workload[]} */
export const workloads = [
  {
    name: "cold-boot",
    unit: "s",
    better: "less",
    goal: 2,
    measure: async (_shell, bootSeconds) => bootSeconds,
  },
  {
    name: "cpu",
    unit: "s",
    better: "less",
    goal: 1,
    async measure(shell) {
      await shell.run(cpuLine);
      return shell.time(cpuLine);
    },
  },
  {
    name: "disk-seq",
    unit: "MiB/s",
    better: "more",
    goal: 1.5,
    onDisk: true,
    measure: (shell) => sequential(shell, "$DATA"),
    onRamDisk: (shell) => sequential(shell, "$SCRATCH"),
  },
  { name: "disk-rand", goal: 1.5, ...randomly(1, 4000) },
  { name: "disk-rand-32", goal: 3, ...randomly(32, 16000) },
];

/**
 * Waits until the guest has come to rest, names its disks `$DATA` and `$SCRATCH`, and brings in the random reader.
 * `$DATA` is the disk that begins with the bench's mark; the peer, which has one disk only, reads that.
 *
 * @param {Shell} shell
 */
export async function settle(shell) {
  await shell.run(
    "until grep -q /mnt/data /proc/mounts || ! pidof late >/dev/null; do usleep 300000; done; sleep 1; sync",
  );
  await expectQuiet(shell, "DATA=$(findfs LABEL=data) || echo BAD; HOME_DISK=$DATA");
  await shell.run(`for d in /dev/sd?; do head -c 64 $d | grep -q '${diskMark}' && DATA=$d; done`);
  await shell.run('for d in /dev/sd?; do [ $d = "$DATA" ] || [ $d = "$HOME_DISK" ] || SCRATCH=$d; done');
  for (const line of typedFile(randomReader(), reader)) await shell.run(line);
}

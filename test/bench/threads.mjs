// @ts-check
import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** @param {string} path @returns {string} empty when the thread or process has ended meanwhile */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** @param {string} stat content of a `stat` file @returns {string[]} the fields behind the name */
const fields = (stat) => stat.slice(stat.lastIndexOf(")") + 2).split(" ");

/** @param {string} folder @returns {string[]} */
function numbered(folder) {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** @param {string} profile folder that the browser was started with @returns {Set<string>} its processes */
function browserProcesses(profile) {
  const all = numbered("/proc").map((pid) => ({ pid, parent: fields(read(`/proc/${pid}/stat`))[1] ?? "" }));
  const family = new Set(
    all
      .filter(({ pid }) => read(`/proc/${pid}/cmdline`).includes(`--user-data-dir=${profile}`))
      .map(({ pid }) => pid),
  );
  for (let before = -1; before < family.size; ) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return family;
}

/**
 * Bytes of real memory that a browser has, each page that processes share counted once.
 *
 * @param {string} profile folder that the browser was started with
 */
export function residentBytes(profile) {
  let kilobytes = 0;
  for (const pid of browserProcesses(profile))
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
  return kilobytes * 1024;
}

/**
 * Processor seconds that a browser has used so far: by its workers' threads, and by everything.
 *
 * @param {string} profile folder that the browser was started with
 * @returns {{ workers: number, all: number }}
 */
export function processorSeconds(profile) {
  /** @param {string} stat */
  const seconds = (stat) => (Number(fields(stat)[11] ?? 0) + Number(fields(stat)[12] ?? 0)) / ticksPerSecond;
  let workers = 0;
  let all = 0;
  for (const pid of browserProcesses(profile)) {
    // A process's own count holds on to threads that have ended.
    all += seconds(read(`/proc/${pid}/stat`));
    for (const thread of numbered(`/proc/${pid}/task`)) {
      const stat = read(`/proc/${pid}/task/${thread}/stat`);
      if (stat.includes("(DedicatedWorker")) workers += seconds(stat);
    }
  }
  return { workers, all };
}

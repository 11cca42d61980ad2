// @ts-check
// One build at a time: `npm start` and `npm test` may both find images missing.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { BuildFailure } from "./run.mjs";

const patience = 600_000;

/**
 * Takes a lock folder, waiting for its holder at most ten minutes. A holder that died is forgotten.
 *
 * @param {string} folder
 * @param {() => void} waiting called once when someone else holds the lock
 * @returns {Promise<() => void>} gives the lock back
 */
export async function holdLock(folder, waiting) {
  const start = performance.now();
  let told = false;
  while (!take(folder)) {
    if (!told) waiting();
    told = true;
    if (performance.now() - start > patience) {
      throw new BuildFailure(
        `another build has held ${folder} for ten minutes; end it or remove that folder`,
      );
    }
    await pause(500);
  }
  return () => rmSync(folder, { recursive: true, force: true });
}

/** @param {string} folder @returns {boolean} */
function take(folder) {
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, "holder"), String(process.pid));
    return true;
  } catch {
    if (!isAlive(holderOf(folder))) rmSync(folder, { recursive: true, force: true });
    return false;
  }
}

/** @param {string} folder @returns {number} 0 while the holder is just about to write its number */
function holderOf(folder) {
  try {
    return Number(readFileSync(join(folder, "holder"), "utf8"));
  } catch {
    return 0;
  }
}

/** @param {number} holder process number @returns {boolean} */
function isAlive(holder) {
  if (holder === 0) return true;
  try {
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

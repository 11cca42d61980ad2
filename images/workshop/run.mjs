// @ts-check
// Starting programs: output captured, a failure becomes one sentence with the program's last words.
import { spawn } from "node:child_process";

/**
 * A failure the person at the keyboard can do something about. The message is one clear sentence
 * (what is missing and the way out) and is printed without a stack.
 */
export class BuildFailure extends Error {}

/**
 * @typedef {{ code: number, stdout: Buffer, stderr: string }} Finished
 * @typedef {{ input?: Uint8Array, environment?: Record<string, string>, folder?: string, tolerant?: boolean, name?: string }} RunOptions
 *   `tolerant`: hand back a non-zero exit code instead of throwing; `name`: what the program is told it is called
 */

/**
 * Runs a program to its end and returns what it wrote.
 *
 * @param {string} program path or name
 * @param {readonly string[]} parameters
 * @param {RunOptions} [options]
 * @returns {Promise<Finished>}
 */
export function run(program, parameters, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      cwd: options.folder,
      argv0: options.name,
      env: { ...process.env, LC_ALL: "C", TZ: "UTC", ...options.environment },
      stdio: ["pipe", "pipe", "pipe"],
    });
    /** @type {Buffer[]} */
    const stdout = [];
    /** @type {Buffer[]} */
    const stderr = [];
    child.stdout.on("data", (chunk) => stdout.push(chunk));
    child.stderr.on("data", (chunk) => stderr.push(chunk));
    child.on("error", (error) => reject(new BuildFailure(`${program} cannot be started: ${error.message}`)));
    child.on("close", (code, signal) => {
      const words = Buffer.concat(stderr).toString();
      const finished = { code: code ?? -1, stdout: Buffer.concat(stdout), stderr: words };
      if (code === 0 || options.tolerant === true) resolve(finished);
      else
        reject(new BuildFailure(`${program} failed (${signal ?? `exit code ${code}`}): ${lastWords(words)}`));
    });
    // A program that ends without reading its input must not take this process down with EPIPE.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input);
  });
}

/** @param {string} text @returns {string} the last few lines, on one line */
function lastWords(text) {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-4).join(" | ") || "it said nothing";
}

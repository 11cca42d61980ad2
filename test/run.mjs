// @ts-check
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureImages } from "../images/build.mjs";
import { ensureCore } from "../wasm/build.mjs";
import { ensureDebianTools } from "./house/debian-tools.mjs";
import { failedTests } from "./house/failed-tests.mjs";

/** Everything `npm test` does, in the order in which a failure is cheapest to learn. */
const reports = mkdtempSync(join(tmpdir(), "tabvisor-test-"));
// What a test that passes has printed is no news.
const vitest = (/** @type {string} */ name, /** @type {string[]} */ ...args) => ({
  name,
  command: [
    "vitest",
    "run",
    ...args,
    `--reporter=${name === "unit" ? "dot" : "default"}`,
    "--silent=passed-only",
    "--reporter=json",
    `--outputFile.json=${join(reports, name)}`,
  ],
});
const tiers = [
  { name: "check", command: ["npm", "run", "-s", "check"] },
  vitest("unit", "--project", "node", "test/unit", "test/fuzz", "test/vectors", "test/lab"),
  // Guests wait a lot, and each has a thread of its own: two at once take little longer than one.
  vitest("guest", "--project", "guest", "--maxWorkers=2"),
  vitest("cross", "--project", "node", "test/cross"),
  { name: "build", command: ["vite", "build", "--logLevel", "warn"] },
  vitest("browser", "--project", "browser"),
  { name: "e2e", command: ["playwright", "test", "--reporter=list,json"] },
];

/** @param {string} tier */
function resultOf(tier) {
  try {
    const report = JSON.parse(readFileSync(join(reports, tier), "utf8"));
    const failures = failedTests(report);
    if (report.stats)
      return {
        passed: report.stats.expected,
        failed: report.stats.unexpected + report.stats.flaky,
        failures,
      };
    return { passed: report.numPassedTests, failed: report.numFailedTests, failures };
  } catch {
    return { passed: 0, failed: 0, failures: [] };
  }
}

async function prepare() {
  const wanting = ensureDebianTools();
  if (wanting !== null) throw new Error(wanting);
  console.log(`engine core: ${await ensureCore()}`);
  const images = await ensureImages();
  if (images.kind === "missing") throw new Error(`${images.what.join(", ")}: ${images.wayOut}`);
}

await prepare();
const wanted = process.argv.slice(2);
const total = { passed: 0, failed: 0 };
/** @type {string[]} */
const broken = [];
/** @type {string[]} */
const named = [];
for (const { name, command } of tiers) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = Date.now();
  console.log(`\n── ${name}`);
  const [program = "", ...args] = command;
  const { status } = spawnSync(program === "npm" ? "npm" : join("node_modules", ".bin", program), args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: join(reports, name) },
  });
  const { passed, failed, failures } = resultOf(name);
  total.passed += passed;
  total.failed += failed;
  if (status !== 0) broken.push(name);
  for (const failure of failures)
    named.push(`${name}: ${failure.name}\n    ${failure.error.replaceAll("\n", "\n    ")}`);
  console.log(
    `── ${name}: ${status === 0 ? "ok" : "FAILED"}, ${((Date.now() - started) / 1000).toFixed(0)} s`,
  );
  if (status !== 0 && (name === "check" || name === "build")) break;
}
// Once more at the very end, where a log that was cut off still has it.
if (named.length > 0) console.log(`\n${named.join("\n")}\n`);
if (broken.length > 0) console.log(`failed: ${broken.join(", ")}`);
console.log(`${total.passed} passed, ${total.failed + (total.failed === 0 ? broken.length : 0)} failed`);
process.exitCode = broken.length === 0 ? 0 : 1;

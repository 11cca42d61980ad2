// @ts-check

/** @typedef {{ readonly name: string, readonly error: string }} FailedTest */

/** Lines of an error that say what was wrong; what follows is where. */
const errorLines = 6;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are written with one
const colour = /\x1b\[[0-9;]*m/g;

/** @param {unknown} message @returns {string} */
function firstLines(message) {
  const lines = String(message ?? "")
    .replaceAll(colour, "")
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "" && !/^\s+at /.test(line));
  return lines.slice(0, errorLines).join("\n");
}

/** @param {unknown} value @returns {readonly any[]} */
function list(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {any} report @returns {FailedTest[]} */
function ofVitest(report) {
  return list(report.testResults).flatMap((file) => {
    const failed = list(file.assertionResults).filter(({ status }) => status === "failed");
    if (failed.length === 0 && file.status === "failed")
      return [{ name: String(file.name), error: firstLines(file.message) }];
    return failed.map(({ fullName, failureMessages }) => ({
      name: `${file.name} › ${fullName}`,
      error: firstLines(list(failureMessages)[0]),
    }));
  });
}

/** @param {any} suite @param {string} above @returns {FailedTest[]} */
function ofSuite(suite, above) {
  const name = [above, suite.title].filter(Boolean).join(" › ");
  const own = list(suite.specs).flatMap((spec) => {
    const failed = list(spec.tests).filter(({ status }) => status === "unexpected" || status === "flaky");
    return failed.map(({ projectName, results }) => {
      const error = list(results).flatMap(({ errors }) => list(errors))[0];
      return { name: `[${projectName}] ${name} › ${spec.title}`, error: firstLines(error?.message) };
    });
  });
  return [...own, ...list(suite.suites).flatMap((inner) => ofSuite(inner, name))];
}

/**
 * What failed, with the first lines of why, from the report that vitest or Playwright writes as JSON.
 *
 * @param {any} report
 * @returns {readonly FailedTest[]}
 */
export function failedTests(report) {
  if (report?.testResults !== undefined) return ofVitest(report);
  const outside = list(report?.errors).map(({ message }) => ({
    name: "outside of tests",
    error: firstLines(message),
  }));
  return [...outside, ...list(report?.suites).flatMap((suite) => ofSuite(suite, ""))];
}

import { expect, test } from "vitest";
import { failedTests } from "../../house/failed-tests.mjs";

test("what failed in vitest is named with its file, and why", () => {
  const report = {
    testResults: [
      {
        name: "test/unit/one.test.ts",
        status: "failed",
        assertionResults: [
          { fullName: "adds up", status: "passed", failureMessages: [] },
          {
            fullName: "takes away",
            status: "failed",
            failureMessages: ["\x1b[31mAssertionError\x1b[39m: expected 1 to be 2\n    at file.ts:1:1"],
          },
        ],
      },
      {
        name: "test/unit/two.test.ts",
        status: "failed",
        message: "Cannot find ./gone.ts",
        assertionResults: [],
      },
    ],
  };
  expect(failedTests(report)).toEqual([
    { name: "test/unit/one.test.ts › takes away", error: "AssertionError: expected 1 to be 2" },
    { name: "test/unit/two.test.ts", error: "Cannot find ./gone.ts" },
  ]);
});

test("what failed in Playwright is named with its project and groups, and what failed outside as well", () => {
  const result = (status: string, message: string) => [
    { projectName: "isolated", status, results: [{ errors: message === "" ? [] : [{ message }] }] },
  ];
  const report = {
    errors: [{ message: "the port is taken" }],
    suites: [
      {
        title: "disks.spec.ts",
        specs: [{ title: "boots", tests: result("expected", "") }],
        suites: [
          {
            title: "in a tab",
            specs: [{ title: "stops", tests: result("unexpected", "it runs\n\n  at x") }],
          },
          { title: "in two", specs: [{ title: "stays", tests: result("flaky", "once gone") }] },
        ],
      },
    ],
  };
  expect(failedTests(report)).toEqual([
    { name: "outside of tests", error: "the port is taken" },
    { name: "[isolated] disks.spec.ts › in a tab › stops", error: "it runs" },
    { name: "[isolated] disks.spec.ts › in two › stays", error: "once gone" },
  ]);
});

test("a report that is none names nothing", () => {
  for (const report of [null, undefined, {}, { suites: 4 }]) expect(failedTests(report)).toEqual([]);
});

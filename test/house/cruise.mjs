// @ts-check
import swc from "@swc/core";
import { cruise } from "dependency-cruiser";
import { rules } from "./law.mjs";

// dependency-cruiser asks swc for plain TypeScript, also where a file holds JSX, and then fails on it.
const parseFileSync = swc.parseFileSync;
swc.parseFileSync = /** @type {typeof parseFileSync} */ (
  (/** @type {string} */ file, /** @type {import("@swc/core").TsParserConfig} */ options) =>
    parseFileSync(file, { ...options, tsx: file.endsWith(".tsx") })
);

/**
 * Reads every import edge below a folder and holds it against the law.
 * @param {string} root
 * @returns {Promise<{ readonly modules: number, readonly violations: readonly string[] }>}
 */
export async function cruiseRooms(root) {
  const result = await cruise(
    [root],
    /** @type {any} */ ({
      ruleSet: { forbidden: rules(root) },
      validate: true,
      tsPreCompilationDeps: true,
      parser: "swc",
      doNotFollow: { path: "node_modules" },
      enhancedResolveOptions: {
        extensions: [".ts", ".tsx", ".mjs", ".js", ".css"],
        exportsFields: ["exports"],
        conditionNames: ["import", "types"],
      },
    }),
  );
  const { output } = result;
  if (typeof output === "string") throw new Error("dependency-cruiser answered text");
  const modules = output.modules.filter((module) => module.source.startsWith(`${root}/`)).length;
  const violations = output.summary.violations.map(({ rule, from, to }) => `${from} -> ${to}: ${rule.name}`);
  return { modules, violations };
}

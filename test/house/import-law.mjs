// @ts-check
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { cruiseRooms } from "./cruise.mjs";
import { law } from "./law.mjs";

const fileLimit = 400;
const tableLimit = 600;
/** A door only joins. */
const doorLimit = 120;
const readmeLimit = 40;
/** Fewer modules than this means that the checker read nothing: TypeScript 7 has no JavaScript interface. */
const fewestModules = 60;

const failures = [];

const house = await cruiseRooms("src");
if (house.modules < fewestModules)
  failures.push(`only ${house.modules} modules were read: the checker is blind`);
failures.push(...house.violations);

const planted = await cruiseRooms("test/house/planted/rooms");
for (const [from, to] of [
  ["ui/index.ts", "vmms/index.ts"],
  ["support/index.ts", "storage/inner.ts"],
]) {
  if (!planted.violations.some((line) => line.includes(`${from} -> `) && line.includes(`${to}: `))) {
    failures.push(`the planted violation ${from} -> ${to} was not caught`);
  }
}

/** @param {string} folder @returns {string[]} */
function sources(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  });
}
/**
 * Imports of values from a room whose types alone are allowed. The checker's parser cannot tell the two
 * apart; `verbatimModuleSyntax` makes the statement itself tell.
 * @param {string} file
 */
function valueImports(file) {
  const room = Object.keys(law).find((name) => file.startsWith(`src/${name}/`));
  const { types = [] } = law[/** @type {keyof typeof law} */ (room)] ?? {};
  const statements = readFileSync(file, "utf8").matchAll(
    /^(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)"/gm,
  );
  return [...statements]
    .map((match) => match[1] ?? "")
    .filter((target) => types.some((other) => target.includes(`../${other}/`)));
}
/** @param {string} file */
function checkReadme(file) {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").length;
  if (lines > readmeLimit) failures.push(`${file} has ${lines} lines, more than ${readmeLimit}`);
}
checkReadme("images/README.md");
checkReadme("images/warm/README.md");
for (const file of sources("src")) {
  for (const target of valueImports(file)) failures.push(`${file} may import only types of ${target}`);
  const lines = readFileSync(file, "utf8").split("\n").length;
  const isDoor = !file.slice("src/".length).includes("/");
  const limit = isDoor ? doorLimit : file.startsWith("src/hvdef") ? tableLimit : fileLimit;
  if (lines > limit) failures.push(`${file} has ${lines} lines, more than ${limit}`);
}
for (const room of readdirSync("src").filter((name) => statSync(join("src", name)).isDirectory())) {
  if (!readdirSync(join("src", room)).includes("README.md")) failures.push(`src/${room} has no README.md`);
  else checkReadme(join("src", room, "README.md"));
}

for (const failure of failures) console.error(failure);
console.log(`house: ${house.modules} modules, ${failures.length} violations`);
if (failures.length > 0) process.exitCode = 1;

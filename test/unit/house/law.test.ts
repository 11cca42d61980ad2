import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { law, packages } from "../../house/law.mjs";

const rooms = Object.keys(law);
/** Rooms that only doors may enter. */
const outermost = ["hal", "vmwp", "vmms", "cluster", "ui"];

test("no folder of src is outside the law", () => {
  const folders = readdirSync("src").filter((name) => statSync(join("src", name)).isDirectory());
  const governed = folders.flatMap((name) =>
    rooms.includes(name) ? [name] : readdirSync(join("src", name)).map((wing) => `${name}/${wing}`),
  );
  for (const room of governed.filter((name) => !name.endsWith(".md"))) expect(rooms).toContain(room);
});

test("only the four doors lie beside the rooms", () => {
  const files = readdirSync("src").filter(
    (name) => statSync(join("src", name)).isFile() && !name.endsWith(".d.ts"),
  );
  for (const file of files)
    expect(["main.ts", "parent.worker.ts", "child.worker.ts", "sw.ts"]).toContain(file);
});

test("imports go down only: nobody reaches itself by a way around", () => {
  const reach = (room: string, seen: Set<string> = new Set()): Set<string> => {
    for (const next of law[room]?.may ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      reach(next, seen);
    }
    return seen;
  };
  for (const room of rooms) expect([room, reach(room).has(room)]).toEqual([room, false]);
});

test("nobody may import the outermost rooms, and only hal their types", () => {
  for (const [room, { may, types = [] }] of Object.entries(law)) {
    for (const other of outermost) expect([room, other, may.includes(other)]).toEqual([room, other, false]);
    if (room !== "hal") expect([room, types]).toEqual([room, []]);
  }
});

test("packages of the page belong to the outer rooms", () => {
  for (const room of Object.keys(packages)) expect(outermost).toContain(room);
});

test("all rooms but hal and ui see neither the browser nor Node", () => {
  const pure = JSON.parse(readFileSync("tsconfig.pure.json", "utf8"));
  expect(pure.compilerOptions.types).toEqual([]);
  expect(pure.compilerOptions.lib).toEqual(["es2024", "esnext.disposable"]);
  expect(pure.include).toEqual(["src/**/*.ts"]);
  expect(pure.exclude).toEqual(["src/hal", "src/ui", "src/*.ts"]);
});

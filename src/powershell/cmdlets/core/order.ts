import { cmdlet } from "../../run/cmdlet.ts";
import { bindingError } from "../../run/fit-parameter.ts";
import type { Call, Cmdlet, Given } from "../../run/machine.ts";
import { parameter } from "../../run/parameter.ts";
import { isEqual, order, sortOrder } from "../../values/compare.ts";
import { sumOf, toBool, toNumber } from "../../values/convert.ts";
import { checkList } from "../../values/limits.ts";
import { readMember } from "../../values/members.ts";
import { toText } from "../../values/text.ts";
import { entryName, isKind, list, makeObject, table, type Value } from "../../values/value.ts";
import { inputObject } from "./input.ts";
import { columnsFor } from "./selectors.ts";

/** Collects everything that comes. */
function gathered({ frame }: Call) {
  const all: Value[] = [];
  const kept = frame.machine.keep(all);
  return {
    all,
    add(value: Value): void {
      checkList(all.length + 1);
      frame.machine.charge(frame.scope, value);
      all.push(value);
    },
    over: () => kept[Symbol.dispose](),
  };
}

/** What things are sorted or grouped by. */
async function keysOf(call: Call, given: Given, item: Value): Promise<readonly Value[]> {
  const wanted = given.items("Property");
  if (wanted.length === 0) return [item];
  const keys: Value[] = [];
  for (const column of columnsFor(call.frame, wanted, item)) keys.push(await column.value(item));
  return keys;
}

/** Directions of a -Property that is a hash table; `undefined` where it says nothing. */
function directions(given: Given): readonly (boolean | undefined)[] {
  return given.items("Property").map((one) => {
    if (!isKind(one, "table")) return undefined;
    const found = one.entries.get(entryName("Descending")) ?? null;
    return found === null ? undefined : toBool(found.value);
  });
}

/** @cmdlet Sort-Object partial: no -Culture */
export const sortObject: Cmdlet = cmdlet({
  name: "Sort-Object",
  synopsis: "Puts things in order.",
  parameters: [
    inputObject,
    parameter("Property", "list", "What they are ordered by.", { position: 0 }),
    parameter("Descending", "switch", "The largest first."),
    parameter("CaseSensitive", "switch", "Capital letters are others."),
    parameter("Unique", "switch", "Each only once."),
  ],
  open(call) {
    const { all, add, over } = gathered(call);
    return {
      process: async (given) => add(given.value("InputObject")),
      async end(given) {
        const rows: { readonly item: Value; readonly keys: readonly Value[] }[] = [];
        for (const item of all) {
          if (call.frame.machine.isDue()) await call.frame.machine.breathe();
          rows.push({ item, keys: await keysOf(call, given, item) });
        }
        over();
        const down = directions(given);
        const compare = (one: readonly Value[], other: readonly Value[]): number => {
          for (const [at, key] of one.entries()) {
            const found = sortOrder(key, other[at] ?? null, given.flag("CaseSensitive"));
            if (found !== 0) return (down[at] ?? given.flag("Descending")) ? -found : found;
          }
          return 0;
        };
        rows.sort((one, other) => compare(one.keys, other.keys));
        let last: readonly Value[] | null = null;
        for (const { item, keys } of rows) {
          if (!given.flag("Unique") || last === null || compare(last, keys) !== 0) await call.out(item);
          last = keys;
        }
      },
    };
  },
});

/** @cmdlet Group-Object partial: no -AsString */
export const groupObject: Cmdlet = cmdlet({
  name: "Group-Object",
  synopsis: "Puts together what is alike.",
  parameters: [
    inputObject,
    parameter("Property", "list", "What they are put together by.", { position: 0 }),
    parameter("NoElement", "switch", "Without the members of the groups."),
    parameter("AsHashTable", "switch", "As one hash table."),
  ],
  open(call) {
    const { all, add, over } = gathered(call);
    return {
      process: async (given) => add(given.value("InputObject")),
      async end(given) {
        const groups = new Map<string, { readonly keys: readonly Value[]; readonly items: Value[] }>();
        for (const item of all) {
          const keys = await keysOf(call, given, item);
          const name = keys.map(toText).join(", ").toLowerCase();
          const found = groups.get(name);
          if (found === undefined) groups.set(name, { keys, items: [item] });
          else found.items.push(item);
        }
        over();
        if (given.flag("AsHashTable")) {
          const made = table();
          for (const { keys, items } of groups.values()) {
            const key = keys[0] ?? null;
            made.entries.set(entryName(key), { key, value: list(items) });
          }
          await call.out(made);
          return;
        }
        for (const { keys, items } of groups.values())
          await call.out(groupOf(keys, items, given.flag("NoElement")));
      },
    };
  },
});

function groupOf(keys: readonly Value[], items: Value[], noElement: boolean): Value {
  const base = "Microsoft.PowerShell.Commands.GroupInfo";
  return makeObject(noElement ? [`${base}NoElement`] : [base], [
    ["Count", BigInt(items.length)],
    ["Name", keys.map(toText).join(", ")],
    ...(noElement ? [] : [["Group", list(items)] as const]),
  ]);
}

/** @cmdlet Measure-Object partial: no -Line, -Word, -Character */
export const measureObject: Cmdlet = cmdlet({
  name: "Measure-Object",
  synopsis: "Counts things, and adds up what they have.",
  parameters: [
    inputObject,
    parameter("Property", "texts", "The property that is measured.", { position: 0 }),
    parameter("Average", "switch", "Their average."),
    parameter("Sum", "switch", "Their sum."),
    parameter("Maximum", "switch", "The largest."),
    parameter("Minimum", "switch", "The smallest."),
  ],
  open(call) {
    const { all, add, over } = gathered(call);
    return {
      async process(given) {
        if (given.value("InputObject") !== null) add(given.value("InputObject"));
      },
      async end(given) {
        over();
        const names = given.texts("Property");
        for (const name of names.length === 0 ? [null] : names) await call.out(measured(given, name, all));
      },
    };
  },
});

function measured(given: Given, name: string | null, all: readonly Value[]): Value {
  const found = all.flatMap((item) => {
    const value = name === null ? item : readMember(item, name);
    return value === undefined || value === null ? [] : [value];
  });
  if (name !== null && found.length === 0 && all.length > 0)
    throw bindingError(
      "GenericMeasurePropertyNotFound",
      `The property "${name}" cannot be found in the input for any objects.`,
    );
  const needsNumbers = given.flag("Sum") || given.flag("Average");
  const numbers = needsNumbers ? found.map(toNumber) : [];
  const sum = sumOf(numbers);
  const extreme = (sign: number): Value =>
    found.reduce<Value>((best, one) => (best === null || order(one, best) * sign > 0 ? one : best), null);
  return makeObject(
    ["Microsoft.PowerShell.Commands.GenericMeasureInfo"],
    [
      ["Count", BigInt(found.length)],
      ["Average", given.flag("Average") && found.length > 0 ? Number(sum) / found.length : null],
      ["Sum", given.flag("Sum") ? sum : null],
      ["Maximum", given.flag("Maximum") ? extreme(1) : null],
      ["Minimum", given.flag("Minimum") ? extreme(-1) : null],
      ["Property", name],
    ],
  );
}

/** @cmdlet Compare-Object partial: whole values, no -Property */
export const compareObject: Cmdlet = cmdlet({
  name: "Compare-Object",
  synopsis: "Tells what only one of two lists has.",
  parameters: [
    parameter("ReferenceObject", "list", "The one list.", { position: 0, mandatory: true }),
    parameter("DifferenceObject", "list", "The other list.", { position: 1, mandatory: true }),
    parameter("IncludeEqual", "switch", "Also what both have."),
  ],
  open: ({ out }) => ({
    async process(given) {
      const one = given.items("ReferenceObject");
      const other = given.items("DifferenceObject");
      const has = (all: readonly Value[], item: Value): boolean => all.some((found) => isEqual(found, item));
      const side = (item: Value, sign: string): Promise<void> =>
        out(
          makeObject(
            ["System.Management.Automation.PSCustomObject"],
            [
              ["InputObject", item],
              ["SideIndicator", sign],
            ],
          ),
        );
      if (given.flag("IncludeEqual")) for (const item of one) if (has(other, item)) await side(item, "==");
      for (const item of other) if (!has(one, item)) await side(item, "=>");
      for (const item of one) if (!has(other, item)) await side(item, "<=");
    },
  }),
});

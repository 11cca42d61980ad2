import { collectBlock, runBlock } from "../../run/blocks.ts";
import { cmdlet } from "../../run/cmdlet.ts";
import { bindingError } from "../../run/fit-parameter.ts";
import type { Cmdlet, Given } from "../../run/machine.ts";
import { emit } from "../../run/machine.ts";
import { operate } from "../../run/operators.ts";
import { parameter } from "../../run/parameter.ts";
import { isEqual } from "../../values/compare.ts";
import { toBool } from "../../values/convert.ts";
import { checkList } from "../../values/limits.ts";
import { readMember } from "../../values/members.ts";
import { isKind, makeObject, type Value } from "../../values/value.ts";
import { wildcard } from "../../values/wildcard.ts";
import { inputObject } from "./input.ts";
import { columnsFor } from "./selectors.ts";

const comparisons = [
  ...["EQ", "NE", "GT", "GE", "LT", "LE", "Like", "NotLike", "Match", "NotMatch"],
  ...["Contains", "NotContains", "In", "NotIn", "Is"],
];

/** @cmdlet Where-Object full */
export const whereObject: Cmdlet = cmdlet({
  name: "Where-Object",
  synopsis: "Lets through what fits a condition.",
  standardSet: "Script",
  parameters: [
    inputObject,
    parameter("FilterScript", "script", "The condition; $_ is what comes.", {
      position: 0,
      mandatory: true,
      sets: ["Script"],
    }),
    parameter("Property", "text", "The property that is compared.", {
      position: 0,
      mandatory: true,
      sets: ["Compare"],
    }),
    parameter("Value", "any", "What it is compared with.", { position: 1, sets: ["Compare"] }),
    ...comparisons.map((name) => parameter(name, "switch", `Compares with -${name}.`, { sets: ["Compare"] })),
  ],
  open: ({ frame, out }) => ({
    async process(given) {
      const item = given.value("InputObject");
      const filter = given.value("FilterScript");
      const fits = isKind(filter, "script")
        ? toBool(await collectBlock(frame, filter, item))
        : compared(given, item);
      if (fits) await out(item);
    },
  }),
});

function compared(given: Given, item: Value): boolean {
  const left = readMember(item, given.text("Property") ?? "") ?? null;
  const named = comparisons.filter((one) => given.has(one));
  const [operator] = named;
  if (named.length > 1) throw bindingError("AmbiguousParameterSet", "Only one comparison can be asked for.");
  if (operator === undefined) return toBool(left);
  const made = operate(
    { operator: operator.toLowerCase(), matchCase: false, left, right: given.value("Value") },
    () => {},
  );
  return toBool(made);
}

/** @cmdlet ForEach-Object full */
export const forEachObject: Cmdlet = cmdlet({
  name: "ForEach-Object",
  synopsis: "Does something with each of what comes.",
  standardSet: "Script",
  parameters: [
    inputObject,
    parameter("Process", "script", "What is done; $_ is what comes.", {
      position: 0,
      mandatory: true,
      sets: ["Script"],
    }),
    parameter("Begin", "script", "What is done before.", { sets: ["Script"] }),
    parameter("End", "script", "What is done at the end.", { sets: ["Script"] }),
    parameter("MemberName", "text", "A property that is read or a method that is called.", {
      position: 0,
      mandatory: true,
      sets: ["Member"],
    }),
    parameter("ArgumentList", "list", "What the method is called with.", {
      position: 1,
      rest: true,
      sets: ["Member"],
    }),
  ],
  open({ frame }) {
    let isBegun = false;
    const part = async (given: Given, name: string): Promise<void> => {
      const script = given.value(name);
      if (isKind(script, "script")) await runBlock(frame, script, undefined);
    };
    const begin = async (given: Given): Promise<void> => {
      if (isBegun) return;
      isBegun = true;
      await part(given, "Begin");
    };
    return {
      async process(given) {
        await begin(given);
        const script = given.value("Process");
        const item = given.value("InputObject");
        if (isKind(script, "script")) await runBlock(frame, script, item);
        else await memberOf(frame, given, item);
      },
      async end(given) {
        await begin(given);
        await part(given, "End");
      },
    };
  },
});

async function memberOf(frame: Parameters<typeof runBlock>[0], given: Given, item: Value): Promise<void> {
  const name = given.text("MemberName") ?? "";
  const found = given.has("ArgumentList") ? undefined : readMember(item, name);
  if (found !== undefined) return emit(frame, found);
  // A hash table or an object without it has nothing to say.
  if (
    isKind(item, "table") ||
    (isKind(item, "object") && item.origin.kind !== "wmi" && !given.has("ArgumentList"))
  )
    return frame.out(null);
  await emit(
    frame,
    await frame.machine.callMethod(frame, item, { name, given: given.items("ArgumentList") }),
  );
}

/** @cmdlet Select-Object partial: no -Wait */
export const selectObject: Cmdlet = cmdlet({
  name: "Select-Object",
  synopsis: "Takes properties of objects, or some of many.",
  parameters: [
    inputObject,
    parameter("Property", "list", "The properties: names, patterns, or calculated ones.", { position: 0 }),
    parameter("ExcludeProperty", "texts", "Properties that are left out."),
    parameter("ExpandProperty", "text", "A property whose value is put out instead."),
    parameter("First", "whole", "How many from the beginning."),
    parameter("Last", "whole", "How many from the end."),
    parameter("Skip", "whole", "How many are left out first."),
    parameter("Index", "wholes", "Places, from 0."),
    parameter("Unique", "switch", "Each only once."),
  ],
  open({ frame, out, stopUpstream, hasInput }) {
    const kept: Value[] = [];
    const seen: Value[] = [];
    const holding = frame.machine.keep(kept);
    let count = 0;
    async function select(given: Given, item: Value): Promise<void> {
      const made = await picked(frame, given, item);
      for (const one of made) {
        if (given.flag("Unique")) {
          if (seen.some((before) => sameShape(before, one))) continue;
          checkList(seen.length + 1);
          seen.push(one);
        }
        await out(one);
      }
    }
    return {
      async process(given) {
        const item = given.value("InputObject");
        const place = count++;
        const skip = Number(given.whole("Skip") ?? 0n);
        const first = given.whole("First");
        if (given.has("Index")) {
          if (given.items("Index").some((one) => Number(one) === place)) await select(given, item);
          return;
        }
        if (given.has("Last")) {
          checkList(kept.length + 1);
          kept.push(item);
          frame.machine.charge(frame.scope, item);
          if (kept.length > Number(given.whole("Last") ?? 0n) + skip) kept.shift();
          return;
        }
        if (place < skip) return;
        if (first === null || place - skip < Number(first)) await select(given, item);
        if (first !== null && hasInput && place - skip + 1 >= Number(first)) stopUpstream();
      },
      async end(given) {
        holding[Symbol.dispose]();
        const skip = Number(given.whole("Skip") ?? 0n);
        if (given.has("Last"))
          for (const item of kept.slice(0, Math.max(0, kept.length - skip))) await select(given, item);
      },
    };
  },
});

async function picked(
  frame: Parameters<typeof runBlock>[0],
  given: Given,
  item: Value,
): Promise<readonly Value[]> {
  const expand = given.text("ExpandProperty");
  if (expand !== null) {
    const value = readMember(item, expand);
    if (value === undefined)
      throw bindingError("ExpandPropertyNotFound", `Property "${expand}" cannot be found.`);
    return isKind(value, "list") ? value.items : [value];
  }
  const wanted = given.items("Property");
  const without = given.texts("ExcludeProperty").map((one) => wildcard(one));
  if (wanted.length === 0 && without.length === 0) return [item];
  const columns = columnsFor(frame, wanted.length === 0 ? ["*"] : wanted, item);
  const properties: (readonly [string, Value])[] = [];
  for (const column of columns)
    if (!without.some((fits) => fits(column.title)))
      properties.push([column.title, await column.value(item)]);
  const type = isKind(item, "object") ? item.typeNames[0] : undefined;
  const names = ["System.Management.Automation.PSCustomObject", "System.Object"];
  return [
    makeObject(type === undefined || type === names[0] ? names : [`Selected.${type}`, ...names], properties, {
      readOnly: false,
    }),
  ];
}

function sameShape(one: Value, other: Value): boolean {
  if (!isKind(one, "object") || !isKind(other, "object")) return isEqual(one, other, true);
  return (
    one.properties.size === other.properties.size &&
    [...one.properties].every(([name, { value }]) =>
      isEqual(value, other.properties.get(name)?.value ?? null, true),
    )
  );
}

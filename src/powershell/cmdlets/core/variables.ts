import { cmdlet } from "../../run/cmdlet.ts";
import type { Call, Cmdlet } from "../../run/machine.ts";
import { parameter } from "../../run/parameter.ts";
import { writeTo } from "../../run/variables.ts";
import { globalOf, readVariable } from "../../values/scope.ts";
import { fail } from "../../values/script-error.ts";
import { toText } from "../../values/text.ts";
import {
  customObject,
  isKind,
  itemsOf,
  makeObject,
  type Scope,
  table,
  type Value,
} from "../../values/value.ts";
import { isWildcard, wildcard } from "../../values/wildcard.ts";

const name = parameter("Name", "texts", "Names, or patterns of them.", {
  position: 0,
  pipeline: "both",
  completes: "variable",
});

/** Every variable that can be seen from a scope, the nearest of each name. */
export function visible(scope: Scope): ReadonlyMap<string, { readonly name: string; readonly value: Value }> {
  const all = new Map<string, { readonly name: string; readonly value: Value }>();
  for (let at: Scope | null = scope; at !== null; at = at.parent)
    for (const [lower, found] of at.variables) if (!all.has(lower)) all.set(lower, found);
  return all;
}

/** @cmdlet Get-Variable partial: no -Scope */
export const getVariable: Cmdlet = cmdlet({
  name: "Get-Variable",
  synopsis: "Lists variables.",
  parameters: [name, parameter("ValueOnly", "switch", "Only their values.")],
  open: (call) => ({
    async process(given) {
      const all = visible(call.frame.scope);
      const wanted = given.has("Name") ? given.texts("Name") : ["*"];
      for (const pattern of wanted) {
        const fits = wildcard(pattern);
        const found = [...all.values()]
          .filter((one) => fits(one.name))
          .sort((a, b) => (a.name < b.name ? -1 : 1));
        if (found.length === 0 && !isWildcard(pattern)) await call.error(noVariable(pattern));
        for (const one of found) await call.out(given.flag("ValueOnly") ? one.value : variableObject(one));
      }
    },
  }),
});

function noVariable(wanted: string): Error {
  return fail("VariableNotFound", `Cannot find a variable with the name '${wanted}'.`, {
    category: "ObjectNotFound",
    exception: "ItemNotFoundException",
    target: wanted,
  });
}

function variableObject(one: { readonly name: string; readonly value: Value }): Value {
  return makeObject(
    ["System.Management.Automation.PSVariable"],
    [
      ["Name", one.name],
      ["Value", one.value],
    ],
  );
}

/** @cmdlet Set-Variable partial: no -Option, -Visibility; -Scope Global or Local */
export const setVariable: Cmdlet = cmdlet({
  name: "Set-Variable",
  synopsis: "Gives a variable a value.",
  parameters: [
    parameter("Name", "texts", "Names.", { position: 0, mandatory: true, completes: "variable" }),
    parameter("Value", "any", "The value.", { position: 1, pipeline: "value" }),
    parameter("Scope", "text", "Where it is.", { values: ["Global", "Local"] }),
  ],
  open: ({ frame }) => ({
    async process(given) {
      const scope = given.text("Scope")?.toLowerCase() ?? null;
      for (const one of given.texts("Name"))
        writeTo(
          frame,
          { kind: "variable", span: { start: 0, end: 0 }, scope, name: one, splat: false },
          given.value("Value"),
        );
    },
  }),
});

/** @cmdlet Remove-Variable partial: no -Scope */
export const removeVariable: Cmdlet = cmdlet({
  name: "Remove-Variable",
  synopsis: "Forgets variables.",
  parameters: [{ ...name, mandatory: true }],
  open: (call) => ({
    async process(given) {
      for (const one of given.texts("Name")) await remove(call, one);
    },
  }),
});

async function remove(call: Call, wanted: string): Promise<void> {
  const { scope } = call.frame;
  if (readVariable(scope, wanted) === undefined) return call.error(noVariable(wanted));
  if (!scope.variables.delete(wanted.toLowerCase())) globalOf(scope).variables.delete(wanted.toLowerCase());
}

/** @cmdlet New-Object partial: PSObject and Hashtable */
export const newObject: Cmdlet = cmdlet({
  name: "New-Object",
  synopsis: "Makes an object.",
  parameters: [
    parameter("TypeName", "text", "PSObject or Hashtable.", { position: 0, mandatory: true }),
    parameter("Property", "table", "Its properties."),
  ],
  open: ({ out }) => ({
    async process(given) {
      const type = (given.text("TypeName") ?? "")
        .toLowerCase()
        .replace(/^system\.(management\.automation\.)?/, "");
      if (type === "hashtable" || type === "collections.hashtable") return out(table());
      if (!["psobject", "pscustomobject", "object"].includes(type))
        throw fail(
          "TypeNotFound",
          `Cannot find type [${given.text("TypeName")}]: PSObject and Hashtable can be made.`,
          {
            category: "InvalidType",
          },
        );
      const found = given.value("Property");
      const entries = isKind(found, "table") ? [...found.entries.values()] : [];
      return out(customObject(entries.map(({ key, value }) => [toText(key), value] as const)));
    },
  }),
});

/** @cmdlet Add-Member partial: note properties */
export const addMember: Cmdlet = cmdlet({
  name: "Add-Member",
  synopsis: "Gives an object one more property.",
  parameters: [
    parameter("InputObject", "any", "The object.", { pipeline: "value", mandatory: true }),
    parameter("MemberType", "text", "NoteProperty.", { position: 0, values: ["NoteProperty"] }),
    parameter("Name", "text", "Its name.", { position: 1, mandatory: true }),
    parameter("Value", "any", "Its value.", { position: 2 }),
    parameter("PassThru", "switch", "Puts the object out."),
    parameter("Force", "switch", "Instead of a property that is there."),
  ],
  open: (call) => ({
    async process(given) {
      const of = given.value("InputObject");
      const wanted = given.text("Name") ?? "";
      if (!isKind(of, "object")) throw fail("CannotAdd", "Only objects can be given properties.");
      if (of.properties.has(wanted.toLowerCase()) && !given.flag("Force"))
        return call.error(
          fail(
            "MemberAlreadyExists",
            `Cannot add a member with the name "${wanted}" because a member with that name already exists.`,
          ),
        );
      of.properties.set(wanted.toLowerCase(), { name: wanted, value: given.value("Value"), readOnly: false });
      call.frame.machine.charge(call.frame.scope, of);
      return given.flag("PassThru") ? call.out(of) : undefined;
    },
  }),
});

/** @cmdlet Test-Path partial: variables, functions and $env: */
export const testPath: Cmdlet = cmdlet({
  name: "Test-Path",
  synopsis: "Whether there is such a variable, function or value of the environment.",
  parameters: [
    parameter("Path", "texts", "variable:x, function:x or env:x.", {
      position: 0,
      mandatory: true,
      pipeline: "both",
    }),
  ],
  open: ({ frame, around, out }) => ({
    async process(given) {
      for (const path of given.texts("Path")) {
        const [, place = "", wanted = ""] = /^(\w+):[\\/]?(.*)$/.exec(path) ?? [];
        const fits = wildcard(wanted);
        const names: { readonly [place: string]: readonly string[] } = {
          variable: [...visible(frame.scope).values()].map((one) => one.name),
          function: functionNames(frame.scope),
          env: Object.keys(around.environment),
        };
        const lower = place.toLowerCase();
        await out((Object.hasOwn(names, lower) ? (names[lower] ?? []) : []).some((one) => fits(one)));
      }
    },
  }),
});

/** Names of the functions that can be seen from a scope. */
export function functionNames(scope: Scope): readonly string[] {
  const all = new Set<string>();
  for (let at: Scope | null = scope; at !== null; at = at.parent)
    for (const one of at.functions.values()) all.add(one.name);
  return [...all];
}

/** @cmdlet Get-Unique full */
export const getUnique: Cmdlet = cmdlet({
  name: "Get-Unique",
  synopsis: "Leaves out what is the same as what came just before.",
  parameters: [parameter("InputObject", "any", "What comes.", { pipeline: "value" })],
  open({ out }) {
    let last: string | null = null;
    return {
      async process(given) {
        for (const one of itemsOf(given.value("InputObject"))) {
          const text = toText(one);
          if (text !== last) await out(one);
          last = text;
        }
      },
    };
  },
});

import type { Variable } from "../syntax/ast.ts";
import { globalOf, readVariable, writeVariable } from "../values/scope.ts";
import { fail } from "../values/script-error.ts";
import { list, type Scope, type Value } from "../values/value.ts";
import type { Frame } from "./machine.ts";

/** Variables that nobody may write. */
const fixed = ["true", "false", "null", "?", "error", "env", "args", "input", "psversiontable", "host"];

/** The value of a variable; `$null` when there is none. */
export function readFrom({ machine, scope }: Frame, { scope: place, name }: Variable): Value {
  const lower = name.toLowerCase();
  if (place === "env") return environment(machine.around.environment, lower);
  if (place === "function") return null;
  const from = scopeOf(scope, place);
  if (place === null || place === "global" || place === "variable") {
    const found = automatic(lower, machine.state);
    if (found !== undefined) return found;
  }
  return (place === "local" ? from.variables.get(lower)?.value : readVariable(from, name)) ?? null;
}

function environment(all: Readonly<Record<string, string>>, lower: string): Value {
  return Object.entries(all).find(([name]) => name.toLowerCase() === lower)?.[1] ?? null;
}

function automatic(lower: string, state: Frame["machine"]["state"]): Value | undefined {
  switch (lower) {
    case "true":
      return true;
    case "false":
      return false;
    case "null":
      return null;
    case "?":
      return state.lastOk;
    case "error":
      return list([...state.errors]);
    default:
      return undefined;
  }
}

function scopeOf(scope: Scope, place: string | null): Scope {
  switch (place) {
    case null:
    case "local":
    case "private":
    case "variable":
    case "using":
      return scope;
    case "global":
    case "script":
      return globalOf(scope);
    default:
      throw fail("DriveNotFound", `There is no place ${place}: for variables.`, {
        category: "ObjectNotFound",
        exception: "DriveNotFoundException",
      });
  }
}

/** Gives a variable a value. @throws ScriptError when nobody may */
export function writeTo({ scope }: Frame, { scope: place, name }: Variable, value: Value): void {
  const lower = name.toLowerCase();
  // What is assigned to $null is thrown away: a usual way to keep quiet.
  if (lower === "null" && place === null) return;
  if (place === "env" || fixed.includes(lower))
    throw fail(
      "VariableNotWritable",
      `Cannot overwrite variable ${name} because it is read-only or constant.`,
      { category: "WriteError", exception: "SessionStateUnauthorizedAccessException" },
    );
  writeVariable(scopeOf(scope, place), name, value);
}

/** Runs something with `$_` being a value, and puts back what it was. */
export async function withItem<T>(scope: Scope, item: Value, work: () => Promise<T>): Promise<T> {
  const before = scope.variables.get("_");
  const was = before?.value ?? null;
  if (before === undefined) scope.variables.set("_", { name: "_", value: item });
  else before.value = item;
  try {
    return await work();
  } finally {
    if (before === undefined) scope.variables.delete("_");
    else before.value = was;
  }
}

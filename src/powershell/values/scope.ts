import { failScript } from "./script-error.ts";
import type { Scope, ScriptFunction, Value } from "./value.ts";

/** Opens a scope within another. */
export function openScope(parent: Scope | null): Scope {
  return { parent, variables: new Map(), functions: new Map() };
}

/** The outermost scope. */
export function globalOf(scope: Scope): Scope {
  let found = scope;
  while (found.parent !== null) found = found.parent;
  return found;
}

/** The value of a variable; `undefined`: there is none of that name. */
export function readVariable(scope: Scope, name: string): Value | undefined {
  const lower = name.toLowerCase();
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const found = at.variables.get(lower);
    if (found !== undefined) return found.value;
  }
  return undefined;
}

/** Variables of one scope. Reason: a person has tens; a script that counts them up is stopped. */
const mostVariables = 4096;

/** Gives a variable of this very scope a value. */
export function writeVariable(scope: Scope, name: string, value: Value): void {
  const lower = name.toLowerCase();
  const found = scope.variables.get(lower);
  if (found !== undefined) found.value = value;
  else {
    if (scope.variables.size >= mostVariables)
      throw failScript("VariableOverflow", `There are ${mostVariables} variables: no more can be made.`);
    scope.variables.set(lower, { name, value });
  }
}

/** The function of a name; `null`: there is none. */
export function findFunction(scope: Scope, name: string): ScriptFunction | null {
  const lower = name.toLowerCase();
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const found = at.functions.get(lower);
    if (found !== undefined) return found;
  }
  return null;
}

import type { CimClass, CimMethod, MethodResult } from "../../wmi/index.ts";
import type { Frame } from "../run/machine.ts";
import { fail } from "../values/script-error.ts";
import { isKind, makeObject, type ObjectValue, type Value } from "../values/value.ts";
import { fromCim, toCim } from "./cim-values.ts";

/** A method of a class by its name; `null`: it has none. */
export function methodOf({ methods }: CimClass, name: string): CimMethod | null {
  return methods.find((one) => one.name.toLowerCase() === name.toLowerCase()) ?? null;
}

/** What a method has answered, as a script sees it. */
export function resultObject({ returnValue, out }: MethodResult): ObjectValue {
  return makeObject(
    ["System.Management.ManagementBaseObject#\\__PARAMETERS", "System.Object"],
    [
      ["ReturnValue", BigInt(returnValue)],
      ...Object.entries(out).map(([name, value]) => [name, fromCim(value)] as const),
    ],
  );
}

/** Calls a method of an object of the management service, its inputs in order; `undefined`: it is no such method. */
export async function wmiMethod(
  { machine }: Frame,
  of: Value,
  { name, given }: { readonly name: string; readonly given: readonly Value[] },
): Promise<Value | undefined> {
  if (!isKind(of, "object") || of.origin.kind !== "wmi") return undefined;
  const { path, className } = of.origin.instance;
  if (path === null) return undefined;
  const { session } = machine.around;
  const found = methodOf(await machine.until(session.describe(className)), name);
  if (found === null) return undefined;
  if (given.length > found.in.length)
    throw fail(
      "MethodCountCouldNotFindBest",
      `${found.name} takes ${found.in.length} values, not ${given.length}.`,
    );
  const values = found.in.flatMap((one, place) => {
    const value = given[place];
    return value === undefined ? [] : [[one.name, toCim(value)] as const];
  });
  return resultObject(await machine.until(session.invoke(path, found.name, Object.fromEntries(values))));
}

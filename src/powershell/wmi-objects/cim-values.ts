import { type CimInstance, type CimValue, isInstance, isList } from "../../wmi/index.ts";
import { fail } from "../values/script-error.ts";
import { isKind, list, makeObject, type ObjectValue, type Value } from "../values/value.ts";

/** What the type of an object of the management service is called. */
const objectType = "System.Management.ManagementObject";

/** A value of the management service as a script has it. Whole numbers become `bigint`. */
export function fromCim(value: CimValue): Value {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (isList(value)) return list(value.map(fromCim));
  return isInstance(value) ? fromInstance(value) : null;
}

/** An object of the management service as a script has it. */
export function fromInstance(instance: CimInstance): ObjectValue {
  const { className, path, properties } = instance;
  return makeObject(
    [`${objectType}#root\\virtualization\\${className}`, objectType, "System.Object"],
    [
      ["__CLASS", className],
      ["__PATH", path],
      ...Object.entries(properties).map(([name, value]) => [name, fromCim(value)] as const),
    ],
    { readOnly: false, text: path ?? className, origin: { kind: "wmi", instance } },
  );
}

/** A value of a script as the management service takes it. @throws ScriptError when it takes none such */
export function toCim(value: Value): CimValue {
  if (value === null || typeof value !== "object") return value;
  if (isKind(value, "list")) {
    const items: (string | number | bigint | boolean | CimInstance)[] = [];
    for (const one of value.items) {
      const made = toCim(one);
      if (made !== null && !isList(made)) items.push(made);
    }
    return items;
  }
  if (isKind(value, "object") && value.origin.kind === "wmi") return toInstance(value, value.origin.instance);
  throw fail("InvalidCast", "The management service takes text, numbers, arrays and its own objects.", {
    category: "InvalidArgument",
  });
}

/** The object with what the script has changed of it. */
function toInstance({ properties }: ObjectValue, { className, path }: CimInstance): CimInstance {
  const own = [...properties.values()].filter(({ name }) => !name.startsWith("__"));
  return {
    className,
    path,
    properties: Object.fromEntries(own.map(({ name, value }) => [name, toCim(value)])),
  };
}

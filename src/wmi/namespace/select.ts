import { wbemError } from "../errors.ts";
import type { CimClass, CimProperty } from "../schema/model.ts";
import { keyOf, keysOf, propertyOf, type Schema, short } from "../schema/schema.ts";
import { systemType } from "../system-properties.ts";
import type { CimInstance } from "../value.ts";
import { conditionTest } from "../wql/evaluate.ts";
import type { Condition, PropertyName, SelectQuery } from "../wql/query.ts";
import { fullPath, type Place, type Snapshot } from "./snapshot.ts";

/** The class that stands for all classes. */
export const metaClass = "meta_class";

/** Objects that a query asks for. @throws HvError `wmi.invalidQuery`, `wmi.invalidClass` */
export function selectObjects(
  schema: Schema,
  snapshot: () => Snapshot,
  query: SelectQuery,
): readonly CimInstance[] {
  const of = schema.get(query.from);
  if (schema.isA(of.name, "__Event"))
    throw wbemError("invalidQuery", `${of.name} is an event: subscribe to it.`);
  if (query.within !== null) throw wbemError("invalidQuery", "WITHIN belongs to queries of events.");
  const cut = projection(of, query.properties);
  const test = conditionTest(schema, of, query.where);
  return snapshot().instances(of.name).filter(test).map(cut);
}

/** Leaves what was asked for. The path stays when the keys do. @throws HvError `wmi.invalidQuery` */
export function projection(
  of: CimClass,
  wanted: readonly PropertyName[] | null,
): (instance: CimInstance) => CimInstance {
  if (wanted === null) return (instance) => instance;
  const properties: CimProperty[] = [];
  let named = false;
  for (const name of wanted) {
    const found = name.length === 1 ? propertyOf(of, name[0] ?? "") : null;
    if (found !== null) properties.push(found);
    else if (name.length !== 1 || systemType(name[0] ?? "") === null)
      throw wbemError("invalidQuery", `${of.name} has no property ${short(name.join("."))}.`);
    else named ||= /^__(rel)?path$/i.test(name[0] ?? "");
  }
  const keeps = named || keysOf(of).every((key) => properties.includes(key));
  return ({ className, path, properties: values }) => ({
    className,
    path: keeps ? path : null,
    properties: Object.fromEntries(properties.map(({ name }) => [name, values[name] ?? null])),
  });
}

/** Classes that a query of `meta_class` asks for. @throws HvError `wmi.invalidQuery` */
export function selectClasses(schema: Schema, place: Place, query: SelectQuery): readonly CimClass[] {
  if (query.properties !== null || query.within !== null)
    throw wbemError("invalidQuery", "Classes are asked for whole: SELECT * FROM meta_class.");
  checkMeta(query.where);
  return schema.classes.filter((one) => {
    const asObject: CimInstance = { className: one.name, path: fullPath(place, one.name), properties: {} };
    return conditionTest(schema, one, query.where)(asObject);
  });
}

/** @throws HvError when a condition on classes asks for what only objects have */
function checkMeta(condition: Condition | null): void {
  if (condition === null) return;
  switch (condition.kind) {
    case "and":
    case "or":
      condition.all.forEach(checkMeta);
      return;
    case "not":
      checkMeta(condition.inner);
      return;
    default: {
      const name = condition.property.join(".");
      if (keyOf(name) !== "__this" && systemType(name) === null)
        throw wbemError(
          "invalidQuery",
          `A class has no ${short(name)}: ask for __CLASS, __SUPERCLASS or __this ISA.`,
        );
    }
  }
}

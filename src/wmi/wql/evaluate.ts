import { wbemError } from "../errors.ts";
import type { CimClass } from "../schema/model.ts";
import { keyOf, propertyOf, type Schema, short } from "../schema/schema.ts";
import { systemType, systemValue } from "../system-properties.ts";
import { type CimFeature, type CimInstance, type CimValue, isInstance } from "../value.ts";
import { compareTest, type ValueTest } from "./compare.ts";
import type { Condition, PropertyName } from "./query.ts";

/** Tests one object. */
export type InstanceTest = (instance: CimInstance) => boolean;

type Comparing = Extract<Condition, { kind: "compare" }>;

/**
 * Makes the test of a condition on objects of a class and of those that inherit from it.
 * @throws HvError `wmi.invalidQuery` for properties that the class has not, and for values that do not fit them
 */
export function conditionTest(schema: Schema, of: CimClass, condition: Condition | null): InstanceTest {
  if (condition === null) return () => true;
  switch (condition.kind) {
    case "and": {
      const all = condition.all.map((one) => conditionTest(schema, of, one));
      return (instance) => all.every((test) => test(instance));
    }
    case "or": {
      const all = condition.all.map((one) => conditionTest(schema, of, one));
      return (instance) => all.some((test) => test(instance));
    }
    case "not": {
      const inner = conditionTest(schema, of, condition.inner);
      return (instance) => !inner(instance);
    }
    case "isNull": {
      featureOf(of, condition.property);
      return (instance) => (lookUp(schema, instance, condition.property)?.value ?? null) === null;
    }
    case "isA":
      return isATest(schema, of, condition);
    case "compare":
      return comparisonTest(schema, of, condition);
  }
}

/** The declared type of a property; `null` when only the object inside tells. @throws HvError `wmi.invalidQuery` */
function featureOf(of: CimClass, [first = "", ...rest]: PropertyName): CimFeature | null {
  const feature = propertyOf(of, first) ?? systemType(first);
  if (feature === null) throw wbemError("invalidQuery", `${of.name} has no property ${short(first)}.`);
  if (rest.length === 0) return feature;
  if (feature.type === "object" && !feature.isArray) return null;
  throw wbemError(
    "invalidQuery",
    `${short(first)} of ${of.name} is no object: it has no ${short(rest.join("."))}.`,
  );
}

interface Found {
  readonly feature: CimFeature;
  readonly value: CimValue;
}

/** A property of an object, or of an object inside it; `null`: there is none. */
function lookUp(schema: Schema, instance: CimInstance, [first = "", ...rest]: PropertyName): Found | null {
  const of = schema.find(instance.className);
  if (of === null) return null;
  const found = ownValue(schema, { of, instance }, first);
  if (found === null || rest.length === 0) return found;
  return isInstance(found.value) ? lookUp(schema, found.value, rest) : null;
}

function ownValue(
  schema: Schema,
  { of, instance }: { readonly of: CimClass; readonly instance: CimInstance },
  name: string,
): Found | null {
  const property = propertyOf(of, name);
  if (property !== null) return { feature: property, value: instance.properties[property.name] ?? null };
  const feature = systemType(name);
  const subject = { genus: "instance", of, path: instance.path } as const;
  return feature === null ? null : { feature, value: systemValue(schema, subject, name) };
}

function comparisonTest(
  schema: Schema,
  of: CimClass,
  { property, operator, literal }: Comparing,
): InstanceTest {
  // The parser makes a test for NULL of it.
  if (literal === null) return () => false;
  const name = property.join(".");
  const feature = featureOf(of, property);
  if (feature !== null) {
    const test = compareTest(feature, { name, operator, literal });
    return (instance) => test(lookUp(schema, instance, property)?.value ?? null);
  }
  return (instance) => {
    const found = lookUp(schema, instance, property);
    return found !== null && looseTest(found.feature, { name, operator, literal })(found.value);
  };
}

/** A test for a type that was not known before: what does not fit it does not hold. */
function looseTest(feature: CimFeature, comparison: Parameters<typeof compareTest>[1]): ValueTest {
  try {
    return compareTest(feature, comparison);
  } catch {
    return () => false;
  }
}

function isATest(
  schema: Schema,
  of: CimClass,
  { property, className }: Extract<Condition, { kind: "isA" }>,
): InstanceTest {
  schema.get(className);
  const isThis = property.length === 1 && keyOf(property[0] ?? "") === "__this";
  if (isThis) return (instance) => schema.isA(instance.className, className);
  if (featureOf(of, property)?.type === "string")
    throw wbemError("invalidQuery", `${property.join(".")} is text: ISA asks for the class of an object.`);
  return (instance) => {
    const value = lookUp(schema, instance, property)?.value ?? null;
    return isInstance(value) && schema.isA(value.className, className);
  };
}

/** Classes of which a condition asks whether a property's object is one. */
export function askedClasses(condition: Condition | null, property: string): readonly string[] {
  if (condition === null) return [];
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.all.flatMap((one) => askedClasses(one, property));
    case "isA":
      return keyOf(condition.property.join(".")) === keyOf(property) ? [condition.className] : [];
    default:
      return [];
  }
}

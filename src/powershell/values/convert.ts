import { parseGuid } from "../../support/index.ts";
import { fitted, wholeNumberText } from "../syntax/numbers.ts";
import { fail, type ScriptError } from "./script-error.ts";
import { isNumber, toText, typeName } from "./text.ts";
import { parseDate, parseSpan } from "./time.ts";
import {
  customObject,
  type DateValue,
  isKind,
  itemsOf,
  type Property,
  type SpanValue,
  type Value,
} from "./value.ts";

/** What a value is as a condition. */
export function toBool(value: Value): boolean {
  if (value === null || typeof value === "boolean") return value === true;
  if (typeof value === "string") return value !== "";
  if (isNumber(value)) return Number(value) !== 0;
  if (!isKind(value, "list")) return true;
  return value.items.length > 1 || toBool(value.items[0] ?? null);
}

/** A conversion that is not possible. */
export function cannotConvert(value: Value, type: string, why = ""): ScriptError {
  const shown =
    isNumber(value) || typeof value === "string"
      ? `"${short(toText(value))}"`
      : `the "${typeName(value)}" value`;
  return fail("InvalidCastFromStringToInteger", `Cannot convert value ${shown} to type "${type}".${why}`, {
    category: "InvalidArgument",
    exception: "PSInvalidCastException",
  });
}

/** A text that is part of a sentence. */
export function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** A value as a number. @throws ScriptError when it is none */
export function toNumber(value: Value): bigint | number {
  if (isNumber(value)) return value;
  if (value === null) return 0n;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "string") {
    const text = value.trim();
    const found = text === "" ? 0n : wholeNumberText(text);
    if (found !== null) return found;
    throw cannotConvert(value, "System.Int32", ' Error: "Input string was not in a correct format."');
  }
  if (isKind(value, "span")) return value.millis;
  throw cannotConvert(value, "System.Int32");
}

/** Bounds of whole types. */
const wholeTypes: { readonly [type: string]: readonly [name: string, signed: boolean, bits: number] } = {
  byte: ["System.Byte", false, 8],
  sbyte: ["System.SByte", true, 8],
  int16: ["System.Int16", true, 16],
  uint16: ["System.UInt16", false, 16],
  int: ["System.Int32", true, 32],
  uint32: ["System.UInt32", false, 32],
  long: ["System.Int64", true, 64],
  uint64: ["System.UInt64", false, 64],
};
const otherNames: { readonly [name: string]: string } = {
  int32: "int",
  int64: "long",
  short: "int16",
  ushort: "uint16",
  uint: "uint32",
  ulong: "uint64",
  single: "double",
  float: "double",
  decimal: "double",
  boolean: "bool",
  switch: "bool",
  switchparameter: "bool",
  pscustomobject: "psobject",
  "management.automation.psobject": "psobject",
  "collections.hashtable": "hashtable",
  "object[]": "array",
};
const typeNames: { readonly [type: string]: string } = {
  double: "System.Double",
  bool: "System.Boolean",
  string: "System.String",
  char: "System.Char",
  datetime: "System.DateTime",
  timespan: "System.TimeSpan",
  guid: "System.Guid",
  scriptblock: "System.Management.Automation.ScriptBlock",
  hashtable: "System.Collections.Hashtable",
  array: "System.Object[]",
  object: "System.Object",
  psobject: "System.Management.Automation.PSCustomObject",
  ordered: "System.Collections.Specialized.OrderedDictionary",
  void: "System.Void",
  regex: "System.Text.RegularExpressions.Regex",
  math: "System.Math",
  convert: "System.Convert",
  environment: "System.Environment",
  type: "System.RuntimeType",
  xml: "System.Xml.XmlDocument",
};

/** A type by the name a script gives it, in lower case; `null`: there is none. */
export function knownType(written: string): { readonly key: string; readonly name: string } | null {
  const plain = written.toLowerCase().replace(/^system\./, "");
  const key = (Object.hasOwn(otherNames, plain) ? otherNames[plain] : undefined) ?? plain;
  if (Object.hasOwn(wholeTypes, key)) return { key, name: wholeTypes[key]?.[0] ?? key };
  if (Object.hasOwn(typeNames, key)) return { key, name: typeNames[key] ?? key };
  if (!key.endsWith("[]")) return null;
  const inner = knownType(key.slice(0, -2));
  return inner === null ? null : { key: `${inner.key}[]`, name: `${inner.name}[]` };
}

/** The name of a type as .NET writes it. @throws ScriptError when there is none of that name */
export function typeNamed(written: string): { readonly key: string; readonly name: string } {
  const found = knownType(written);
  if (found !== null) return found;
  throw fail("TypeNotFound", `Unable to find type [${written}].`, { category: "InvalidOperation" });
}

/** Makes a value one of a type. @throws ScriptError when it cannot be */
export function cast(written: string, value: Value): Value {
  const { key, name } = typeNamed(written);
  if (key.endsWith("[]") && key !== "array")
    return { kind: "list", items: itemsOf(value).map((one) => cast(key.slice(0, -2), one)) };
  const whole = wholeTypes[key];
  if (whole !== undefined) return toWhole(value, whole);
  switch (key) {
    case "double":
      return Number(toNumber(value));
    case "bool":
      return toBool(value);
    case "string":
      return toText(value);
    case "char":
      return toChar(value);
    case "datetime":
      return toDate(value);
    case "timespan":
      return toSpan(value);
    case "guid":
      return toGuid(value);
    case "array":
      return { kind: "list", items: [...itemsOf(value)] };
    case "psobject":
      return toObject(value);
    case "void":
      return null;
    case "object":
    case "ordered":
      return value;
    default:
      if (typeName(value) === name) return value;
      throw cannotConvert(value, name);
  }
}

function toWhole(value: Value, [name, signed, bits]: readonly [string, boolean, number]): bigint {
  const found = toNumber(value);
  const whole = typeof found === "bigint" ? found : roundHalfEven(found);
  const fits =
    whole !== null && (signed ? BigInt.asIntN(bits, whole) : BigInt.asUintN(bits, whole)) === whole;
  if (!fits)
    throw cannotConvert(value, name, ` Error: "Value was either too large or too small for ${name}."`);
  return whole;
}

/** Rounds to the even neighbour when it lies in the middle; `null`: it is no number. */
export function roundHalfEven(value: number): bigint | null {
  if (!Number.isFinite(value)) return null;
  const low = Math.floor(value);
  const middle = value - low;
  const isUp = middle > 0.5 || (middle === 0.5 && low % 2 !== 0);
  return BigInt(isUp ? low + 1 : low);
}

function toChar(value: Value): string {
  if (typeof value === "string" && value.length === 1) return value;
  const code = typeof value === "string" ? null : Number(toNumber(value));
  if (code === null || !(code >= 0 && code <= 0xffff)) throw cannotConvert(value, "System.Char");
  return String.fromCharCode(code);
}

function toDate(value: Value): DateValue {
  if (isKind(value, "date")) return value;
  const found = typeof value === "string" ? parseDate(value) : null;
  if (found === null)
    throw cannotConvert(value, "System.DateTime", ' Error: "String was not recognized as a valid DateTime."');
  return found;
}

function toSpan(value: Value): SpanValue {
  if (isKind(value, "span")) return value;
  // Numbers are ticks of 100 ns, as .NET has them.
  const millis =
    typeof value === "string" ? parseSpan(value) : isNumber(value) ? Number(value) / 10_000 : null;
  if (millis === null) throw cannotConvert(value, "System.TimeSpan");
  return { kind: "span", millis };
}

function toGuid(value: Value): string {
  const found = parseGuid(toText(value));
  if (found === null) throw cannotConvert(value, "System.Guid");
  return found;
}

function toObject(value: Value): Value {
  if (!isKind(value, "table")) return value;
  return customObject([...value.entries.values()].map(({ key, value: one }) => [toText(key), one] as const));
}

/** A value of a parameter's kind, or of an array of them. @throws ScriptError when it cannot be */
export function wholeOf(value: Value): bigint {
  return toWhole(value, ["System.Int64", true, 64]);
}

/** A property that scripts may write. @throws ScriptError when it may not be */
export function writeProperty(found: Property | undefined, name: string, value: Value): void {
  if (found === undefined)
    throw fail(
      "PropertyAssignmentException",
      `The property '${short(name)}' cannot be found on this object. Verify that the property exists and can be set.`,
    );
  if (found.readOnly) throw fail("PropertyAssignmentException", `'${found.name}' is a ReadOnly property.`);
  found.value = value;
}

/** Several values as one; whole numbers that 64 bits do not hold become doubles. */
export function sumOf(values: readonly (bigint | number)[]): bigint | number {
  if (values.every((one) => typeof one === "bigint"))
    return fitted(values.reduce((sum, one) => sum + BigInt(one), 0n));
  return values.reduce<number>((sum, one) => sum + Number(one), 0);
}

import type { CimInstance } from "../../wmi/index.ts";
import type { ScriptBlock } from "../syntax/ast.ts";

/** Anything a variable can hold. Whole numbers are `bigint`, doubles `number`. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | ListValue
  | TableValue
  | ObjectValue
  | ScriptValue
  | DateValue
  | SpanValue
  | TypeValue;

/** An array. Its places can be written, its length cannot. */
export interface ListValue {
  readonly kind: "list";
  readonly items: Value[];
}

/** A hash table. Names are found without regard to case; entries stay in the order in which they came. */
export interface TableValue {
  readonly kind: "table";
  readonly entries: Map<string, { readonly key: Value; value: Value }>;
}

/** An object with properties. */
export interface ObjectValue {
  readonly kind: "object";
  /** From the most special to the most general, as `PSTypeNames` has them. */
  readonly typeNames: readonly string[];
  /** By name in lower case, in order. */
  readonly properties: Map<string, Property>;
  /** What it is as text; `null`: its properties. */
  readonly text: string | null;
  readonly origin: Origin;
}

/** One property of an object. */
export interface Property {
  readonly name: string;
  value: Value;
  readonly readOnly: boolean;
}

/** What an object was made of. */
export type Origin =
  | { readonly kind: "script" }
  /** An object of the management service; its methods can be called. */
  | { readonly kind: "wmi"; readonly instance: CimInstance }
  | { readonly kind: "error"; readonly fault: Fault }
  /** What a Format cmdlet has made: how a value is to be shown. Those of one call have the same `layout`. */
  | { readonly kind: "formatted"; readonly layout: Layout; readonly value: Value };

/** How values are shown. */
export type Layout =
  | {
      readonly kind: "table";
      readonly columns: readonly Column[] | null;
      readonly autoSize: boolean;
      readonly hideHeaders: boolean;
      readonly wrap: boolean;
      readonly groupBy: Column | null;
    }
  | {
      readonly kind: "list";
      readonly columns: readonly Column[] | null;
      readonly groupBy: Column | null;
    }
  | { readonly kind: "wide"; readonly column: Column | null; readonly columns: number | null };

/** One column of a table or line of a list. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right" | null;
  /** Characters; `null`: as many as it needs. */
  readonly width: number | null;
  /** A form of .NET for numbers and dates, `N2`; `null`: the usual one. */
  readonly form: string | null;
  /** What is shown of a value. */
  value(of: Value): Promise<Value>;
}

/** A script block as a value. It runs in the scope of whoever calls it. */
export interface ScriptValue {
  readonly kind: "script";
  readonly block: ScriptBlock;
  /** The script that it is a part of: places in the block count from its start. */
  readonly source: string;
}

/** A function as it was declared. */
export interface ScriptFunction {
  readonly name: string;
  readonly block: ScriptBlock;
  readonly source: string;
}

/** The variables and functions of a place, and of the places around it. */
export interface Scope {
  readonly parent: Scope | null;
  readonly variables: Map<string, { readonly name: string; value: Value }>;
  readonly functions: Map<string, ScriptFunction>;
}

/** A point of time on the clock of the page. */
export interface DateValue {
  readonly kind: "date";
  /** Milliseconds since 1970, of the clock on the wall where the page is. */
  readonly at: number;
}

/** A span of time. */
export interface SpanValue {
  readonly kind: "span";
  /** Milliseconds. */
  readonly millis: number;
}

/** A type, `[int]`. */
export interface TypeValue {
  readonly kind: "type";
  /** As .NET writes it, `System.Int32`. */
  readonly name: string;
}

/** What is wrong, as an error record says it. */
export interface Fault {
  readonly message: string;
  /** The first part of FullyQualifiedErrorId. */
  readonly id: string;
  readonly category: string;
  /** Name of the type of its exception. */
  readonly exception: string;
  /** What it was about; `null`: nothing that has a name. */
  readonly target: Value;
  /** HRESULT, unsigned; `null`: there is none. */
  readonly hresult: number | null;
}

/** An array of these values. It is theirs from now on. */
export function list(items: Value[]): ListValue {
  return { kind: "list", items };
}

/** An object that scripts may change. */
export function customObject(properties: Iterable<readonly [string, Value]>): ObjectValue {
  return makeObject(["System.Management.Automation.PSCustomObject", "System.Object"], properties, {
    readOnly: false,
  });
}

/** An object of a type. */
export function makeObject(
  typeNames: readonly string[],
  properties: Iterable<readonly [string, Value]>,
  options: { readonly readOnly?: boolean; readonly text?: string; readonly origin?: Origin } = {},
): ObjectValue {
  const { readOnly = true, text = null, origin = { kind: "script" } } = options;
  const map = new Map<string, Property>();
  for (const [name, value] of properties) map.set(name.toLowerCase(), { name, value, readOnly });
  return { kind: "object", typeNames, properties: map, text, origin };
}

/** A hash table of these entries. */
export function table(entries: Iterable<readonly [string, Value]> = []): TableValue {
  const made: TableValue = { kind: "table", entries: new Map() };
  for (const [key, value] of entries) made.entries.set(entryName(key), { key, value });
  return made;
}

/** Under which name an entry of a hash table lies. Numbers and text are never the same. */
export function entryName(key: Value): string {
  if (typeof key === "string") return `s${key.toLowerCase()}`;
  if (typeof key === "bigint" || typeof key === "number") return `n${key}`;
  return typeof key === "boolean" ? `b${key}` : `o${String(key === null ? "" : key.kind)}`;
}

/** Whether a value is one of those with a `kind`. */
export function isKind<K extends "list" | "table" | "object" | "script" | "date" | "span" | "type">(
  value: Value,
  kind: K,
): value is Extract<Value, { readonly kind: K }> {
  return typeof value === "object" && value !== null && value.kind === kind;
}

/** What stands in an array, or the value alone; nothing of `$null`. */
export function itemsOf(value: Value): readonly Value[] {
  if (value === null) return [];
  return isKind(value, "list") ? value.items : [value];
}

/** What several outputs are as one value: nothing, the only one, or an array. */
export function joined(outputs: Value[]): Value {
  return outputs.length > 1 ? list(outputs) : (outputs[0] ?? null);
}

/** The value of a property of an object; `$null` when it has none of that name. */
export function propertyOf(value: Value, name: string): Value {
  return isKind(value, "object") ? (value.properties.get(name.toLowerCase())?.value ?? null) : null;
}

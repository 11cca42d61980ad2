import { formatValue } from "../../values/format-operator.ts";
import { checkList, checkText } from "../../values/limits.ts";
import { fail, type ScriptError } from "../../values/script-error.ts";
import { doubleText, toText } from "../../values/text.ts";
import { customObject, isKind, list, type Value } from "../../values/value.ts";

/** Writes JSON. What is deeper than `depth` is text. */
export function writeJson(
  value: Value,
  { depth, compress }: { readonly depth: number; readonly compress: boolean },
): string {
  let length = 0;
  const grown = (text: string): string => {
    length += text.length;
    checkText(length);
    return text;
  };
  const write = (one: Value, level: number): string => {
    if (one === null) return "null";
    if (typeof one === "boolean") return String(one);
    if (typeof one === "bigint") return grown(one.toString());
    if (typeof one === "number")
      return Number.isFinite(one) ? grown(jsonNumber(one)) : `"${doubleText(one)}"`;
    if (typeof one === "string") return grown(quoted(one));
    const pairs = pairsOf(one);
    if (pairs === null) return grown(quoted(textOf(one)));
    if (level > depth) return grown(quoted(toText(one)));
    const isList = isKind(one, "list");
    const parts = pairs.map(([name, item]) => {
      const inner = write(item, level + 1);
      return isList ? inner : `${grown(quoted(name))}:${compress ? "" : "  "}${inner}`;
    });
    const [open, close] = isList ? ["[", "]"] : ["{", "}"];
    if (parts.length === 0) return `${open}${close}`;
    if (compress) return `${open}${parts.join(",")}${close}`;
    const inset = "    ".repeat(level + 1);
    grown(inset.repeat(Math.min(parts.length, 1 << 20)).slice(0, 1 << 20));
    return `${open}\n${parts.map((part) => inset + part).join(",\n")}\n${"    ".repeat(level)}${close}`;
  };
  return write(value, 0);
}

function jsonNumber(value: number): string {
  const text = doubleText(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** `null`: it is no thing with parts. */
function pairsOf(
  value: Exclude<Value, null | boolean | number | bigint | string>,
): readonly (readonly [string, Value])[] | null {
  switch (value.kind) {
    case "list":
      return value.items.map((one) => ["", one] as const);
    case "table":
      return [...value.entries.values()].map(({ key, value: one }) => [toText(key), one] as const);
    case "object":
      return [...value.properties.values()].map(({ name, value: one }) => [name, one] as const);
    default:
      return null;
  }
}

function textOf(value: Value): string {
  return isKind(value, "date") ? formatValue(value, "o") : toText(value);
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&']/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Things inside each other that are read. */
const deepest = 100;

/** Reads JSON; objects keep the order of their names. @throws ScriptError with the place of the mistake */
export function readJson(text: string): Value {
  const reading = { text, at: 0 };
  const value = readValue(reading, 0);
  skip(reading);
  if (reading.at < text.length) throw wrong(reading);
  return value;
}

interface Reading {
  readonly text: string;
  at: number;
}

function wrong({ text, at }: Reading): ScriptError {
  const line = text.slice(0, at).split("\n").length;
  const what = at < text.length ? `'${text[at]}'` : "the end";
  return fail(
    "ArgumentException",
    `Invalid JSON: ${what} was not expected (line ${line}, character ${at + 1}).`,
    {
      category: "InvalidArgument",
      exception: "ArgumentException",
    },
  );
}

function skip(reading: Reading): void {
  const blank = /[ \t\r\n]*/y;
  blank.lastIndex = reading.at;
  reading.at += blank.exec(reading.text)?.[0].length ?? 0;
}

function take(reading: Reading, form: RegExp): string | null {
  form.lastIndex = reading.at;
  const found = form.exec(reading.text)?.[0] ?? null;
  if (found !== null) reading.at += found.length;
  return found;
}

function readValue(reading: Reading, depth: number): Value {
  skip(reading);
  const first = reading.text[reading.at];
  if (depth > deepest) throw wrong(reading);
  if (first === "{") return readObject(reading, depth);
  if (first === "[") return readList(reading, depth);
  if (first === '"') return readText(reading);
  const number = take(reading, /-?\d{1,400}(\.\d{1,400})?(e[+-]?\d{1,3})?/iy);
  if (number !== null) return /^-?\d{1,18}$/.test(number) ? BigInt(number) : Number(number);
  const word = take(reading, /true|false|null/y);
  if (word === null) throw wrong(reading);
  return word === "null" ? null : word === "true";
}

function readText(reading: Reading): string {
  const start = reading.at;
  const found = take(reading, /"(?:[^"\\\n]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/y);
  if (found === null) throw wrong({ text: reading.text, at: start });
  const short: { readonly [letter: string]: string } = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
  return found
    .slice(1, -1)
    .replace(/\\(?:u(.{4})|(.))/g, (_all, code, letter) =>
      code === undefined ? (short[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
    );
}

function readList(reading: Reading, depth: number): Value {
  const items: Value[] = [];
  reading.at++;
  skip(reading);
  while (take(reading, /\]/y) === null) {
    if (items.length > 0 && take(reading, /,/y) === null) throw wrong(reading);
    items.push(readValue(reading, depth + 1));
    checkList(items.length);
    skip(reading);
  }
  return list(items);
}

function readObject(reading: Reading, depth: number): Value {
  const properties: (readonly [string, Value])[] = [];
  reading.at++;
  skip(reading);
  while (take(reading, /\}/y) === null) {
    if (properties.length > 0 && take(reading, /,/y) === null) throw wrong(reading);
    skip(reading);
    const name = reading.text[reading.at] === '"' ? readText(reading) : null;
    skip(reading);
    if (name === null || take(reading, /:/y) === null) throw wrong(reading);
    properties.push([name, readValue(reading, depth + 1)]);
    checkList(properties.length);
    skip(reading);
  }
  return customObject(properties);
}

import { calculate } from "./arithmetic.ts";
import { cast, roundHalfEven, short, toNumber, typeNamed } from "./convert.ts";
import { formatText } from "./format-operator.ts";
import { fail } from "./script-error.ts";
import { joinTexts, toText } from "./text.ts";
import { isKind, itemsOf, type Value } from "./value.ts";

/** What statics need of the world. */
export interface StaticSurroundings {
  /** Milliseconds since 1970 on the wall. */
  now(): number;
  /** Minutes that the wall is ahead of UTC. */
  ahead(): number;
  /** A number from 0 up to, not including, 1. */
  random(): number;
}

type Static = (given: readonly Value[], around: StaticSurroundings) => Value;

const number = (given: readonly Value[], place: number): number => Number(toNumber(given[place] ?? null));
const onDoubles =
  (work: (value: number) => number): Static =>
  (given) => {
    const value = toNumber(given[0] ?? null);
    return typeof value === "bigint" ? value : work(value);
  };
const always =
  (work: (...values: number[]) => number): Static =>
  (given) =>
    work(...given.map((_one, place) => number(given, place)));

function extreme(isMore: (one: bigint | number, other: bigint | number) => boolean): Static {
  return (given) => {
    const [one, other] = [toNumber(given[0] ?? null), toNumber(given[1] ?? null)];
    return isMore(one, other) ? one : other;
  };
}

function round(given: readonly Value[]): Value {
  const value = toNumber(given[0] ?? null);
  const digits = given.length > 1 ? number(given, 1) : 0;
  if (typeof value === "bigint") return value;
  if (!(digits >= 0 && digits <= 15))
    throw fail("ArgumentOutOfRange", "Rounding digits must be between 0 and 15, inclusive.");
  const scaled = roundHalfEven(Number((value * 10 ** digits).toPrecision(15)));
  return scaled === null ? value : Number(scaled) / 10 ** digits;
}

const math: { readonly [name: string]: Static } = {
  abs(given) {
    const value = toNumber(given[0] ?? null);
    return value < 0 ? calculate("-", 0n, value) : value;
  },
  max: extreme((one, other) => one >= other),
  min: extreme((one, other) => one <= other),
  round,
  floor: onDoubles(Math.floor),
  ceiling: onDoubles(Math.ceil),
  truncate: onDoubles(Math.trunc),
  pow: always((value = 0, power = 0) => value ** power),
  sqrt: always((value = 0) => Math.sqrt(value)),
  log: always((value = 0, base = Math.E) => Math.log(value) / Math.log(base)),
  log10: always((value = 0) => Math.log10(value)),
  exp: always((value = 0) => Math.exp(value)),
  sign: (given) => BigInt(Math.sign(number(given, 0))),
  sin: always((value = 0) => Math.sin(value)),
  cos: always((value = 0) => Math.cos(value)),
  tan: always((value = 0) => Math.tan(value)),
  pi: () => Math.PI,
  e: () => Math.E,
};

const day = 86_400_000;
const spanOf =
  (millis: number): Static =>
  (given) => ({ kind: "span", millis: Math.round(number(given, 0) * millis) });

function convertText(given: readonly Value[]): Value {
  const [value = null, base = null] = given;
  if (base === null || isKind(value, "list")) return toText(value);
  const whole = toNumber(value);
  const radix = Number(toNumber(base));
  if (typeof whole !== "bigint" || ![2, 8, 10, 16].includes(radix))
    throw fail("ArgumentException", "Invalid Base.");
  return (whole < 0n ? BigInt.asUintN(64, whole) : whole).toString(radix);
}

function convertWhole(given: readonly Value[]): Value {
  const [value = null, base = null] = given;
  if (base === null) return cast("long", value);
  const radix = Number(toNumber(base));
  const text = toText(value).trim().replace(/^0x/i, "");
  const forms: { readonly [radix: number]: RegExp } = {
    2: /^[01]+$/,
    8: /^[0-7]+$/,
    10: /^-?\d+$/,
    16: /^[\da-f]+$/i,
  };
  const prefixes: { readonly [radix: number]: string } = { 2: "0b", 8: "0o", 10: "", 16: "0x" };
  const form = forms[radix];
  if (form === undefined || text.length > 64 || !form.test(text))
    throw fail("FormatException", `"${short(text)}" is no number of base ${short(String(radix))}.`);
  return cast("long", BigInt(`${prefixes[radix] ?? ""}${text}`));
}

function newGuid(_given: readonly Value[], { random }: StaticSurroundings): Value {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16));
  digits[12] = 4;
  digits[16] = 8 + ((digits[16] ?? 0) % 4);
  const hex = digits.map((one) => one.toString(16)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const statics: { readonly [type: string]: { readonly [name: string]: Static } } = {
  math,
  string: {
    empty: () => "",
    join: (given) =>
      joinTexts(given.length > 2 ? given.slice(1) : itemsOf(given[1] ?? null), toText(given[0] ?? null)),
    format: (given) =>
      formatText(toText(given[0] ?? null), given.length === 2 ? itemsOf(given[1] ?? null) : given.slice(1)),
    isnullorempty: (given) => toText(given[0] ?? null) === "",
    isnullorwhitespace: (given) => toText(given[0] ?? null).trim() === "",
    concat: (given) => joinTexts(given, ""),
  },
  datetime: {
    now: (_given, { now }) => ({ kind: "date", at: now() }),
    utcnow: (_given, { now, ahead }) => ({ kind: "date", at: now() - ahead() * 60_000 }),
    today: (_given, { now }) => ({ kind: "date", at: Math.floor(now() / day) * day }),
    parse: (given) => cast("datetime", toText(given[0] ?? null)),
  },
  timespan: {
    zero: () => ({ kind: "span", millis: 0 }),
    fromdays: spanOf(day),
    fromhours: spanOf(3_600_000),
    fromminutes: spanOf(60_000),
    fromseconds: spanOf(1000),
    frommilliseconds: spanOf(1),
    parse: (given) => cast("timespan", toText(given[0] ?? null)),
  },
  guid: {
    newguid: newGuid,
    empty: () => "00000000-0000-0000-0000-000000000000",
    parse: (given) => cast("guid", given[0] ?? null),
  },
  convert: {
    toint32: convertWhole,
    toint64: convertWhole,
    tostring: convertText,
    toboolean: (given) => cast("bool", given[0] ?? null),
    todouble: (given) => cast("double", given[0] ?? null),
  },
  environment: { newline: () => "\r\n" },
  int: {
    maxvalue: () => 2147483647n,
    minvalue: () => -2147483648n,
    parse: (given) => cast("int", toText(given[0] ?? null)),
  },
  long: {
    maxvalue: () => (1n << 63n) - 1n,
    minvalue: () => -(1n << 63n),
    parse: (given) => cast("long", toText(given[0] ?? null)),
  },
  uint32: { maxvalue: () => 4294967295n, minvalue: () => 0n },
  uint64: { maxvalue: () => (1n << 64n) - 1n, minvalue: () => 0n },
  double: {
    maxvalue: () => Number.MAX_VALUE,
    minvalue: () => -Number.MAX_VALUE,
    nan: () => Number.NaN,
    positiveinfinity: () => Infinity,
    parse: (given) => cast("double", toText(given[0] ?? null)),
  },
  bool: { truestring: () => "True", falsestring: () => "False" },
  char: {
    isdigit: (given) => /^\p{Nd}/u.test(toText(given[0] ?? null)),
    isletter: (given) => /^\p{L}/u.test(toText(given[0] ?? null)),
  },
};

/** A static member or method of a type, called. @throws ScriptError when there is none of that name */
export function callStatic(
  type: Value,
  name: string,
  { given, around }: { readonly given: readonly Value[] | null; readonly around: StaticSurroundings },
): Value {
  if (!isKind(type, "type")) throw fail("MethodNotFound", "Only types, such as [math], have static members.");
  const { key } = typeNamed(type.name);
  const lower = name.toLowerCase();
  const of = Object.hasOwn(statics, key) ? statics[key] : undefined;
  const found = of !== undefined && Object.hasOwn(of, lower) ? of[lower] : undefined;
  if (found !== undefined) return found(given ?? [], around);
  if (given === null) return null;
  throw fail("MethodNotFound", `[${type.name}] does not contain a static method named '${short(name)}'.`);
}

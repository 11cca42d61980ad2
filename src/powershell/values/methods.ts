import { isEqual, order } from "./compare.ts";
import { short, toNumber, wholeOf } from "./convert.ts";
import { formatValue } from "./format-operator.ts";
import { checkText } from "./limits.ts";
import { literalPattern, splitText } from "./matching.ts";
import { copyTable, entriesOf } from "./members.ts";
import { fail } from "./script-error.ts";
import { isNumber, toText, typeName } from "./text.ts";
import { dateAt } from "./time.ts";
import { entryName, isKind, list, type TableValue, type Value } from "./value.ts";

/** What a method does with what it is called on and with. */
type Method<T> = (self: T, given: readonly Value[]) => Value;
type Methods<T> = { readonly [name: string]: Method<T> };

const text = (given: readonly Value[], place: number): string => toText(given[place] ?? null);

function whole(given: readonly Value[], place: number): number {
  const found = Number(wholeOf(given[place] ?? null));
  if (!Number.isSafeInteger(found)) throw outOfRange();
  return found;
}

function outOfRange(): Error {
  return fail("ArgumentOutOfRange", "Index and length must refer to a location within the string.", {
    category: "NotSpecified",
    exception: "ArgumentOutOfRangeException",
  });
}

/** Text between a place and a place, when both are within it. */
function slice(self: string, start: number, length: number): string {
  if (start < 0 || length < 0 || start + length > self.length) throw outOfRange();
  return self.slice(start, start + length);
}

function trimmed(self: string, given: readonly Value[], ends: "both" | "start" | "end"): string {
  const letters = given.map(toText).join("");
  const isCut = (letter: string): boolean => (letters === "" ? /\s/.test(letter) : letters.includes(letter));
  let start = 0;
  let end = self.length;
  if (ends !== "end") while (start < end && isCut(self[start] ?? "")) start++;
  if (ends !== "start") while (end > start && isCut(self[end - 1] ?? "")) end--;
  return self.slice(start, end);
}

function padded(self: string, given: readonly Value[], isLeft: boolean): string {
  const size = whole(given, 0);
  checkText(size);
  const letter = given.length > 1 ? text(given, 1) : " ";
  return isLeft ? self.padStart(size, letter) : self.padEnd(size, letter);
}

function splitBy(self: string, given: readonly Value[]): Value {
  const letters = given.length === 0 ? [" "] : [...toText(given[0] ?? null)];
  const pieces: string[] = [];
  let piece = "";
  for (const letter of self) {
    if (letters.includes(letter)) {
      pieces.push(piece);
      piece = "";
    } else piece += letter;
  }
  return list([...pieces, piece]);
}

const stringMethods: Methods<string> = {
  toupper: (self) => self.toUpperCase(),
  tolower: (self) => self.toLowerCase(),
  trim: (self, given) => trimmed(self, given, "both"),
  trimstart: (self, given) => trimmed(self, given, "start"),
  trimend: (self, given) => trimmed(self, given, "end"),
  split: splitBy,
  replace(self, given) {
    const pieces = splitText(self, literalPattern(text(given, 0), true), 0);
    const by = text(given, 1);
    checkText(self.length + by.length * pieces.length);
    return pieces.join(by);
  },
  contains: (self, given) => self.includes(text(given, 0)),
  startswith: (self, given) => self.startsWith(text(given, 0)),
  endswith: (self, given) => self.endsWith(text(given, 0)),
  indexof: (self, given) => BigInt(self.indexOf(text(given, 0), given.length > 1 ? whole(given, 1) : 0)),
  lastindexof: (self, given) => BigInt(self.lastIndexOf(text(given, 0))),
  substring(self, given) {
    const start = whole(given, 0);
    return slice(self, start, given.length > 1 ? whole(given, 1) : self.length - start);
  },
  insert(self, given) {
    const at = whole(given, 0);
    return slice(self, 0, at) + text(given, 1) + self.slice(at);
  },
  remove(self, given) {
    const start = whole(given, 0);
    const length = given.length > 1 ? whole(given, 1) : self.length - start;
    slice(self, start, length);
    return self.slice(0, start) + self.slice(start + length);
  },
  padleft: (self, given) => padded(self, given, true),
  padright: (self, given) => padded(self, given, false),
  tochararray: (self) => list([...self]),
};

function addEntry(self: TableValue, given: readonly Value[]): null {
  const [key = null, value = null] = given;
  const name = entryName(key);
  if (self.entries.has(name))
    throw fail(
      "ArgumentException",
      `Item has already been added. Key in dictionary: '${short(toText(key))}'.`,
    );
  self.entries.set(name, { key, value });
  return null;
}

const hasKey: Method<TableValue> = (self, given) => self.entries.has(entryName(given[0] ?? null));
const tableMethods: Methods<TableValue> = {
  add: addEntry,
  remove(self, given) {
    self.entries.delete(entryName(given[0] ?? null));
    return null;
  },
  clear(self) {
    self.entries.clear();
    return null;
  },
  contains: hasKey,
  containskey: hasKey,
  containsvalue: (self, given) =>
    [...self.entries.values()].some(({ value }) => isEqual(value, given[0] ?? null, true)),
  clone: copyTable,
  getenumerator: (self) => list(entriesOf(self)),
};

const listMethods: Methods<{ readonly items: Value[] }> = {
  contains: (self, given) => self.items.some((one) => isEqual(one, given[0] ?? null, true)),
  indexof: (self, given) => BigInt(self.items.findIndex((one) => isEqual(one, given[0] ?? null, true))),
  clone: (self) => list([...self.items]),
};

const addTime =
  (millis: number): Method<{ readonly at: number }> =>
  (self, given) =>
    dateOrFail(self.at + Number(toNumber(given[0] ?? null)) * millis);

function addMonths(at: number, months: number): Value {
  const moment = new Date(at);
  const day = moment.getUTCDate();
  moment.setUTCDate(1);
  moment.setUTCMonth(moment.getUTCMonth() + months);
  const last = new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + 1, 0)).getUTCDate();
  moment.setUTCDate(Math.min(day, last));
  return dateOrFail(moment.getTime());
}

function dateOrFail(at: number): Value {
  const made = dateAt(at);
  if (made !== null) return made;
  throw fail("ArgumentOutOfRange", "The date lies outside the years 1 to 9999.");
}

const dateMethods: Methods<{ readonly at: number }> = {
  adddays: addTime(86_400_000),
  addhours: addTime(3_600_000),
  addminutes: addTime(60_000),
  addseconds: addTime(1000),
  addmilliseconds: addTime(1),
  addmonths: (self, given) => addMonths(self.at, whole(given, 0)),
  addyears: (self, given) => addMonths(self.at, whole(given, 0) * 12),
  subtract(self, given) {
    const other = given[0] ?? null;
    if (isKind(other, "date")) return { kind: "span", millis: self.at - other.at };
    return dateOrFail(self.at - (isKind(other, "span") ? other.millis : Number(toNumber(other))));
  },
  toshortdatestring: ({ at }) => formatValue({ kind: "date", at }, "d"),
  tolongdatestring: ({ at }) => formatValue({ kind: "date", at }, "D"),
  toshorttimestring: ({ at }) => formatValue({ kind: "date", at }, "t"),
  tolongtimestring: ({ at }) => formatValue({ kind: "date", at }, "T"),
};

const anyMethods: Methods<Value> = {
  tostring(self, given) {
    const style = text(given, 0);
    return isNumber(self) || isKind(self, "date") || isKind(self, "span")
      ? formatValue(self, style)
      : toText(self);
  },
  equals: (self, given) => isEqual(self, given[0] ?? null, true),
  compareto: (self, given) => BigInt(Math.sign(order(self, given[0] ?? null, true))),
  gettype: (self) => ({ kind: "type", name: typeName(self) }),
  gethashcode: (self) => BigInt(toText(self).length),
};

/** Names of the methods of a value, as a list of members shows them. */
export function methodNames(of: Value): readonly string[] {
  return [...Object.keys(ownMethods(of) ?? {}), ...Object.keys(anyMethods)].map(
    (lower) => titles.get(lower) ?? lower,
  );
}

const titles = new Map(
  [
    ...["ToUpper", "ToLower", "Trim", "TrimStart", "TrimEnd", "Split", "Replace", "Contains", "StartsWith"],
    ...["EndsWith", "IndexOf", "LastIndexOf", "Substring", "Insert", "Remove", "PadLeft", "PadRight"],
    ...["ToCharArray", "Add", "Clear", "ContainsKey", "ContainsValue", "Clone", "GetEnumerator"],
    ...["AddDays", "AddHours", "AddMinutes", "AddSeconds", "AddMilliseconds", "AddMonths", "AddYears"],
    ...["Subtract", "ToShortDateString", "ToLongDateString", "ToShortTimeString", "ToLongTimeString"],
    ...["ToString", "Equals", "CompareTo", "GetType", "GetHashCode"],
  ].map((name) => [name.toLowerCase(), name]),
);

function ownMethods(of: Value): Readonly<Record<string, unknown>> | null {
  if (typeof of === "string") return stringMethods;
  if (isKind(of, "list")) return listMethods;
  if (isKind(of, "table")) return tableMethods;
  return isKind(of, "date") ? dateMethods : null;
}

/** Calls a method. @throws ScriptError when there is none of that name, or it refuses */
export function callMethod(of: Value, name: string, given: readonly Value[]): Value {
  const lower = name.toLowerCase();
  if (of === null) throw fail("InvokeMethodOnNull", "You cannot call a method on a null-valued expression.");
  const found = ownCall(of, lower, given) ?? pick(anyMethods, lower, of, given);
  if (found !== undefined) return found();
  throw fail(
    "MethodNotFound",
    `Method invocation failed because [${typeName(of)}] does not contain a method named '${short(name)}'.`,
  );
}

function ownCall(of: Value, lower: string, given: readonly Value[]): (() => Value) | undefined {
  if (typeof of === "string") return pick(stringMethods, lower, of, given);
  if (isKind(of, "list")) return pick(listMethods, lower, of, given);
  if (isKind(of, "table")) return pick(tableMethods, lower, of, given);
  return isKind(of, "date") ? pick(dateMethods, lower, of, given) : undefined;
}

function pick<T>(
  methods: Methods<T>,
  lower: string,
  self: T,
  given: readonly Value[],
): (() => Value) | undefined {
  const found = Object.hasOwn(methods, lower) ? methods[lower] : undefined;
  return found === undefined ? undefined : () => found(self, given);
}

import { cannotConvert, short, toNumber, writeProperty } from "./convert.ts";
import { checkList } from "./limits.ts";
import { fail } from "./script-error.ts";
import { isNumber, toText, typeName } from "./text.ts";
import { dateAt, dateFields, dayMillis } from "./time.ts";
import { entryName, isKind, joined, list, makeObject, table, type Value } from "./value.ts";

/** The value of a member by its name; `undefined`: there is none. Arrays answer for what is in them. */
export function readMember(of: Value, name: string): Value | undefined {
  const lower = name.toLowerCase();
  if (of === null) return undefined;
  if (typeof of === "string") return lower === "length" ? BigInt(of.length) : single(lower);
  if (typeof of !== "object") return single(lower);
  switch (of.kind) {
    case "list":
      return listMember(of.items, lower);
    case "table":
      return tableMember(of, name);
    case "object":
      return lower === "pstypenames"
        ? list([...of.typeNames])
        : (of.properties.get(lower)?.value ?? (of.properties.has(lower) ? null : single(lower)));
    case "date":
      return dateMember(of.at, lower);
    case "span":
      return spanMember(of.millis, lower);
    case "type":
      return typeMember(of.name, lower);
    case "script":
      return single(lower);
  }
}

/** Even what is no array can be counted. */
function single(lower: string): Value | undefined {
  return lower === "count" || lower === "length" ? 1n : undefined;
}

function listMember(items: readonly Value[], lower: string): Value | undefined {
  if (lower === "count" || lower === "length") return BigInt(items.length);
  const found: Value[] = [];
  for (const item of items) {
    const value = isKind(item, "list") ? undefined : readMember(item, lower);
    if (value === undefined) continue;
    if (isKind(value, "list")) found.push(...value.items);
    else found.push(value);
    checkList(found.length);
  }
  return found.length === 0 ? undefined : joined(found);
}

function tableMember(of: Extract<Value, { kind: "table" }>, name: string): Value | undefined {
  const entry = of.entries.get(entryName(name));
  if (entry !== undefined) return entry.value;
  switch (name.toLowerCase()) {
    case "count":
    case "length":
      return BigInt(of.entries.size);
    case "keys":
      return list([...of.entries.values()].map(({ key }) => key));
    case "values":
      return list([...of.entries.values()].map(({ value }) => value));
    default:
      return undefined;
  }
}

/** The entries of a hash table, as a loop over them sees them. */
export function entriesOf(of: Extract<Value, { kind: "table" }>): Value[] {
  return [...of.entries.values()].map(({ key, value }) =>
    makeObject(
      ["System.Collections.DictionaryEntry"],
      [
        ["Name", key],
        ["Key", key],
        ["Value", value],
      ],
    ),
  );
}

function dateMember(at: number, lower: string): Value | undefined {
  const found = Object.entries(dateFields({ kind: "date", at })).find(
    ([name]) => name.toLowerCase() === lower,
  )?.[1];
  if (typeof found === "number") return BigInt(found);
  if (found !== undefined) return found;
  if (lower === "date") return dateAt(Math.floor(at / dayMillis) * dayMillis);
  if (lower === "timeofday") return { kind: "span", millis: ((at % dayMillis) + dayMillis) % dayMillis };
  // 100 ns since the year 1.
  return lower === "ticks" ? (BigInt(Math.floor(at)) + 62_135_596_800_000n) * 10_000n : single(lower);
}

const unitMillis = { days: dayMillis, hours: 3_600_000, minutes: 60_000, seconds: 1000, milliseconds: 1 };
const unitsWithin = { days: Infinity, hours: 24, minutes: 60, seconds: 60, milliseconds: 1000 };

function spanMember(millis: number, lower: string): Value | undefined {
  for (const unit of ["days", "hours", "minutes", "seconds", "milliseconds"] as const) {
    if (lower === `total${unit}`) return millis / unitMillis[unit];
    if (lower !== unit) continue;
    const whole = Math.trunc(millis / unitMillis[unit]);
    return BigInt(unitsWithin[unit] === Infinity ? whole : whole % unitsWithin[unit]);
  }
  return lower === "ticks" ? BigInt(Math.round(millis * 10_000)) : single(lower);
}

function typeMember(name: string, lower: string): Value | undefined {
  if (lower === "fullname") return name;
  return lower === "name" ? (name.split(".").at(-1) ?? name) : single(lower);
}

/** Gives a member a value. @throws ScriptError when it cannot be given one */
export function writeMember(of: Value, name: string, value: Value): void {
  if (isKind(of, "table")) {
    of.entries.set(entryName(name), { key: name, value });
    checkList(of.entries.size);
  } else if (isKind(of, "object")) writeProperty(of.properties.get(name.toLowerCase()), name, value);
  else writeProperty(undefined, name, value);
}

/** What lies at a place of an array, a text or a hash table. */
export function readIndex(of: Value, at: Value): Value {
  if (of === null) throw fail("NullArray", "Cannot index into a null array.");
  if (isKind(of, "table") && !isKind(at, "list")) return of.entries.get(entryName(at))?.value ?? null;
  if (isKind(at, "list")) return list(at.items.map((one) => readIndex(of, one)));
  if (isKind(of, "object")) return readMember(of, toText(at)) ?? null;
  const items = typeof of === "string" ? [...of] : isKind(of, "list") ? of.items : null;
  if (items === null) {
    if (isNumber(of) || typeof of === "boolean") return placeOf(at) === 0 ? of : null;
    throw fail("CannotIndex", `Unable to index into an object of type ${typeName(of)}.`);
  }
  const place = placeOf(at);
  return items[place < 0 ? items.length + place : place] ?? null;
}

function placeOf(at: Value): number {
  const found = toNumber(at);
  const place = Math.round(Number(found));
  if (!Number.isSafeInteger(place)) throw cannotConvert(at, "System.Int32");
  return place;
}

/** Puts a value at a place. @throws ScriptError when there is no such place */
export function writeIndex(of: Value, at: Value, value: Value): void {
  if (of === null) throw fail("NullArray", "Cannot index into a null array.");
  if (isKind(of, "table")) {
    of.entries.set(entryName(at), { key: at, value });
    checkList(of.entries.size);
    return;
  }
  if (!isKind(of, "list"))
    throw fail("CannotIndex", `Unable to index into an object of type ${short(typeName(of))}.`);
  const wanted = placeOf(at);
  const place = wanted < 0 ? of.items.length + wanted : wanted;
  if (!(place >= 0 && place < of.items.length))
    throw fail("IndexOutOfRange", "Index was outside the bounds of the array.", {
      category: "OperationStopped",
      exception: "IndexOutOfRangeException",
    });
  of.items[place] = value;
}

/** A hash table with the same entries. */
export function copyTable(of: Extract<Value, { kind: "table" }>): Value {
  const made = table();
  for (const [name, entry] of of.entries) made.entries.set(name, { ...entry });
  return made;
}

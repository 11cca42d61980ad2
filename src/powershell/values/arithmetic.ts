import { fitted } from "../syntax/numbers.ts";
import { toNumber } from "./convert.ts";
import { checkList, checkText } from "./limits.ts";
import { fail, type ScriptError } from "./script-error.ts";
import { isNumber, toText, typeName } from "./text.ts";
import { dateAt } from "./time.ts";
import { isKind, itemsOf, list, table, type Value } from "./value.ts";

/** `left + right` and the like. @throws ScriptError when the values are none for it */
export function calculate(operator: string, left: Value, right: Value): Value {
  switch (operator) {
    case "+":
      return add(left, right);
    case "-":
      return subtract(left, right);
    case "*":
      return multiply(left, right);
    case "/":
      return divide(toNumber(numeric(left, "/")), toNumber(right));
    case "%":
      return remainder(toNumber(numeric(left, "%")), toNumber(right));
    default:
      return bits(operator, left, right);
  }
}

function wrongFor(operator: string, value: Value): ScriptError {
  return fail(
    "MethodNotFound",
    `Method invocation failed because [${typeName(value)}] does not have an operator '${operator}'.`,
  );
}

function numeric(value: Value, operator: string): Value {
  if (isKind(value, "list") || isKind(value, "table") || isKind(value, "object"))
    throw wrongFor(operator, value);
  return value;
}

function add(left: Value, right: Value): Value {
  if (isKind(left, "list")) {
    const more = itemsOf(right);
    const all = right === null ? [...left.items, null] : [...left.items, ...more];
    checkList(all.length);
    return list(all);
  }
  if (typeof left === "string") {
    const text = toText(right);
    checkText(left.length + text.length);
    return left + text;
  }
  if (left === null) return right;
  if (isKind(left, "table")) return addTables(left, right);
  if (isKind(left, "date")) return moved(left.at + millisOf(right));
  if (isKind(left, "span")) return { kind: "span", millis: left.millis + millisOf(right) };
  if (isNumber(left) || typeof left === "boolean")
    return whole(
      toNumber(left),
      toNumber(right),
      (one, other) => one + other,
      (one, other) => one + other,
    );
  throw wrongFor("op_Addition", left);
}

function addTables(left: Value, right: Value): Value {
  if (!isKind(left, "table") || !isKind(right, "table"))
    throw fail("AddHashTableToNonHashTable", "A hash table can only be added to another hash table.");
  const made = table();
  for (const [name, entry] of left.entries) made.entries.set(name, { ...entry });
  for (const [name, entry] of right.entries) {
    if (made.entries.has(name))
      throw fail("AddHashTable", `The key '${toText(entry.key)}' is there already.`);
    made.entries.set(name, { ...entry });
  }
  return made;
}

function millisOf(value: Value): number {
  if (isKind(value, "span")) return value.millis;
  // Numbers are ticks of 100 ns.
  return Number(toNumber(value)) / 10_000;
}

function moved(at: number): Value {
  const made = dateAt(at);
  if (made === null) throw fail("ArgumentOutOfRange", "The date lies outside the years 1 to 9999.");
  return made;
}

function subtract(left: Value, right: Value): Value {
  if (isKind(left, "date"))
    return isKind(right, "date")
      ? { kind: "span", millis: left.at - right.at }
      : moved(left.at - millisOf(right));
  if (isKind(left, "span")) return { kind: "span", millis: left.millis - millisOf(right) };
  const one = toNumber(numeric(left, "op_Subtraction"));
  return whole(
    one,
    toNumber(numeric(right, "op_Subtraction")),
    (a, b) => a - b,
    (a, b) => a - b,
  );
}

function multiply(left: Value, right: Value): Value {
  if (typeof left === "string") {
    const times = count(right);
    checkText(left.length * times);
    return left.repeat(times);
  }
  if (isKind(left, "list")) {
    const times = count(right);
    checkList(left.items.length * times);
    return list(
      Array.from(
        { length: left.items.length * times },
        (_none, at) => left.items[at % left.items.length] ?? null,
      ),
    );
  }
  const one = toNumber(numeric(left, "op_Multiply"));
  return whole(
    one,
    toNumber(numeric(right, "op_Multiply")),
    (a, b) => a * b,
    (a, b) => a * b,
  );
}

function count(value: Value): number {
  const times = Number(toNumber(value));
  if (!(times >= 0 && Number.isFinite(times)))
    throw fail("ArgumentOutOfRange", `${toText(value)} is no number of times.`);
  return Math.round(times);
}

function divide(left: bigint | number, right: bigint | number): Value {
  if (typeof left === "bigint" && typeof right === "bigint") {
    if (right === 0n) throw divideByZero();
    return left % right === 0n ? fitted(left / right) : Number(left) / Number(right);
  }
  return Number(left) / Number(right);
}

function remainder(left: bigint | number, right: bigint | number): Value {
  if (typeof left === "bigint" && typeof right === "bigint") {
    if (right === 0n) throw divideByZero();
    return left % right;
  }
  return Number(left) % Number(right);
}

function divideByZero(): ScriptError {
  return fail("RuntimeException", "Attempted to divide by zero.", {
    category: "NotSpecified",
    exception: "DivideByZeroException",
  });
}

function whole(
  left: bigint | number,
  right: bigint | number,
  exactly: (left: bigint, right: bigint) => bigint,
  nearly: (left: number, right: number) => number,
): Value {
  return typeof left === "bigint" && typeof right === "bigint"
    ? fitted(exactly(left, right))
    : nearly(Number(left), Number(right));
}

function bits(operator: string, left: Value, right: Value): Value {
  const one = wholeNumber(left);
  const other = wholeNumber(right);
  switch (operator) {
    case "band":
      return BigInt.asIntN(64, one & other);
    case "bor":
      return BigInt.asIntN(64, one | other);
    default:
      return BigInt.asIntN(64, one ^ other);
  }
}

function wholeNumber(value: Value): bigint {
  const number = toNumber(value);
  if (typeof number === "bigint") return number;
  if (!Number.isFinite(number)) throw fail("InvalidCast", `${toText(value)} has no bits.`);
  return BigInt(Math.round(number));
}

import type { Expression } from "../syntax/ast.ts";
import { calculate } from "../values/arithmetic.ts";
import { cast, toBool, toNumber, typeNamed } from "../values/convert.ts";
import { checkList, checkText } from "../values/limits.ts";
import { readIndex, readMember } from "../values/members.ts";
import { writeVariable } from "../values/scope.ts";
import { fail } from "../values/script-error.ts";
import { callStatic } from "../values/statics.ts";
import { isNumber, joinTexts, toText } from "../values/text.ts";
import { entryName, itemsOf, joined, list, table, type Value } from "../values/value.ts";
import { assign } from "./assign.ts";
import type { Frame } from "./machine.ts";
import { operate, splitWords } from "./operators.ts";
import { readFrom } from "./variables.ts";

/** The value of an expression. @throws ScriptError */
export async function evaluate(frame: Frame, expression: Expression): Promise<Value> {
  const { machine } = frame;
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "variable":
      return readFrom(frame, expression);
    case "expandable":
      return expand(frame, expression.parts);
    case "list":
      return list(await evaluateAll(frame, expression.items));
    case "array":
      return list([...itemsOf(await collectBody(frame, expression.body, true))]);
    case "sub":
      return collectBody(frame, expression.body, false);
    case "paren":
      return machine.collect(frame, expression.inner);
    case "table":
      return makeTable(frame, expression.entries);
    case "script":
      return { kind: "script", block: expression.block, source: frame.source };
    case "type":
      return { kind: "type", name: typeNamed(expression.name).name };
    case "cast":
      return cast(expression.type, await evaluate(frame, expression.inner));
    case "unary":
      return unary(expression.operator, await evaluate(frame, expression.inner));
    case "step":
      return step(frame, expression);
    case "binary":
      return binary(frame, expression);
    case "member":
      return member(frame, expression);
    case "call":
      return call(frame, expression);
    case "index":
      return readIndex(await evaluate(frame, expression.of), await evaluate(frame, expression.at));
  }
}

async function evaluateAll(frame: Frame, all: readonly Expression[]): Promise<Value[]> {
  const found: Value[] = [];
  for (const one of all) found.push(await evaluate(frame, one));
  return found;
}

async function expand(frame: Frame, parts: readonly (string | Expression)[]): Promise<string> {
  let made = "";
  for (const part of parts) {
    made += typeof part === "string" ? part : toText(await evaluate(frame, part));
    checkText(made.length);
  }
  frame.machine.charge(frame.scope, made);
  return made;
}

/** What statements put out. An array block keeps even a single `$null`. */
async function collectBody(
  frame: Frame,
  body: Extract<Expression, { kind: "sub" }>["body"],
  asList: boolean,
): Promise<Value> {
  const outputs: Value[] = [];
  const kept = frame.machine.keep(outputs);
  try {
    await frame.machine.statements({ ...frame, out: collector(frame, outputs) }, body);
  } finally {
    kept[Symbol.dispose]();
  }
  return asList ? list(outputs) : joined(outputs);
}

function collector({ machine, scope }: Frame, outputs: Value[]): Frame["out"] {
  return async (value) => {
    checkList(outputs.length + 1);
    machine.charge(scope, value);
    outputs.push(value);
  };
}

async function makeTable(
  frame: Frame,
  entries: Extract<Expression, { kind: "table" }>["entries"],
): Promise<Value> {
  const made = table();
  for (const { key, value } of entries) {
    const name = await evaluate(frame, key);
    if (name === null) throw fail("NullKey", "The name of an entry must not be $null.");
    if (made.entries.has(entryName(name)))
      throw fail("DuplicateKeyInHashLiteral", `The name '${toText(name)}' is there twice.`);
    made.entries.set(entryName(name), { key: name, value: await frame.machine.collect(frame, value) });
  }
  return made;
}

function unary(operator: string, value: Value): Value {
  switch (operator) {
    case "not":
      return !toBool(value);
    case "-":
      return calculate("-", 0n, isNumber(value) ? value : toNumber(value));
    case "+":
      return toNumber(value);
    case "bnot":
      return BigInt.asIntN(64, ~BigInt(Math.round(Number(toNumber(value)))));
    case "join":
      return joinTexts(itemsOf(value), "");
    default:
      return splitWords(value);
  }
}

async function step(frame: Frame, expression: Extract<Expression, { kind: "step" }>): Promise<Value> {
  const { target, by, isPrefix } = expression;
  const before = (await evaluate(frame, target)) ?? 0n;
  const after = calculate("+", before, by);
  await assign(frame, target, after);
  return isPrefix ? after : before;
}

async function binary(frame: Frame, expression: Extract<Expression, { kind: "binary" }>): Promise<Value> {
  const { operator, matchCase } = expression;
  const left = await evaluate(frame, expression.left);
  if (operator === "and") return toBool(left) && toBool(await evaluate(frame, expression.right));
  if (operator === "or") return toBool(left) || toBool(await evaluate(frame, expression.right));
  const right = await evaluate(frame, expression.right);
  const made = operate({ operator, matchCase, left, right }, (matches) =>
    writeVariable(frame.scope, "Matches", matches),
  );
  frame.machine.charge(frame.scope, made);
  return made;
}

async function member(frame: Frame, expression: Extract<Expression, { kind: "member" }>): Promise<Value> {
  const of = await evaluate(frame, expression.of);
  const name = toText(await evaluate(frame, expression.name));
  if (expression.isStatic) return callStatic(of, name, { given: null, around: staticsOf(frame) });
  return readMember(of, name) ?? null;
}

async function call(frame: Frame, expression: Extract<Expression, { kind: "call" }>): Promise<Value> {
  const of = await evaluate(frame, expression.of);
  const name = toText(await evaluate(frame, expression.name));
  const given = await evaluateAll(frame, expression.arguments);
  const made = expression.isStatic
    ? callStatic(of, name, { given, around: staticsOf(frame) })
    : await frame.machine.callMethod(frame, of, { name, given });
  frame.machine.charge(frame.scope, made);
  return made;
}

/** What statics need of the world. */
function staticsOf({ machine: { around } }: Frame) {
  const now = around.wallClock();
  const ahead = around.minutesAhead(now);
  return { now: () => now + ahead * 60_000, ahead: () => ahead, random: around.random };
}

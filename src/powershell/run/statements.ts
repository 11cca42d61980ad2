import type { Expression, Statement } from "../syntax/ast.ts";
import { calculate } from "../values/arithmetic.ts";
import { toBool } from "../values/convert.ts";
import { checkList } from "../values/limits.ts";
import { faultOf, ScriptError } from "../values/script-error.ts";
import { toText } from "../values/text.ts";
import { isKind, joined, type Value } from "../values/value.ts";
import { assign } from "./assign.ts";
import { errorRecord, scriptErrorOf } from "./error-record.ts";
import { runLoop, runSwitch } from "./loops.ts";
import type { Frame, Leave } from "./machine.ts";
import { runPipeline } from "./pipeline.ts";
import { rememberError } from "./remembered-errors.ts";
import { readFrom, withItem } from "./variables.ts";

/** Runs statements one after another. What fails is told, and the next is run; unless somebody catches it. */
export async function runStatements(frame: Frame, body: readonly Statement[]): Promise<Leave | null> {
  const { machine } = frame;
  for (const one of body) {
    if (machine.isDue()) await machine.breathe();
    try {
      const leave = await machine.statement(frame, one);
      if (leave !== null) return leave;
    } catch (thrown) {
      const error = scriptErrorOf(thrown);
      if (error === null) throw thrown;
      error.place ??= { source: frame.source, span: one.span };
      if (error.reach === "script" || frame.inTry) throw error;
      if (stopsAtErrors(frame)) throw asScriptWide(error);
      machine.state.lastOk = false;
      await frame.error(error);
    }
  }
  return null;
}

const preference = {
  kind: "variable",
  span: { start: 0, end: 0 },
  scope: null,
  name: "ErrorActionPreference",
  splat: false,
} as const;

function stopsAtErrors(frame: Frame): boolean {
  return toText(readFrom(frame, preference)).toLowerCase() === "stop";
}

function asScriptWide(error: ScriptError): ScriptError {
  const wide = new ScriptError(error.fault, "script");
  wide.place = error.place;
  wide.activity = error.activity;
  return wide;
}

/** Runs one statement. */
export async function runStatement(frame: Frame, statement: Statement): Promise<Leave | null> {
  const { machine } = frame;
  switch (statement.kind) {
    case "pipeline":
      await runPipeline(frame, statement);
      return null;
    case "assign":
      await runAssign(frame, statement);
      return null;
    case "if":
      return runIf(frame, statement);
    case "while":
    case "do":
    case "for":
    case "foreach":
      return runLoop(frame, statement);
    case "switch":
      return runSwitch(frame, statement);
    case "function":
      frame.scope.functions.set(statement.name.toLowerCase(), {
        name: statement.name,
        block: statement.block,
        source: frame.source,
      });
      return null;
    case "try":
      return runTry(frame, statement);
    case "throw":
      throw await thrown(frame, statement.value);
    case "return":
    case "exit":
      if (statement.value !== null) await machine.statement(frame, statement.value);
      return { kind: statement.kind };
    case "break":
    case "continue":
      return { kind: statement.kind, label: statement.label };
  }
}

/** All outputs of a statement as one value. */
export async function collectStatement(frame: Frame, statement: Statement): Promise<Value> {
  const { machine } = frame;
  const plain = plainExpression(statement);
  if (plain !== null) return machine.evaluate(frame, plain);
  if (statement.kind === "assign") return runAssign(frame, statement);
  const outputs: Value[] = [];
  const kept = machine.keep(outputs);
  try {
    const out = async (value: Value): Promise<void> => {
      checkList(outputs.length + 1);
      machine.charge(frame.scope, value);
      outputs.push(value);
    };
    await machine.statement({ ...frame, out }, statement);
  } finally {
    kept[Symbol.dispose]();
  }
  return joined(outputs);
}

/** An expression that stands alone: its value is itself, an array stays one. */
function plainExpression(statement: Statement): Expression | null {
  if (statement.kind !== "pipeline") return null;
  const [only] = statement.elements;
  const isPlain = statement.elements.length === 1 && only?.kind === "expression";
  return isPlain && only.redirections.length === 0 ? only.value : null;
}

async function runAssign(frame: Frame, statement: Extract<Statement, { kind: "assign" }>): Promise<Value> {
  const { machine } = frame;
  const { target, operator } = statement;
  const given = await machine.collect(frame, statement.value);
  const value =
    operator === "=" ? given : calculate(operator.slice(0, 1), await machine.evaluate(frame, target), given);
  await assign(frame, target, value);
  return value;
}

async function runIf(frame: Frame, statement: Extract<Statement, { kind: "if" }>): Promise<Leave | null> {
  const { machine } = frame;
  for (const { test, body } of statement.branches)
    if (toBool(await machine.collect(frame, test))) return machine.statements(frame, body);
  return statement.otherwise === null ? null : machine.statements(frame, statement.otherwise);
}

async function runTry(frame: Frame, statement: Extract<Statement, { kind: "try" }>): Promise<Leave | null> {
  const { machine } = frame;
  let leave: Leave | null;
  try {
    const inTry = frame.inTry || statement.catches.length > 0;
    leave = await machine.statements({ ...frame, inTry }, statement.body);
  } catch (failure) {
    const error = scriptErrorOf(failure);
    if (error === null) throw failure;
    const clause = statement.catches.find(({ types }) => catches(types, error));
    if (clause === undefined) {
      const early = await runFinally(frame, statement);
      if (early !== null) return early;
      throw error;
    }
    leave = await runCatch(frame, { statement, error, body: clause.body });
  }
  return (await runFinally(frame, statement)) ?? leave;
}

interface Catching {
  readonly statement: Extract<Statement, { kind: "try" }>;
  readonly error: ScriptError;
  readonly body: readonly Statement[];
}

async function runCatch(frame: Frame, { statement, error, body }: Catching): Promise<Leave | null> {
  const record = errorRecord(error);
  rememberError(frame.machine.state, record);
  try {
    return await withItem(frame.scope, record, () => frame.machine.statements(frame, body));
  } catch (failure) {
    if (scriptErrorOf(failure) !== null) await runFinally(frame, statement);
    throw failure;
  }
}

async function runFinally(frame: Frame, { final }: Catching["statement"]): Promise<Leave | null> {
  return final === null ? null : frame.machine.statements(frame, final);
}

function catches(types: readonly string[], { fault }: ScriptError): boolean {
  if (types.length === 0) return true;
  const name = fault.exception.toLowerCase();
  return types.some((type) => {
    const last = type.split(".").at(-1) ?? "";
    return last === "exception" || last === name;
  });
}

async function thrown(frame: Frame, value: Statement | null): Promise<ScriptError> {
  const found = value === null ? "ScriptHalted" : await frame.machine.collect(frame, value);
  if (isKind(found, "object") && found.origin.kind === "error")
    return new ScriptError(found.origin.fault, "script");
  const text = toText(found);
  const fault = faultOf(text, text, { category: "OperationStopped", target: found });
  return new ScriptError(fault, "script");
}

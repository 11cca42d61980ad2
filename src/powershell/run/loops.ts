import { openPattern } from "../pattern/match.ts";
import type { Loop, Statement, SwitchCase } from "../syntax/ast.ts";
import { isEqual } from "../values/compare.ts";
import { toBool } from "../values/convert.ts";
import { toText } from "../values/text.ts";
import { isKind, type Value } from "../values/value.ts";
import { wildcard } from "../values/wildcard.ts";
import { type Frame, type Leave, LeaveError } from "./machine.ts";
import { withItem, writeTo } from "./variables.ts";

/** What comes of one round: go on, or leave the loop. */
type Round = { readonly kind: "next" } | { readonly kind: "left"; readonly leave: Leave | null };

const next: Round = { kind: "next" };

/** Runs the body once. */
async function round(frame: Frame, label: string | null, body: readonly Statement[]): Promise<Round> {
  const { machine } = frame;
  if (machine.isDue()) await machine.breathe();
  let leave: Leave | null;
  try {
    leave = await machine.statements(frame, body);
  } catch (thrown) {
    if (!(thrown instanceof LeaveError)) throw thrown;
    leave = thrown.leave;
  }
  if (leave === null) return next;
  if (leave.kind !== "break" && leave.kind !== "continue") return { kind: "left", leave };
  const isMine = leave.label === null || leave.label.toLowerCase() === label?.toLowerCase();
  if (!isMine) return { kind: "left", leave };
  return leave.kind === "continue" ? next : { kind: "left", leave: null };
}

/** Runs a loop to its end. */
export async function runLoop(frame: Frame, loop: Loop): Promise<Leave | null> {
  switch (loop.kind) {
    case "foreach":
      return runForeach(frame, loop);
    case "for":
      if (loop.first !== null) await quietly(frame, loop.first);
      return again(frame, loop, async (rounds) => {
        if (rounds > 0 && loop.step !== null) await quietly(frame, loop.step);
        return loop.test === null || toBool(await frame.machine.collect(frame, loop.test));
      });
    case "while":
      return again(frame, loop, async () => toBool(await frame.machine.collect(frame, loop.test)));
    case "do":
      return again(frame, loop, async (rounds) =>
        rounds === 0 ? true : toBool(await frame.machine.collect(frame, loop.test)) !== loop.until,
      );
  }
}

/** What a `for` does between its semicolons puts nothing out. */
async function quietly(frame: Frame, statement: Statement): Promise<void> {
  await frame.machine.collect(frame, statement);
}

async function again(
  frame: Frame,
  { label, body }: Pick<Loop, "label" | "body">,
  goesOn: (rounds: number) => Promise<boolean>,
): Promise<Leave | null> {
  for (let rounds = 0; await goesOn(rounds); rounds++) {
    const made = await round(frame, label, body);
    if (made.kind === "left") return made.leave;
  }
  return null;
}

async function runForeach(frame: Frame, loop: Extract<Loop, { kind: "foreach" }>): Promise<Leave | null> {
  const among = await frame.machine.collect(frame, loop.among);
  const items = isKind(among, "list") ? [...among.items] : among === null ? [] : [among];
  for (const item of items) {
    writeTo(frame, loop.variable, item);
    const made = await round(frame, loop.label, loop.body);
    if (made.kind === "left") return made.leave;
  }
  return null;
}

type Switch = Extract<Statement, { kind: "switch" }>;

/** Runs the cases that fit, for each value. */
export async function runSwitch(frame: Frame, statement: Switch): Promise<Leave | null> {
  const value = await frame.machine.collect(frame, statement.value);
  const items = isKind(value, "list") ? [...value.items] : [value];
  for (const item of items) {
    const made = await withItem(frame.scope, item, () => runCases(frame, statement, item));
    if (made.kind === "left") return made.leave;
  }
  return null;
}

async function runCases(frame: Frame, statement: Switch, item: Value): Promise<Round> {
  let isFound = false;
  for (const one of statement.cases) {
    if (one.test === null || !(await fits(frame, statement, { one, item }))) continue;
    isFound = true;
    const leave = await frame.machine.statements(frame, one.body);
    const made = afterCase(statement, leave);
    if (made !== null) return made;
  }
  const otherwise = statement.cases.find(({ test }) => test === null);
  if (isFound || otherwise === undefined) return next;
  return afterCase(statement, await frame.machine.statements(frame, otherwise.body)) ?? next;
}

/** `null`: the next case is looked at. */
function afterCase({ label }: Switch, leave: Leave | null): Round | null {
  if (leave === null) return null;
  const isMine =
    (leave.kind === "break" || leave.kind === "continue") &&
    (leave.label === null || leave.label.toLowerCase() === label?.toLowerCase());
  if (!isMine) return { kind: "left", leave };
  return leave.kind === "continue" ? next : { kind: "left", leave: null };
}

async function fits(
  frame: Frame,
  { mode, matchCase }: Switch,
  { one, item }: { readonly one: SwitchCase; readonly item: Value },
): Promise<boolean> {
  if (one.test === null) return false;
  const test = await frame.machine.evaluate(frame, one.test);
  if (isKind(test, "script")) {
    const outputs: Value[] = [];
    const out = async (value: Value): Promise<void> => void outputs.push(value);
    await frame.machine.statements({ ...frame, out }, test.block.end);
    return outputs.length > 0 && toBool(outputs.length > 1 ? true : (outputs[0] ?? null));
  }
  if (mode === "wildcard") return wildcard(toText(test), matchCase)(toText(item));
  if (mode === "regex") return openPattern(toText(test), matchCase).search(toText(item), 0) !== null;
  return isEqual(item, test, matchCase);
}

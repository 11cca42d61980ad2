import type { ParameterSyntax, ScriptBlock } from "../syntax/ast.ts";
import { cast, toBool } from "../values/convert.ts";
import { checkList } from "../values/limits.ts";
import { openScope, writeVariable } from "../values/scope.ts";
import { failScript } from "../values/script-error.ts";
import { list, type Value } from "../values/value.ts";
import type { Argument, GivenValue } from "./arguments.ts";
import { bindingError } from "./fit-parameter.ts";
import { type Frame, type Leave, LeaveError } from "./machine.ts";
import type { Stage, StageSurroundings } from "./stage-kind.ts";

/** Calls inside each other. Reason: each keeps a few hundred bytes; a recursion without an end is told so at once. */
const deepest = 1000;

/** A function or script block that is called. */
export interface CalledBlock {
  /** `null`: it has none. */
  readonly name: string | null;
  readonly block: ScriptBlock;
  readonly source: string;
  /** In the scope of the caller. */
  readonly here: boolean;
}

/** The frame in which a block runs. @throws ScriptError when calls are too deep */
export function frameOf(frame: Frame, { source, here }: Pick<CalledBlock, "source" | "here">): Frame {
  if (frame.depth >= deepest)
    throw failScript("CallDepthOverflow", `The script calls itself more than ${deepest} times deep.`, {
      category: "InvalidOperation",
      exception: "ScriptCallDepthException",
    });
  const scope = here ? frame.scope : openScope(frame.scope);
  return { ...frame, scope, source, depth: frame.depth + 1 };
}

/** What a `break` or `continue` that leaves a block does: it goes on to a loop around. */
export function afterBlock(leave: Leave | null): void {
  if (leave !== null && leave.kind !== "return") throw new LeaveError(leave);
}

/** Opens the place of a function or script block in a pipeline. @throws ScriptError */
export function openFunctionStage(
  outer: Frame,
  called: CalledBlock,
  { words, around }: { readonly words: readonly Argument[]; readonly around: StageSurroundings },
): Stage {
  const frame = frameOf(outer, called);
  const { machine } = frame;
  const { block } = called;
  const input: Value[] = [];
  const { left, fromPipeline } = bindParameters(frame, block.parameters, words);
  if (!called.here || words.length > 0) writeVariable(frame.scope, "args", list(left));
  const run = async (body: readonly ScriptBlock["end"][number][]): Promise<void> => {
    // A fresh stack: however deep calls are, none stands on the one before.
    await Promise.resolve();
    afterBlock(await machine.statements(frame, body));
  };
  return {
    async begin() {
      await standards(frame, block.parameters);
      if (block.begin !== null) await run(block.begin);
    },
    async process(value) {
      if (value !== undefined) {
        if (fromPipeline !== null) writeVariable(frame.scope, fromPipeline.name, typed(fromPipeline, value));
        writeVariable(frame.scope, "_", value);
      }
      if (block.process !== null) await run(block.process);
      else if (value !== undefined) {
        checkList(input.length + 1);
        input.push(value);
      }
    },
    async end() {
      if (around.hasInput) writeVariable(frame.scope, "input", list(input));
      await run(block.end);
    },
  };
}

function typed({ name, type }: ParameterSyntax, value: Value): Value {
  if (type === null) return value;
  try {
    return cast(type, value);
  } catch (failure) {
    throw bindingError(
      "ParameterArgumentTransformationError",
      `Cannot process argument transformation on parameter '${name}'. ${failure instanceof Error ? failure.message : ""}`,
    );
  }
}

interface Loose {
  /** Words that no parameter takes: `$args`. */
  readonly left: Value[];
  readonly fromPipeline: ParameterSyntax | null;
}

function isSwitch({ type }: ParameterSyntax): boolean {
  return type === "switch" || type === "switchparameter" || type === "management.automation.switchparameter";
}

function bindParameters(frame: Frame, all: readonly ParameterSyntax[], words: readonly Argument[]): Loose {
  const set = new Set<ParameterSyntax>();
  const give = (to: ParameterSyntax, { value }: GivenValue): void => {
    set.add(to);
    writeVariable(frame.scope, to.name, isSwitch(to) ? toBool(value) : typed(to, value));
  };
  const loose: Value[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.kind === "value") {
      loose.push(word.value);
      continue;
    }
    const found = named(all, word.name);
    if (found === null) loose.push(`-${word.name}`, ...(word.given === null ? [] : [word.given.value]));
    else if (word.given !== null) give(found, word.given);
    else if (isSwitch(found)) give(found, { value: true, text: null });
    else {
      const next = rest.shift();
      if (next?.kind !== "value")
        throw bindingError("MissingArgument", `Missing an argument for parameter '${found.name}'.`);
      give(found, next);
    }
  }
  const free = all.filter((one) => !set.has(one) && !isSwitch(one));
  const ordered = [...free].sort((one, other) => (one.position ?? 1e6) - (other.position ?? 1e6));
  for (const one of ordered) {
    const value = loose.shift();
    if (value === undefined) break;
    give(one, { value, text: null });
  }
  checkMandatory(all, set);
  const fromPipeline = all.find((one) => one.fromPipeline && !set.has(one)) ?? null;
  return { left: loose, fromPipeline };
}

function checkMandatory(all: readonly ParameterSyntax[], set: ReadonlySet<ParameterSyntax>): void {
  const missing = all.filter((one) => one.mandatory && !one.fromPipeline && !set.has(one));
  if (missing.length > 0)
    throw bindingError(
      "MissingMandatoryParameter",
      `Cannot process command because of one or more missing mandatory parameters: ${missing.map(({ name }) => name).join(" ")}.`,
    );
}

/** @throws ScriptError when a name begins several */
function named(all: readonly ParameterSyntax[], written: string): ParameterSyntax | null {
  const lower = written.toLowerCase();
  const exact = all.find(({ name }) => name.toLowerCase() === lower);
  const found =
    exact === undefined ? all.filter(({ name }) => name.toLowerCase().startsWith(lower)) : [exact];
  if (found.length > 1)
    throw bindingError("AmbiguousParameter", `The parameter name '${written}' is ambiguous.`);
  return found[0] ?? null;
}

/** Values of parameters that were not given. */
async function standards(frame: Frame, all: readonly ParameterSyntax[]): Promise<void> {
  for (const one of all) {
    if (frame.scope.variables.has(one.name.toLowerCase())) continue;
    const value = one.standard === null ? null : await frame.machine.evaluate(frame, one.standard);
    const usual = isSwitch(one) ? false : usualOf(one);
    writeVariable(frame.scope, one.name, value === null ? usual : typed(one, value));
  }
}

/** What a typed parameter is when nobody gives it a value. */
function usualOf({ type }: ParameterSyntax): Value {
  if (type === "string") return "";
  if (type === "bool" || type === "boolean") return false;
  return type !== null && /^(u?int|long|byte|double)/.test(type) && !type.endsWith("]") ? 0n : null;
}

import type { CommandSyntax } from "../syntax/ast.ts";
import { findFunction } from "../values/scope.ts";
import { fail, type ScriptError } from "../values/script-error.ts";
import { toText } from "../values/text.ts";
import { isKind, type Value } from "../values/value.ts";
import { type Argument, evaluateParts } from "./arguments.ts";
import { openCmdletStage } from "./cmdlet-stage.ts";
import { scriptErrorOf } from "./error-record.ts";
import { openFunctionStage } from "./function-stage.ts";
import type { Frame } from "./machine.ts";
import type { Stage, StageSurroundings } from "./stage-kind.ts";

/** Opens the place of a command. @throws ScriptError when there is no such command */
export async function openStage(
  frame: Frame,
  command: CommandSyntax,
  around: Omit<StageSurroundings, "place">,
): Promise<Stage> {
  const place = { source: frame.source, span: command.span };
  const called = await frame.machine.evaluate(frame, command.name);
  const name = activityOf(frame, called);
  const words = await evaluateParts(frame, command.parts);
  const stage = located(
    () => stageOf(frame, called, { command, words, around: { ...around, place } }),
    place,
    name,
  );
  const guard = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      throw withPlace(thrown, place, name);
    }
  };
  return {
    begin: () => guard(stage.begin),
    process: (input) => guard(() => stage.process(input)),
    end: () => guard(stage.end),
  };
}

/** What a failure calls the command: its own name, not a short one. */
function activityOf({ machine: { commands } }: Frame, called: Value): string | null {
  if (typeof called !== "string") return null;
  return commands.find(commands.aliases.get(called.toLowerCase()) ?? called)?.name ?? called;
}

function located<T>(work: () => T, place: ScriptError["place"], name: string | null): T {
  try {
    return work();
  } catch (thrown) {
    throw withPlace(thrown, place, name);
  }
}

function withPlace(thrown: unknown, place: ScriptError["place"], name: string | null): unknown {
  const error = scriptErrorOf(thrown);
  if (error === null) return thrown;
  if (error.place === null) {
    error.place = place;
    error.activity ??= name;
  }
  return error;
}

interface Opened {
  readonly command: CommandSyntax;
  readonly words: readonly Argument[];
  readonly around: StageSurroundings;
}

function stageOf(frame: Frame, called: Value, { command, words, around }: Opened): Stage {
  const here = command.operator === ".";
  if (isKind(called, "script"))
    return openFunctionStage(frame, { ...called, name: null, here }, { words, around });
  const written = isKind(called, "object") && called.text !== null ? called.text : toText(called);
  const { commands } = frame.machine;
  const name = commands.aliases.get(written.toLowerCase()) ?? written;
  const declared = findFunction(frame.scope, written) ?? findFunction(frame.scope, name);
  if (declared !== null) return openFunctionStage(frame, { ...declared, here }, { words, around });
  const cmdlet = commands.find(name);
  if (cmdlet !== null) return openCmdletStage(frame, cmdlet, { words, around });
  throw fail(
    "CommandNotFoundException",
    `The term '${written.slice(0, 100)}' is not recognized as the name of a cmdlet or function. Check the spelling of the name; Get-Command lists what there is.`,
    { category: "ObjectNotFound", exception: "CommandNotFoundException", target: written },
  );
}

import { toBool } from "../values/convert.ts";
import { writeVariable } from "../values/scope.ts";
import { type Place, ScriptError } from "../values/script-error.ts";
import { toText } from "../values/text.ts";
import { itemsOf, list, type Value } from "../values/value.ts";
import type { Argument } from "./arguments.ts";
import { type Binding, bindArguments, bindInput, settle } from "./bind.ts";
import { openConfirmation } from "./confirmation.ts";
import { errorRecord, scriptErrorOf } from "./error-record.ts";
import type { Call, Cmdlet, CmdletBody, Frame, Given } from "./machine.ts";
import { rememberError } from "./remembered-errors.ts";
import type { Stage, StageSurroundings } from "./stage-kind.ts";
import { readFrom } from "./variables.ts";

/** Opens the place of a cmdlet in a pipeline. @throws ScriptError when its parameters make no sense */
export function openCmdletStage(
  frame: Frame,
  cmdlet: Cmdlet,
  { words, around }: { readonly words: readonly Argument[]; readonly around: StageSurroundings },
): Stage {
  const binding = bindArguments(cmdlet, words);
  const streams = streamsOf(frame, cmdlet, { binding, place: around.place });
  const call = callOf(cmdlet, { frame: { ...frame, ...streams }, binding, around });
  let body: CmdletBody = {};
  let last: Given = givenOf(binding, null);
  return {
    async begin() {
      if (!around.hasInput) last = givenOf(binding, settle(cmdlet, binding));
      body = cmdlet.open(call);
    },
    async process(input) {
      if (frame.machine.isDue()) await frame.machine.breathe();
      try {
        const found = input === undefined || !around.hasInput ? binding : bindInput(cmdlet, binding, input);
        last = givenOf(found, settle(cmdlet, found));
      } catch (failure) {
        if (input === undefined) throw failure;
        await call.error(failure);
        return;
      }
      await body.process?.(last);
    },
    async end() {
      await body.end?.(last);
      streams.over();
    },
  };
}

/** Values of parameters, as a cmdlet reads them. */
function givenOf({ bound }: Binding, set: string | null): Given {
  const value = (name: string): Value => bound.get(name.toLowerCase()) ?? null;
  return {
    set,
    has: (name) => bound.has(name.toLowerCase()),
    value,
    text: (name) => (value(name) === null ? null : toText(value(name))),
    texts: (name) => itemsOf(value(name)).map(toText),
    flag: (name) => toBool(value(name)),
    whole(name) {
      const found = value(name);
      return typeof found === "bigint" ? found : null;
    },
    number(name) {
      const found = value(name);
      return typeof found === "number" || typeof found === "bigint" ? Number(found) : null;
    },
    items: (name) => itemsOf(value(name)),
  };
}

type Streams = Pick<Frame, "out" | "error" | "warning" | "verbose"> & { over(): void };

/** Streams as the common parameters want them. */
function streamsOf(
  frame: Frame,
  cmdlet: Cmdlet,
  { binding: { bound }, place }: { readonly binding: Binding; readonly place: Place },
): Streams {
  const wanted = (name: string): string | null => {
    const found = bound.get(name.toLowerCase());
    return found === undefined ? null : toText(found);
  };
  const variable = (name: string): Value[] | null => (wanted(name) === null ? null : []);
  const outputs = variable("OutVariable");
  const errors = variable("ErrorVariable");
  const quiet = /^(silentlycontinue|ignore)$/i;
  const warnings = wanted("WarningAction") ?? preference(frame, "WarningPreference");
  const tells = bound.has("verbose")
    ? toBool(bound.get("verbose") ?? null)
    : preference(frame, "VerbosePreference").toLowerCase() === "continue";
  return {
    out:
      outputs === null
        ? frame.out
        : (value) => {
            outputs.push(value);
            return frame.out(value);
          },
    error: (failure) => {
      failure.place ??= place;
      return tellError(frame, cmdlet, { failure, action: wanted("ErrorAction"), errors });
    },
    warning: quiet.test(warnings) ? async () => {} : frame.warning,
    verbose: tells ? frame.verbose : async () => {},
    over() {
      for (const [name, values] of [
        ["OutVariable", outputs],
        ["ErrorVariable", errors],
      ] as const)
        if (values !== null)
          writeVariable(frame.scope, (wanted(name) ?? "").replace(/^\+/, ""), list(values));
    },
  };
}

function preference(frame: Frame, name: string): string {
  const span = { start: 0, end: 0 };
  return toText(readFrom(frame, { kind: "variable", span, scope: null, name, splat: false }));
}

interface Telling {
  readonly failure: ScriptError;
  readonly action: string | null;
  readonly errors: Value[] | null;
}

async function tellError(frame: Frame, cmdlet: Cmdlet, { failure, action, errors }: Telling): Promise<void> {
  failure.activity ??= cmdlet.name;
  const wanted = (action ?? preference(frame, "ErrorActionPreference")).toLowerCase();
  frame.machine.state.failed = true;
  if (wanted === "ignore") return;
  if (wanted === "stop") {
    const wide = new ScriptError(failure.fault, "script");
    wide.place = failure.place;
    wide.activity = failure.activity;
    throw wide;
  }
  const record = errorRecord(failure);
  errors?.push(record);
  if (wanted === "silentlycontinue") rememberError(frame.machine.state, record);
  else await frame.error(failure);
}

interface Opening {
  readonly frame: Frame;
  readonly binding: Binding;
  readonly around: StageSurroundings;
}

function callOf(cmdlet: Cmdlet, { frame, binding, around }: Opening): Call {
  const { machine } = frame;
  const confirm = openConfirmation(frame, cmdlet, binding);
  return {
    name: cmdlet.name,
    frame,
    session: machine.around.session,
    around: machine.around,
    hasInput: around.hasInput,
    out: frame.out,
    async error(failure) {
      const error = scriptErrorOf(failure);
      // Stopping goes on, and so does what was to end everything.
      if (error === null || error.reach === "script") throw failure;
      await frame.error(error);
    },
    warning: frame.warning,
    verbose: frame.verbose,
    shouldProcess: confirm,
    stopUpstream: around.stop,
  };
}

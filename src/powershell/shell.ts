import { openTurns } from "../support/index.ts";
import { openCommands } from "./commands.ts";
import { type Completion, completeText } from "./complete.ts";
import { openRenderer } from "./format/renderer.ts";
import { errorRecord, errorText, scriptErrorOf } from "./run/error-record.ts";
import {
  type Frame,
  LeaveError,
  type Piece,
  type RunState,
  type ShellSurroundings,
  StoppedError,
} from "./run/machine.ts";
import { openMachine } from "./run/open-machine.ts";
import { rememberError } from "./run/remembered-errors.ts";
import { parseScript } from "./syntax/parse.ts";
import { ParseError } from "./syntax/parse-error.ts";
import { checkList } from "./values/limits.ts";
import { openScope, writeVariable } from "./values/scope.ts";
import { fail, type ScriptError } from "./values/script-error.ts";
import type { Value } from "./values/value.ts";
import { openEventDesk } from "./wmi-objects/event-desk.ts";

/** What came of a script. */
export interface Outcome {
  /** `failed`: something ended it early, `problem` says what. */
  readonly kind: "done" | "stopped" | "failed";
  /** What it has put out; nothing unless it was asked to be kept. */
  readonly objects: readonly Value[];
  /** The first failures that it has told, and what has ended it early. */
  readonly errors: readonly string[];
  /** `$?` at the end. */
  readonly ok: boolean;
}

/** How a script is run. */
export interface RunOptions {
  /** Takes what is shown. Called many times, each with whole lines unless a line goes on. */
  readonly write?: (piece: Piece) => void;
  /** Keeps what is put out, for the outcome. */
  readonly keep?: boolean;
  /** Somebody has typed it: it goes into the history. */
  readonly typed?: boolean;
}

/** A script that runs. */
export interface Running {
  /** Never rejects. */
  readonly done: Promise<Outcome>;
  /** Ends it as Ctrl+C does: at the next step, or at once where it waits. What the host has begun goes on there. */
  stop(): void;
}

/** Why a text is no script. */
export interface Problem {
  readonly text: string;
  /** Characters of the script. */
  readonly start: number;
  readonly end: number;
  /** More lines may make it whole. */
  readonly incomplete: boolean;
}

/** A PowerShell with its variables, functions and history. */
export interface PowerShell {
  /** Runs a script when those before it are over. */
  run(script: string, options?: RunOptions): Running;
  /** What could stand at a place of a line that is being typed. Never rejects. */
  complete(text: string, cursor: number): Promise<Completion>;
  /** Whether a text can be read; `null`: it can. */
  check(script: string): Problem | null;
  /** What was typed, the oldest first. */
  history(): readonly string[];
  /** Ends its event queries. */
  close(): Promise<void>;
}

/** Lines of the history. Reason: as `$MaximumHistoryCount` of PowerShell 2. */
const longestHistory = 64;

/** Failures that an outcome tells of. */
const mostErrors = 256;

/** Opens a shell over the management objects of a host. */
export function openPowerShell(around: ShellSurroundings): PowerShell {
  const commands = openCommands();
  const state: RunState = {
    lastOk: true,
    failed: false,
    errors: [],
    history: [],
    global: openScope(null),
    events: openEventDesk(around.wallClock),
  };
  const turns = openTurns();
  writeVariable(state.global, "ErrorActionPreference", "Continue");
  writeVariable(state.global, "WarningPreference", "Continue");
  writeVariable(state.global, "VerbosePreference", "SilentlyContinue");

  function remember(script: string): void {
    if (script.trim() === "" || state.history.at(-1) === script) return;
    state.history.push(script);
    if (state.history.length > longestHistory) state.history.shift();
  }
  function run(script: string, options: RunOptions = {}): Running {
    const opened = openRun({ around, commands, state }, script, options);
    if (options.typed === true) remember(script);
    return { done: turns.take(opened.run), stop: opened.stop };
  }
  return {
    run,
    complete: (text, cursor) => completeText({ around, commands, scope: state.global }, text, cursor),
    check: (script) => {
      const found = read(script);
      return found instanceof ParseError
        ? { text: found.message, ...found.span, incomplete: found.incomplete }
        : null;
    },
    history: () => [...state.history],
    close: () => state.events.close(),
  };
}

function read(script: string) {
  try {
    return parseScript(script);
  } catch (failure) {
    if (failure instanceof ParseError) return failure;
    throw failure;
  }
}

interface RunParts {
  readonly around: ShellSurroundings;
  readonly commands: ReturnType<typeof openCommands>;
  readonly state: RunState;
}

/** One run of a script, that has not begun. */
function openRun(parts: RunParts, script: string, { write = () => {}, keep = false }: RunOptions) {
  const { around, commands, state } = parts;
  const objects: Value[] = [];
  const errors: string[] = [];
  const renderer = openRenderer({
    views: commands.views,
    width: around.width(),
    write: (text) => write({ stream: "output", text, colour: null }),
  });
  // What goes past the pipeline comes behind what is before it.
  const past = (piece: Piece): void => {
    renderer.flush();
    write(piece);
  };
  const { machine, stop } = openMachine({ ...parts, write: past });
  const line = (stream: Piece["stream"], text: string): void =>
    past({ stream, text: `${text}\n`, colour: null });
  function tell(failure: ScriptError): void {
    const record = errorRecord(failure);
    state.lastOk = false;
    rememberError(state, record);
    if (errors.length < mostErrors) errors.push(failure.fault.message);
    past({ stream: "error", text: `${errorText(record)}\n`, colour: null });
  }
  const frame: Frame = {
    machine,
    scope: state.global,
    source: script,
    async out(value) {
      if (keep) {
        checkList(objects.length + 1);
        machine.charge(state.global, value);
        objects.push(value);
      }
      await renderer.show(value);
    },
    error: async (failure) => tell(failure),
    warning: async (text) => line("warning", `WARNING: ${text}`),
    verbose: async (text) => line("verbose", `VERBOSE: ${text}`),
    inTry: false,
    depth: 0,
  };
  async function run(): Promise<Outcome> {
    const kept = machine.keep(objects);
    const kind = await finish(frame, { script, tell });
    kept[Symbol.dispose]();
    renderer.end();
    return { kind, objects, errors, ok: state.lastOk };
  }
  return { run, stop };
}

interface Finishing {
  readonly script: string;
  tell(failure: ScriptError): void;
}

async function finish(frame: Frame, { script, tell }: Finishing): Promise<Outcome["kind"]> {
  const parsed = read(script);
  if (parsed instanceof ParseError) {
    const error = fail(parsed.id, parsed.message, { category: "ParserError", exception: "ParseException" });
    error.place = { source: script, span: parsed.span };
    tell(error);
    return "failed";
  }
  const body = [...(parsed.begin ?? []), ...(parsed.process ?? []), ...parsed.end];
  try {
    await frame.machine.statements(frame, body);
    return "done";
  } catch (thrown) {
    if (thrown instanceof StoppedError) return "stopped";
    if (thrown instanceof LeaveError) return "done";
    const error = scriptErrorOf(thrown);
    if (error === null) throw thrown;
    tell(error);
    return "failed";
  }
}

import type { Clock } from "../../support/index.ts";
import type { WmiSession } from "../../wmi/index.ts";
import type { ViewTable } from "../format/views.ts";
import type { Expression, Statement } from "../syntax/ast.ts";
import type { ScriptError } from "../values/script-error.ts";
import type { ObjectValue, Scope, ScriptValue, Value } from "../values/value.ts";
import type { EventDesk } from "../wmi-objects/event-desk.ts";
import type { Parameter } from "./parameter.ts";

/** What a shell writes, piece by piece. Lines end with `\n`. */
export interface Piece {
  readonly stream: "output" | "host" | "error" | "warning" | "verbose" | "progress";
  readonly text: string;
  /** A colour of the console by PowerShell's name; `null`: that of the stream. */
  readonly colour: string | null;
}

/** A question before something that cannot be undone. */
export interface Question {
  readonly caption: string;
  readonly text: string;
}

/** What the world gives a shell. */
export interface ShellSurroundings {
  readonly session: WmiSession;
  readonly clock: Clock;
  /** Milliseconds since 1970, UTC. */
  wallClock(): number;
  /** Minutes that the page's clock is ahead of UTC at a moment. */
  minutesAhead(at: number): number;
  /** A random number from 0 up to, not including, 1. */
  random(): number;
  /** Resolves after this many milliseconds. */
  sleep(millis: number): Promise<void>;
  /** Lets the page do what waits. */
  breathe(): Promise<void>;
  /** Empties the screen. */
  clear(): void;
  /** Characters of a line. */
  width(): number;
  /** Asks whoever sits there; `null`: nobody does. */
  readonly ask: ((question: Question) => Promise<"yes" | "yesToAll" | "no" | "noToAll">) | null;
  /** `$env:`, read-only. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Takes one output after another. */
export type Sink = (value: Value) => Promise<void>;

/** Where statements run. */
export interface Frame {
  readonly machine: Machine;
  readonly scope: Scope;
  /** The script that is run: places count from its start. */
  readonly source: string;
  readonly out: Sink;
  /** Takes failures that do not end what is done. */
  error(failure: ScriptError): Promise<void>;
  warning(text: string): Promise<void>;
  verbose(text: string): Promise<void>;
  /** Somebody around catches failures. */
  readonly inTry: boolean;
  /** Calls inside each other. */
  readonly depth: number;
}

/** Why statements have ended before their end. */
export type Leave =
  | { readonly kind: "break" | "continue"; readonly label: string | null }
  | { readonly kind: "return" | "exit" };

/** How a script block is called. */
export interface BlockCall {
  readonly given: readonly Value[];
  /** Values by the names of its parameters. */
  readonly named: ReadonlyMap<string, Value>;
  /** `$_`; `undefined`: it stays what it is. */
  readonly item: Value | undefined;
  /** In the scope of the caller, not in one of its own. */
  readonly here: boolean;
}

/** The parts of the evaluator that need each other, and what a run has. */
export interface Machine {
  readonly around: ShellSurroundings;
  readonly commands: Commands;
  readonly state: RunState;
  evaluate(frame: Frame, expression: Expression): Promise<Value>;
  /** All outputs of a statement as one value. */
  collect(frame: Frame, statement: Statement): Promise<Value>;
  statement(frame: Frame, statement: Statement): Promise<Leave | null>;
  statements(frame: Frame, body: readonly Statement[]): Promise<Leave | null>;
  /** Runs a script block; its output goes where the frame's goes. */
  callBlock(frame: Frame, script: ScriptValue, call: BlockCall): Promise<void>;
  /** Calls a method that may ask the host. */
  callMethod(
    frame: Frame,
    of: Value,
    call: { readonly name: string; readonly given: readonly Value[] },
  ): Promise<Value>;
  /** Counts one step. Answers whether it is time to {@link breathe}. @throws StoppedError */
  isDue(): boolean;
  breathe(): Promise<void>;
  /** Waits for something that nobody can hurry. @throws StoppedError when the run is stopped meanwhile */
  until<T>(waited: Promise<T>): Promise<T>;
  /** Counts memory of a value that is made in a scope. @throws ScriptError when a script keeps too much */
  charge(scope: Scope, value: Value): void;
  /** Values that are being collected count as kept. */
  keep(buffer: Value[]): Disposable;
  write(piece: Piece): void;
}

/** Cmdlets and aliases by name. */
export interface Commands {
  readonly cmdlets: readonly Cmdlet[];
  find(name: string): Cmdlet | null;
  readonly aliases: ReadonlyMap<string, string>;
  /** How objects are shown when nobody says how. */
  readonly views: ViewTable;
}

/** A cmdlet: a command of the shell itself. */
export interface Cmdlet {
  readonly name: string;
  /** Where it comes from: `Core`, `WMI`, `Hyper-V`. */
  readonly module: string;
  /** One sentence for Get-Help. */
  readonly synopsis: string;
  readonly parameters: readonly Parameter[];
  /** The parameter set when none is told apart. */
  readonly standardSet: string | null;
  /** It asks before it changes something: when told so, or always for what cannot be undone. */
  readonly confirms: "never" | "asked" | "always";
  /** Type of what it puts out, for completion and Get-Help. */
  readonly outputs: string | null;
  open(call: Call): CmdletBody;
}

/** What a cmdlet does, once it is opened. */
export interface CmdletBody {
  /** For every input; once, when there is no pipeline before it. */
  process?(given: Given): Promise<void>;
  end?(given: Given): Promise<void>;
}

/** What a cmdlet does its work with. */
export interface Call {
  readonly name: string;
  readonly frame: Frame;
  readonly session: WmiSession;
  readonly around: ShellSurroundings;
  /** Something stands before it in the pipeline. */
  readonly hasInput: boolean;
  out(value: Value): Promise<void>;
  /** Tells a failure and goes on. */
  error(failure: unknown): Promise<void>;
  warning(text: string): Promise<void>;
  verbose(text: string): Promise<void>;
  /** Whether to go on with a change, as -WhatIf and -Confirm say. */
  shouldProcess(target: string, action: string): Promise<boolean>;
  /** Wants no more input, and ends what produces it. */
  stopUpstream(): never;
}

/** Values of parameters. */
export interface Given {
  /** The parameter set that was chosen. */
  readonly set: string | null;
  has(name: string): boolean;
  /** `$null` when it was not given. */
  value(name: string): Value;
  text(name: string): string | null;
  texts(name: string): readonly string[];
  flag(name: string): boolean;
  whole(name: string): bigint | null;
  number(name: string): number | null;
  items(name: string): readonly Value[];
}

/** What is remembered from one statement to the next. */
export interface RunState {
  /** `$?` */
  lastOk: boolean;
  /** The pipeline that runs has told a failure. */
  failed: boolean;
  /** `$Error`, the last first. */
  readonly errors: ObjectValue[];
  readonly history: string[];
  readonly global: Scope;
  readonly events: EventDesk;
}

/** Somebody has stopped the run. Scripts cannot catch it. */
export class StoppedError extends Error {
  constructor() {
    super("The script was stopped.");
    this.name = "StoppedError";
  }
}

/** A place later in a pipeline wants no more. Scripts cannot catch it. */
export class PipelineDone extends Error {
  /** The pipeline that is over. */
  readonly pipeline: object;
  /** The place that wants no more. */
  readonly stage: number;

  constructor(pipeline: object, stage: number) {
    super("The pipeline is over.");
    this.name = "PipelineDone";
    this.pipeline = pipeline;
    this.stage = stage;
  }
}

/** A `break` or `continue` on its way out of a script block to a loop around. */
export class LeaveError extends Error {
  readonly leave: Leave;

  constructor(leave: Leave) {
    super(`${leave.kind} without a loop`);
    this.name = "LeaveError";
    this.leave = leave;
  }
}

/** Sends a value on: an array one element after another. */
export async function emit({ machine, out }: Pick<Frame, "machine" | "out">, value: Value): Promise<void> {
  if (typeof value !== "object" || value === null || value.kind !== "list") {
    await out(value);
    return;
  }
  for (const item of [...value.items]) {
    if (machine.isDue()) await machine.breathe();
    await out(item);
  }
}

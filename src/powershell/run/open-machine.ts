import { cast } from "../values/convert.ts";
import { callMethod } from "../values/methods.ts";
import { writeVariable } from "../values/scope.ts";
import type { ScriptValue } from "../values/value.ts";
import { isKind, list } from "../values/value.ts";
import { wmiMethod } from "../wmi-objects/invoke.ts";
import { evaluate } from "./expressions.ts";
import { afterBlock, frameOf } from "./function-stage.ts";
import type { BlockCall, Commands, Frame, Machine, Piece, RunState, ShellSurroundings } from "./machine.ts";
import { StoppedError } from "./machine.ts";
import { openMemory } from "./memory.ts";
import { collectStatement, runStatement, runStatements } from "./statements.ts";
import { withItem } from "./variables.ts";

/** Microseconds in which nobody else has a turn. Reason: half a frame. */
const turn = 8000;
/** Steps after which the clock is looked at. */
const stepsBetween = 32;

/** What a run of a script is opened with. */
export interface MachineParts {
  readonly around: ShellSurroundings;
  readonly commands: Commands;
  readonly state: RunState;
  write(piece: Piece): void;
}

/** A machine that can be stopped. */
export interface StoppableMachine {
  readonly machine: Machine;
  stop(): void;
}

/** Opens what one script is run with. */
export function openMachine({ around, commands, state, write }: MachineParts): StoppableMachine {
  const memory = openMemory(state.errors);
  const waiting = new Set<(reason: Error) => void>();
  let stopped = false;
  let steps = 0;
  let turnBegan: number = around.clock.now();

  function check(): void {
    if (stopped) throw new StoppedError();
  }
  const machine: Machine = {
    around,
    commands,
    state,
    evaluate,
    collect: collectStatement,
    statement: runStatement,
    statements: runStatements,
    callBlock: (frame, script, call) => callBlock(frame, { script, call }),
    callMethod: async (frame, of, { name, given }) => {
      if (isKind(of, "script") && /^invoke(returnasis)?$/i.test(name)) return invoked(frame, of, given);
      const found = await wmiMethod(frame, of, { name, given });
      return found === undefined ? callMethod(of, name, given) : found;
    },
    isDue() {
      check();
      if (++steps < stepsBetween) return false;
      steps = 0;
      return around.clock.now() - turnBegan >= turn;
    },
    async breathe() {
      await around.breathe();
      turnBegan = around.clock.now();
      check();
    },
    until(waited) {
      check();
      return new Promise((resolve, reject) => {
        waiting.add(reject);
        const over = (): void => void waiting.delete(reject);
        waited.then(
          (value) => {
            over();
            turnBegan = around.clock.now();
            resolve(value);
          },
          (failure: unknown) => {
            over();
            reject(failure);
          },
        );
      });
    },
    charge: memory.charge,
    keep: memory.keep,
    write,
  };

  async function invoked(frame: Frame, script: ScriptValue, given: BlockCall["given"]) {
    const outputs: BlockCall["given"][number][] = [];
    const out = async (value: (typeof outputs)[number]): Promise<void> => void outputs.push(value);
    await machine.callBlock({ ...frame, out }, script, {
      given,
      named: new Map(),
      item: undefined,
      here: false,
    });
    return list(outputs);
  }
  return {
    machine,
    stop() {
      stopped = true;
      for (const reject of [...waiting]) reject(new StoppedError());
      waiting.clear();
    },
  };
}

interface Called {
  readonly script: ScriptValue;
  readonly call: BlockCall;
}

async function callBlock(outer: Frame, { script, call }: Called): Promise<void> {
  const { block, source } = script;
  const frame = frameOf(outer, { source, here: call.here });
  // A fresh stack for every call.
  await Promise.resolve();
  bindGiven(frame, script, call);
  const run = async (): Promise<void> => {
    for (const body of [block.begin, block.process, block.end])
      if (body !== null) afterBlock(await frame.machine.statements(frame, body));
  };
  await (call.item === undefined ? run() : withItem(frame.scope, call.item, run));
}

function bindGiven(frame: Frame, { block }: ScriptValue, { given, named }: BlockCall): void {
  const rest = [...given];
  for (const { name, type } of block.parameters) {
    const value = named.get(name.toLowerCase()) ?? rest.shift() ?? null;
    writeVariable(frame.scope, name, type === null || value === null ? value : cast(type, value));
  }
  if (block.parameters.length > 0 || rest.length > 0) writeVariable(frame.scope, "args", list(rest));
}

import { joined, type ScriptValue, type Value } from "../values/value.ts";
import type { Frame } from "./machine.ts";

/** Runs a script block where the caller is, with `$_`; its output goes where the frame's goes. */
export function runBlock(frame: Frame, script: ScriptValue, item: Value | undefined): Promise<void> {
  return frame.machine.callBlock(frame, script, { given: [], named: new Map(), item, here: true });
}

/** What a script block puts out for a value. */
export async function collectBlock(frame: Frame, script: ScriptValue, item: Value): Promise<Value> {
  const outputs: Value[] = [];
  const out = async (value: Value): Promise<void> => {
    frame.machine.charge(frame.scope, value);
    outputs.push(value);
  };
  await runBlock({ ...frame, out }, script, item);
  return joined(outputs);
}

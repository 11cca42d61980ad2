import type { Span } from "../syntax/ast.ts";
import type { Fault } from "./value.ts";

/** How much a failure ends: what was being done, or all of it. */
export type Reach = "statement" | "script";

/** A place in a script that has been run. */
export interface Place {
  readonly source: string;
  readonly span: Span;
}

/** A script has failed. */
export class ScriptError extends Error {
  readonly fault: Fault;
  readonly reach: Reach;
  /** Filled in by the first who knows; `null` until then. */
  place: Place | null = null;
  /** The command that failed; `null`: an expression. */
  activity: string | null = null;

  constructor(fault: Fault, reach: Reach = "statement") {
    super(fault.message);
    this.name = "ScriptError";
    this.fault = fault;
    this.reach = reach;
  }
}

/** A failure of an expression or a command. */
export function fail(id: string, message: string, more: Partial<Fault> = {}): ScriptError {
  return new ScriptError(faultOf(id, message, more));
}

/** What is wrong, with what is usual for the rest. */
export function faultOf(id: string, message: string, more: Partial<Fault> = {}): Fault {
  return {
    message,
    id,
    category: "InvalidOperation",
    exception: "RuntimeException",
    target: null,
    hresult: null,
    ...more,
  };
}

/** A failure that ends the whole script unless it is caught: going on would only meet it again. */
export function failScript(id: string, message: string, more: Partial<Fault> = {}): ScriptError {
  return new ScriptError(faultOf(id, message, more), "script");
}

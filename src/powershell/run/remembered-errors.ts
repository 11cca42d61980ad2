import type { ObjectValue } from "../values/value.ts";
import type { RunState } from "./machine.ts";

/** Errors that are remembered. Reason: as `$MaximumErrorCount` of PowerShell. */
const mostErrors = 256;

/** Puts a record in front of `$Error`. */
export function rememberError({ errors }: Pick<RunState, "errors">, record: ObjectValue): void {
  errors.unshift(record);
  if (errors.length > mostErrors) errors.pop();
}

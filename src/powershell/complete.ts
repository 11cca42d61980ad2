import type { ShellSurroundings, Commands } from "./run/machine.ts";
import type { Scope } from "./values/value.ts";

/** What could stand at a place. */
export interface Completion {
  /** What is replaced, in characters of the text. */
  readonly start: number;
  readonly end: number;
  readonly matches: readonly string[];
}

export async function completeText(
  _parts: { readonly around: ShellSurroundings; readonly commands: Commands; readonly scope: Scope },
  _text: string,
  cursor: number,
): Promise<Completion> {
  return { start: cursor, end: cursor, matches: [] };
}

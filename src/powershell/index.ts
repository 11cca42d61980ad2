export type { Completion } from "./complete.ts";
export { type PlainValue, plainValue } from "./plain.ts";
export type { Piece, Question, ShellSurroundings } from "./run/machine.ts";
export {
  type Outcome,
  openPowerShell,
  type PowerShell,
  type Problem,
  type Running,
  type RunOptions,
} from "./shell.ts";
export type { Value } from "./values/value.ts";

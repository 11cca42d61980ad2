import { type Parameter, parameter } from "./parameter.ts";

const preferences = ["SilentlyContinue", "Stop", "Continue", "Ignore"];

const always: readonly Parameter[] = [
  parameter("ErrorAction", "text", "What to do about failures: go on, stop, or keep quiet.", {
    aliases: ["ea"],
    values: preferences,
  }),
  parameter("ErrorVariable", "text", "Name of a variable for the failures.", { aliases: ["ev"] }),
  parameter("WarningAction", "text", "What to do about warnings.", { aliases: ["wa"], values: preferences }),
  parameter("OutVariable", "text", "Name of a variable for what is put out.", { aliases: ["ov"] }),
  parameter("Verbose", "switch", "Tells what is being done.", { aliases: ["vb"] }),
];
const forChanges: readonly Parameter[] = [
  parameter("WhatIf", "switch", "Tells what would be done, and does nothing.", { aliases: ["wi"] }),
  parameter("Confirm", "switch", "Asks before every change.", { aliases: ["cf"] }),
];

/** Parameters that every cmdlet has, and those of cmdlets that change something. */
export function commonParameters(changes: boolean): readonly Parameter[] {
  return changes ? [...always, ...forChanges] : always;
}

/** Names of common parameters, in lower case. */
export const commonNames: ReadonlySet<string> = new Set(
  commonParameters(true).map(({ name }) => name.toLowerCase()),
);

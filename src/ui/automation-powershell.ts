import type { PlainValue, PowerShell } from "../powershell/index.ts";
import type { WmiSession } from "../wmi/index.ts";
import { shellSurroundings } from "./shell-surroundings.ts";

/**
 * Runs a script of PowerShell in a shell that remembers its variables from one call to the next. Answers what it
 * puts out. Rejects with the sentence of what ended it early; failures that it has only told are in its `$Error`.
 */
export type AutomationPowerShell = (script: string) => Promise<readonly PlainValue[]>;

/** Builds the call; the shell is loaded when it is first used. @param session  settles when the host answers */
export function automationPowerShell(session: Promise<WmiSession>): AutomationPowerShell {
  // Whoever calls hears of a host that does not answer; nobody may.
  session.catch(() => {});
  let opened: Promise<PowerShell> | null = null;
  return async (script) => {
    const room = await import("../powershell/index.ts");
    opened ??= session.then((found) => shellSurroundings(found)).then(room.openPowerShell);
    const shell = await opened;
    const { kind, objects, errors } = await shell.run(script, { keep: true }).done;
    if (kind === "failed") throw new Error(errors.at(-1) ?? "The script failed.");
    return objects.map((one) => room.plainValue(one));
  };
}

import { toBool } from "../values/convert.ts";
import { fail } from "../values/script-error.ts";
import type { Binding } from "./bind.ts";
import type { Cmdlet, Frame } from "./machine.ts";

/**
 * Makes the question that a cmdlet asks before each change: -WhatIf tells and answers no, -Confirm asks, and so
 * does what cannot be undone unless -Confirm:$false or -Force is given.
 */
export function openConfirmation(
  frame: Frame,
  { name, confirms }: Cmdlet,
  { bound }: Binding,
): (target: string, action: string) => Promise<boolean> {
  const flag = (key: string): boolean | null => {
    const found = bound.get(key);
    return found === undefined ? null : toBool(found);
  };
  const asks = flag("confirm") ?? (confirms === "always" && flag("force") !== true);
  let standing: boolean | null = null;
  return async (target, action) => {
    const text = `Performing operation "${action}" on Target "${target}".`;
    if (flag("whatif") === true) {
      frame.machine.write({ stream: "host", text: `What if: ${text}\n`, colour: null });
      return false;
    }
    if (standing !== null) return standing;
    if (asks) {
      const { ask } = frame.machine.around;
      if (ask === null)
        throw fail(
          "NonInteractive",
          `${name} asks before this, and nobody can answer here: use -Confirm:$false, or -Force where there is one.`,
          { category: "InvalidOperation", exception: "PSInvalidOperationException" },
        );
      const answer = await frame.machine.until(ask({ caption: "Confirm", text }));
      if (answer === "yesToAll" || answer === "noToAll") standing = answer === "yesToAll";
      if (answer === "no" || answer === "noToAll") return false;
    }
    await frame.verbose(text);
    return true;
  };
}

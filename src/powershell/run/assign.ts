import type { Expression } from "../syntax/ast.ts";
import { cast } from "../values/convert.ts";
import { writeIndex, writeMember } from "../values/members.ts";
import { fail } from "../values/script-error.ts";
import { toText } from "../values/text.ts";
import { isKind, joined, type Value } from "../values/value.ts";
import type { Frame } from "./machine.ts";
import { writeTo } from "./variables.ts";

/** Gives what stands left of `=` a value. @throws ScriptError when it cannot be given one */
export async function assign(frame: Frame, target: Expression, value: Value): Promise<void> {
  const { machine } = frame;
  machine.charge(frame.scope, value);
  switch (target.kind) {
    case "variable":
      writeTo(frame, target, value);
      return;
    case "cast":
      return assign(frame, target.inner, cast(target.type, value));
    case "member": {
      const of = await machine.evaluate(frame, target.of);
      const name = toText(await machine.evaluate(frame, target.name));
      if (target.isStatic) throw fail("PropertyAssignmentException", "Static members cannot be written.");
      writeMember(of, name, value);
      return;
    }
    case "index": {
      const of = await machine.evaluate(frame, target.of);
      writeIndex(of, await machine.evaluate(frame, target.at), value);
      return;
    }
    case "list":
      return assignEach(frame, target.items, value);
    default:
      throw fail("InvalidLeftHandSide", "Nothing can be assigned to this.");
  }
}

/** `$a, $b = 1, 2, 3`: the last takes what is left. */
async function assignEach(frame: Frame, targets: readonly Expression[], value: Value): Promise<void> {
  const items = isKind(value, "list") ? value.items : [value];
  for (const [place, target] of targets.entries()) {
    const isLast = place === targets.length - 1;
    await assign(frame, target, isLast ? joined(items.slice(place)) : (items[place] ?? null));
  }
}

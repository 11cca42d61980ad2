import type { CommandPart, Expression, Span } from "../syntax/ast.ts";
import { toText } from "../values/text.ts";
import { isKind, type Value } from "../values/value.ts";
import type { Frame } from "./machine.ts";
import { readFrom } from "./variables.ts";

/** One word of a command, with its value. */
export type Argument =
  | { readonly kind: "value"; readonly value: Value; readonly text: string | null; readonly span: Span }
  | {
      readonly kind: "parameter";
      readonly name: string;
      /** Of `-name:value`; `null`: what follows. */
      readonly given: GivenValue | null;
      readonly span: Span;
    };

/** A value, and the text it was written as when it is a number. */
export interface GivenValue {
  readonly value: Value;
  readonly text: string | null;
}

/** The words of a command with their values, those of splatted variables among them. */
export async function evaluateParts(
  frame: Frame,
  parts: readonly CommandPart[],
): Promise<readonly Argument[]> {
  const all: Argument[] = [];
  for (const part of parts) {
    if (part.kind === "parameter") {
      const given = part.value === null ? null : await given1(frame, part.value);
      all.push({ kind: "parameter", name: part.name, given, span: part.span });
    } else if (part.value.kind === "variable" && part.value.splat)
      all.push(...splatted(readFrom(frame, { ...part.value, splat: false }), part.value.span));
    else all.push({ kind: "value", ...(await given1(frame, part.value)), span: part.value.span });
  }
  return all;
}

async function given1(frame: Frame, expression: Expression): Promise<GivenValue> {
  const value = await frame.machine.evaluate(frame, expression);
  return { value, text: expression.kind === "literal" ? expression.text : null };
}

/** A hash table becomes parameters, an array becomes words. */
function splatted(value: Value, span: Span): readonly Argument[] {
  if (isKind(value, "table"))
    return [...value.entries.values()].map(({ key, value: one }) => ({
      kind: "parameter",
      name: toText(key),
      given: { value: one, text: null },
      span,
    }));
  const items = isKind(value, "list") ? value.items : value === null ? [] : [value];
  return items.map((one) => ({ kind: "value", value: one, text: null, span }));
}

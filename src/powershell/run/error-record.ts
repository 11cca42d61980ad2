import { HvError, reasonOf } from "../../support/index.ts";
import { fail, type Place, ScriptError } from "../values/script-error.ts";
import { toText, typeName } from "../values/text.ts";
import { isKind, makeObject, type ObjectValue, type Value } from "../values/value.ts";
import { LeaveError, PipelineDone, StoppedError } from "./machine.ts";

/** What was thrown as a failure of a script; `null`: it is none, and must go on. */
export function scriptErrorOf(thrown: unknown): ScriptError | null {
  if (thrown instanceof ScriptError) return thrown;
  if (thrown instanceof StoppedError || thrown instanceof PipelineDone || thrown instanceof LeaveError)
    return null;
  if (thrown instanceof HvError)
    return fail(thrown.code, thrown.message, {
      category: "NotSpecified",
      exception: "ManagementException",
      hresult: thrown.hresult,
    });
  // A bug of ours, or a host that is gone: told like any failure, so that the console lives on.
  return fail("Unexpected", reasonOf(thrown), { category: "NotSpecified", exception: "Exception" });
}

/** Line and column of a place, from 1, and the line itself. */
export function lineOf({ source, span }: Place): {
  readonly number: number;
  readonly column: number;
  readonly text: string;
} {
  const before = source.slice(0, span.start);
  const start = before.lastIndexOf("\n") + 1;
  const end = source.indexOf("\n", span.start);
  const text = source.slice(start, end < 0 ? source.length : end).replace(/\r$/, "");
  return { number: before.split("\n").length, column: span.start - start + 1, text };
}

/** Characters of a line that are shown around a mistake. */
const shownLine = 100;

/** `At line:1 char:5`, the line, and what of it is meant. */
export function positionText(place: Place): string {
  const { number, column, text } = lineOf(place);
  const from = Math.max(0, Math.min(column - 1, text.length) - shownLine / 2);
  const part = text.slice(from, from + shownLine);
  const length = Math.max(1, Math.min(place.span.end - place.span.start, part.length - (column - 1 - from)));
  const [lead, tail] = [from > 0 ? "... " : "", text.length > from + shownLine ? " ..." : ""];
  const under = " ".repeat(lead.length + Math.max(0, column - 1 - from)) + "~".repeat(length);
  return `At line:${number} char:${column}\n+ ${lead}${part}${tail}\n+ ${under}`;
}

/** `InvalidArgument: (web09:String) [Get-VM], VirtualizationException` */
function categoryText({ fault, activity }: ScriptError): string {
  const target = fault.target === null ? ":" : `${shortTarget(fault.target)}:${shortType(fault.target)}`;
  return `${fault.category}: (${target}) [${activity ?? ""}], ${fault.exception}`;
}

function shortTarget(target: Value): string {
  const text = toText(target).replace(/\s+/g, " ");
  return text.length > 40 ? `${text.slice(0, 18)}...${text.slice(-18)}` : text;
}

function shortType(value: Value): string {
  return typeName(value).split(".").at(-1) ?? "";
}

/** FullyQualifiedErrorId: the mistake, and the command that made it. */
function qualifiedId({ fault, activity }: ScriptError): string {
  return activity === null ? fault.id : `${fault.id},${activity}`;
}

/** A failure as scripts see it, in `$Error` and in `catch`. */
export function errorRecord(error: ScriptError): ObjectValue {
  const { fault, place, activity } = error;
  const exception = makeObject(
    [`System.Management.Automation.${fault.exception}`, "System.Exception"],
    [
      ["Message", fault.message],
      ["HResult", fault.hresult === null ? null : BigInt.asIntN(32, BigInt(fault.hresult))],
    ],
    { text: fault.message },
  );
  const line = place === null ? null : lineOf(place);
  const invocation = makeObject(
    ["System.Management.Automation.InvocationInfo"],
    [
      ["MyCommand", activity],
      ["ScriptLineNumber", line === null ? null : BigInt(line.number)],
      ["OffsetInLine", line === null ? null : BigInt(line.column)],
      ["Line", line?.text ?? null],
      ["PositionMessage", place === null ? "" : positionText(place)],
    ],
  );
  const category = makeObject(
    ["System.Management.Automation.ErrorCategoryInfo"],
    [
      ["Category", fault.category],
      ["Activity", activity],
      ["Reason", fault.exception],
      ["TargetName", toText(fault.target)],
      ["TargetType", fault.target === null ? "" : shortType(fault.target)],
    ],
    { text: categoryText(error) },
  );
  return makeObject(
    ["System.Management.Automation.ErrorRecord"],
    [
      ["Exception", exception],
      ["TargetObject", fault.target],
      ["CategoryInfo", category],
      ["FullyQualifiedErrorId", qualifiedId(error)],
      ["InvocationInfo", invocation],
    ],
    { text: fault.message, origin: { kind: "error", fault } },
  );
}

/** A failure as the console shows it, five lines or more. */
export function errorText(record: ObjectValue): string {
  const message = record.text ?? "";
  const text = (name: string, part: string): string => {
    const found = record.properties.get(name)?.value ?? null;
    return isKind(found, "object") ? toText(found.properties.get(part)?.value ?? null) : "";
  };
  const command = text("invocationinfo", "mycommand");
  const category = toText(record.properties.get("categoryinfo")?.value ?? null);
  const id = toText(record.properties.get("fullyqualifiederrorid")?.value ?? null);
  const position = text("invocationinfo", "positionmessage");
  return [
    `${command === "" ? "" : `${command} : `}${message}`,
    ...(position === "" ? [] : [position]),
    `    + CategoryInfo          : ${category}`,
    `    + FullyQualifiedErrorId : ${id}`,
    "",
  ].join("\n");
}

import { cast, short, toBool } from "../values/convert.ts";
import { fail, ScriptError } from "../values/script-error.ts";
import { isNumber, toText, typeName } from "../values/text.ts";
import { isKind, itemsOf, list, type Value } from "../values/value.ts";
import type { GivenValue } from "./arguments.ts";
import type { Parameter } from "./parameter.ts";

/** Whether a value is what a parameter takes, as it is. */
export function isExactly({ type, of }: Parameter, value: Value): boolean {
  if (value === null) return false;
  if (of !== null) return itemsOf(value).length > 0 && itemsOf(value).every((one) => hasType(one, of));
  switch (type) {
    case "any":
    case "list":
      return true;
    case "text":
      return typeof value === "string";
    case "texts":
      return itemsOf(value).every((one) => typeof one === "string");
    case "whole":
    case "wholes":
      return itemsOf(value).every((one) => typeof one === "bigint");
    case "number":
      return isNumber(value);
    case "script":
      return isKind(value, "script");
    case "table":
      return isKind(value, "table");
    case "date":
      return isKind(value, "date");
    case "span":
      return isKind(value, "span");
    case "bool":
    case "switch":
      return typeof value === "boolean";
  }
}

/** Whether an object is of a type, by the last part of one of its names. */
export function hasType(value: Value, wanted: string): boolean {
  return (
    isKind(value, "object") &&
    value.typeNames.some((name) => name.split(/[.\\]/).at(-1)?.toLowerCase() === wanted.toLowerCase())
  );
}

/** A value made what a parameter takes. @throws ScriptError when it cannot be */
export function fitParameter(parameter: Parameter, given: GivenValue): Value {
  try {
    return checked(parameter, fitted(parameter, given));
  } catch (failure) {
    if (!(failure instanceof ScriptError) || failure.fault.exception === "ParameterBindingException")
      throw failure;
    throw bindingError(
      "ParameterArgumentTransformationError",
      `Cannot process argument transformation on parameter '${parameter.name}'. ${failure.message}`,
    );
  }
}

/** A failure to give parameters their values. */
export function bindingError(id: string, message: string, target: Value = null): ScriptError {
  return fail(id, message, { category: "InvalidArgument", exception: "ParameterBindingException", target });
}

function fitted(parameter: Parameter, { value, text }: GivenValue): Value {
  const { type, of } = parameter;
  if (of !== null) {
    if (isExactly(parameter, value)) return list([...itemsOf(value)]);
    throw wrongType(parameter, value, of);
  }
  switch (type) {
    case "any":
      return value;
    case "list":
      return isKind(value, "list") ? value : list([value]);
    case "text":
      return textOf(parameter, text ?? value);
    case "texts":
      return list(
        isKind(value, "list")
          ? value.items.map((one) => textOf(parameter, one))
          : [textOf(parameter, text ?? value)],
      );
    case "whole":
      return cast("long", numeric(parameter, value));
    case "wholes":
      return list(itemsOf(value).map((one) => cast("long", numeric(parameter, one))));
    case "number":
      return cast("double", numeric(parameter, value));
    case "bool":
    case "switch":
      return truth(parameter, value);
    case "script":
      if (isKind(value, "script")) return value;
      throw wrongType(parameter, value, "ScriptBlock");
    case "table":
      if (isKind(value, "table")) return value;
      throw wrongType(parameter, value, "Hashtable");
    case "date":
      return cast("datetime", value);
    case "span":
      return cast("timespan", value);
  }
}

function textOf(parameter: Parameter, value: Value): string {
  if (value === null) throw nullArgument(parameter.name);
  if (isKind(value, "list")) throw wrongType(parameter, value, "System.String");
  return toText(value);
}

function numeric(parameter: Parameter, value: Value): Value {
  if (value === null) throw nullArgument(parameter.name);
  return value;
}

function truth(parameter: Parameter, value: Value): boolean {
  if (typeof value === "boolean" || isNumber(value)) return toBool(value);
  if (value === null && parameter.type === "switch") return false;
  throw wrongType(parameter, value, "System.Boolean");
}

function nullArgument(name: string): ScriptError {
  return bindingError(
    "ParameterArgumentValidationErrorNullNotAllowed",
    `Cannot bind argument to parameter '${name}' because it is null.`,
  );
}

function wrongType({ name }: Parameter, value: Value, wanted: string): ScriptError {
  if (value === null) return nullArgument(name);
  const shown = isKind(value, "object") ? typeName(value) : short(toText(value));
  return bindingError(
    "CannotConvertArgumentNoMessage",
    `Cannot bind parameter '${name}'. Cannot convert the "${shown}" value of type "${typeName(value)}" to type "${wanted}".`,
  );
}

/** Only texts that the parameter knows; those that begin one and no other stand for it. */
function checked(parameter: Parameter, value: Value): Value {
  const { values, name } = parameter;
  if (values === null) return value;
  const known = (text: string): string => {
    const lower = text.toLowerCase();
    const exact = values.find((one) => one.toLowerCase() === lower);
    const found = exact === undefined ? values.filter((one) => one.toLowerCase().startsWith(lower)) : [exact];
    const [only] = found;
    if (found.length === 1 && only !== undefined && text !== "") return only;
    throw bindingError(
      "CannotConvertArgumentNoMessage",
      `Cannot bind parameter '${name}'. "${short(text)}" is none of the values it knows: ${values.join(", ")}.`,
    );
  };
  return isKind(value, "list") ? list(value.items.map((one) => known(toText(one)))) : known(toText(value));
}

import { wbemError } from "../errors.ts";
import type { CimDeclaration, CimMethod } from "../schema/model.ts";
import { keyOf, methodNamed, type Schema, short } from "../schema/schema.ts";
import type { MethodResult } from "../session.ts";
import {
  type CimInstance,
  type CimScalar,
  type CimValue,
  fitValue,
  isInstance,
  isList,
  type PropertySet,
} from "../value.ts";
import { parseEmbedded } from "../xml/instance.ts";
import type { MethodCall } from "./provider.ts";
import { embeddedText, fullPath, type Place } from "./snapshot.ts";

/** Hyper-V's answer to methods that it has and does not do. @wmi 2.4 return codes */
const notSupported = 32770;

/** What a call names. */
export interface Asked {
  readonly target: CimInstance;
  readonly method: string;
  readonly parameters: PropertySet;
}

/** Where a call is made. */
export interface InvokeSurroundings {
  readonly schema: Schema;
  readonly place: Place;
  resolve(path: string): CimInstance | null;
  invoke(call: MethodCall): Promise<MethodResult>;
}

/**
 * Checks a call against the class and makes it.
 * @throws HvError `wmi.invalidMethod`, `wmi.invalidMethodParameters`; `wmi.invalidParameter` for embedded text
 */
export async function invokeMethod(around: InvokeSurroundings, asked: Asked): Promise<MethodResult> {
  const { schema, place } = around;
  const of = schema.get(asked.target.className);
  const method = methodNamed(of, asked.method);
  if (method === null) throw wbemError("invalidMethod", `${of.name} has no method ${short(asked.method)}.`);
  if (!method.implemented) return { returnValue: notSupported, out: {} };
  const parameters = fittedParameters(schema, method, asked.parameters);
  const { resolve } = around;
  const { returnValue, out } = await around.invoke({
    target: asked.target,
    method: method.name,
    parameters,
    resolve,
  });
  const shown = method.out.map(
    (one) => [one.name, shownOut({ schema, place }, one, out[one.name] ?? null)] as const,
  );
  return { returnValue, out: Object.fromEntries(shown) };
}

function fittedParameters(schema: Schema, method: CimMethod, given: PropertySet): PropertySet {
  if (typeof given !== "object" || given === null)
    throw wbemError("invalidMethodParameters", `Parameters of ${method.name} are values by their names.`);
  const fitted: Record<string, CimValue> = {};
  for (const declared of method.in) fitted[declared.name] = null;
  for (const [name, found] of Object.entries(given)) {
    const declared = method.in.find((one) => keyOf(one.name) === keyOf(name));
    if (declared === undefined)
      throw wbemError("invalidMethodParameters", `${method.name} has no parameter ${short(name)}.`);
    const value = fitParameter(schema, declared, found);
    if (value === undefined)
      throw wbemError(
        "invalidMethodParameters",
        `${declared.name} of ${method.name} cannot have this value.`,
      );
    fitted[declared.name] = value;
  }
  return fitted;
}

/** A parameter that is text with an object in it is handed on as that object. */
function fitParameter(schema: Schema, declared: CimDeclaration, found: unknown): CimValue | undefined {
  const { type, of, isArray } = declared;
  if (found === null || found === undefined) return null;
  if (of === null || type !== "string") return fitValue(declared, found);
  if (!isArray) return embedded(schema, of, found);
  // Objects and strings alike: a length is all they share.
  if (!Array.isArray(found) || found.length > 1024) return undefined;
  return found.map((one: unknown) => embedded(schema, of, one));
}

function embedded(schema: Schema, of: string, found: unknown): CimInstance {
  const read = typeof found === "string" ? parseEmbedded(schema, found) : asDeclared(schema, found);
  if (schema.isA(read.className, of)) return read;
  throw wbemError("invalidParameter", `An object of class ${of} is wanted here, not ${read.className}.`);
}

/** An object that was handed over as such: its properties are made to fit as text would be. */
function asDeclared(schema: Schema, found: unknown): CimInstance {
  if (!isInstance(found))
    throw wbemError("invalidMethodParameters", "An embedded instance is text or an object.");
  const of = schema.get(found.className);
  const properties: Record<string, CimValue> = {};
  for (const [name, given] of Object.entries(found.properties)) {
    const declared = of.properties.find((one) => keyOf(one.name) === keyOf(name));
    const value = declared === undefined ? undefined : fitValue(declared, given);
    if (declared === undefined || value === undefined)
      throw wbemError(
        "invalidParameter",
        `${of.name} has no such property, or no such value: ${short(name)}.`,
      );
    properties[declared.name] = value;
  }
  return { className: of.name, path: found.path, properties };
}

/** Values of the provider's as clients see them: paths with their place, embedded instances as text. */
function shownOut(
  { schema, place }: { readonly schema: Schema; readonly place: Place },
  { type }: CimDeclaration,
  value: CimValue,
): CimValue {
  const shown = (one: CimScalar): CimScalar => {
    if (type === "reference") return fullPath(place, String(one));
    return type === "string" && isInstance(one) ? embeddedText(schema, one) : one;
  };
  if (isList(value)) return value.map(shown);
  return value === null ? null : shown(value);
}

import { readMember } from "../values/members.ts";
import { isKind, itemsOf, list, type Value } from "../values/value.ts";
import type { Argument, GivenValue } from "./arguments.ts";
import { commonParameters } from "./common-parameters.ts";
import { bindingError, fitParameter, isExactly } from "./fit-parameter.ts";
import type { Cmdlet } from "./machine.ts";
import type { Parameter } from "./parameter.ts";

/** Values by the lower-case names of their parameters. */
export type Bound = ReadonlyMap<string, Value>;

/** What the words of a command say. */
export interface Binding {
  readonly bound: Bound;
  /** Parameter sets that are still possible; `null`: the cmdlet has none. */
  readonly sets: ReadonlySet<string> | null;
}

/** Parameters a cmdlet takes, those that all have at the end. */
export function parametersOf(cmdlet: Pick<Cmdlet, "parameters" | "confirms">): readonly Parameter[] {
  return [...cmdlet.parameters, ...commonParameters(cmdlet.confirms !== "never")];
}

/** The parameter of a name, an alias, or the beginning of just one name. @throws ScriptError */
export function parameterNamed(all: readonly Parameter[], written: string): Parameter {
  const lower = written.toLowerCase();
  const exact = all.find(
    ({ name, aliases }) => name.toLowerCase() === lower || aliases.some((one) => one.toLowerCase() === lower),
  );
  if (exact !== undefined) return exact;
  const found = all.filter(({ name }) => name.toLowerCase().startsWith(lower));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only === undefined)
    throw bindingError(
      "NamedParameterNotFound",
      `A parameter cannot be found that matches parameter name '${written}'.`,
    );
  throw bindingError(
    "AmbiguousParameter",
    `Parameter cannot be processed because the parameter name '${written}' is ambiguous. Possible matches include: ${found.map(({ name }) => `-${name}`).join(" ")}.`,
  );
}

/** Gives parameters the values that stand on the command line. @throws ScriptError */
export function bindArguments(cmdlet: Cmdlet, words: readonly Argument[]): Binding {
  const all = parametersOf(cmdlet);
  const bound = new Map<string, Value>();
  const loose: GivenValue[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.kind === "value") {
      loose.push(word);
      continue;
    }
    const found = parameterNamed(all, word.name);
    const key = found.name.toLowerCase();
    if (bound.has(key))
      throw bindingError(
        "ParameterAlreadyBound",
        `Cannot bind parameter because parameter '${found.name}' is specified more than once.`,
      );
    bound.set(key, namedValue(found, word.given, rest));
  }
  const sets = setsOf(cmdlet, bound);
  return bindPositions(cmdlet, { bound, sets }, loose);
}

function namedValue(found: Parameter, given: GivenValue | null, rest: Argument[]): Value {
  if (given !== null) return fitParameter(found, given);
  if (found.type === "switch") return true;
  const next = rest[0];
  if (next?.kind !== "value")
    throw bindingError(
      "MissingArgument",
      `Missing an argument for parameter '${found.name}'. Specify a value and try again.`,
    );
  rest.shift();
  return fitParameter(found, next);
}

/** Parameter sets in which everything that is bound may stand. @throws ScriptError when there is none */
function setsOf(cmdlet: Cmdlet, bound: Bound): ReadonlySet<string> | null {
  const every = new Set(cmdlet.parameters.flatMap(({ sets }) => sets ?? []));
  if (every.size === 0) return null;
  const possible = [...every].filter((set) =>
    cmdlet.parameters.every(
      ({ name, sets }) => sets === null || sets.includes(set) || !bound.has(name.toLowerCase()),
    ),
  );
  if (possible.length > 0) return new Set(possible);
  throw bindingError(
    "AmbiguousParameterSet",
    "Parameter set cannot be resolved using the specified named parameters.",
  );
}

function isPossible({ sets }: Parameter, among: Binding["sets"]): boolean {
  return sets === null || among === null || sets.some((set) => among.has(set));
}

function bindPositions(cmdlet: Cmdlet, { bound, sets }: Binding, loose: readonly GivenValue[]): Binding {
  const made = new Map(bound);
  let possible = sets;
  const left = [...loose];
  const positions = [...new Set(cmdlet.parameters.flatMap(({ position }) => position ?? []))].sort(
    (one, other) => one - other,
  );
  for (const position of positions) {
    const given = left[0];
    if (given === undefined) break;
    const here = cmdlet.parameters.filter(
      (one) => one.position === position && !made.has(one.name.toLowerCase()) && isPossible(one, possible),
    );
    const found = chosen(cmdlet, here, given);
    if (found === undefined) continue;
    const value = found.rest ? list(left.flatMap((one) => itemsOf(one.value))) : given.value;
    made.set(found.name.toLowerCase(), fitParameter(found, found.rest ? { value, text: null } : given));
    left.splice(0, found.rest ? left.length : 1);
    possible = setsOf(cmdlet, made);
  }
  const [extra] = left;
  if (extra === undefined) return { bound: made, sets: possible };
  throw bindingError(
    "PositionalParameterNotFound",
    `A positional parameter cannot be found that accepts argument '${extra.text ?? shown(extra.value)}'.`,
  );
}

function shown(value: Value): string {
  if (value === null) return "$null";
  return typeof value === "object" ? value.kind : String(value).slice(0, 80);
}

/** Which of the parameters of one place a value is for: the one that takes it as it is, or the usual one. */
function chosen(cmdlet: Cmdlet, here: readonly Parameter[], { value }: GivenValue): Parameter | undefined {
  const usual = (one: Parameter): boolean =>
    cmdlet.standardSet !== null && one.sets?.includes(cmdlet.standardSet) === true;
  const exact = here.filter((one) => isExactly(one, value));
  return exact.find(usual) ?? exact[0] ?? here.find(usual) ?? here.find(({ of }) => of === null) ?? here[0];
}

/** Gives parameters what comes down the pipeline. @throws ScriptError when none takes it */
export function bindInput(cmdlet: Cmdlet, { bound, sets }: Binding, input: Value): Binding {
  const free = cmdlet.parameters.filter(
    (one) => one.pipeline !== null && !bound.has(one.name.toLowerCase()) && isPossible(one, sets),
  );
  const byValue = free.filter(({ pipeline }) => pipeline === "value" || pipeline === "both");
  const found =
    byValue.find((one) => one.of !== null && isExactly(one, input)) ??
    byValue.find((one) => isExactly(one, input));
  if (found !== undefined) return withBound(cmdlet, bound, [[found, input]]);
  const named = free
    .filter(({ pipeline }) => pipeline === "name" || pipeline === "both")
    .flatMap((one) => {
      const value = memberFor(one, input);
      return value === undefined ? [] : [[one, value] as const];
    });
  if (named.length > 0) return withBound(cmdlet, bound, named);
  const loose = byValue.find(({ of }) => of === null);
  if (loose !== undefined && input !== null && !isKind(input, "object"))
    return withBound(cmdlet, bound, [[loose, input]]);
  throw bindingError(
    "InputObjectNotBound",
    "The input object cannot be bound to any parameters for the command either because the command does not take pipeline input or the input and its properties do not match any of the parameters that take pipeline input.",
    input,
  );
}

function memberFor({ name, aliases }: Parameter, input: Value): Value | undefined {
  if (!isKind(input, "object")) return undefined;
  for (const one of [name, ...aliases]) {
    const value = readMember(input, one);
    if (value !== undefined && value !== null && one.toLowerCase() !== "count") return value;
  }
  return undefined;
}

function withBound(cmdlet: Cmdlet, bound: Bound, more: readonly (readonly [Parameter, Value])[]): Binding {
  const made = new Map(bound);
  for (const [found, value] of more) {
    const next = new Map(made).set(found.name.toLowerCase(), fitParameter(found, { value, text: null }));
    // Properties that belong to another parameter set are not meant.
    if (more.length > 1 && !fits(cmdlet, next)) continue;
    made.set(found.name.toLowerCase(), fitParameter(found, { value, text: null }));
  }
  return { bound: made, sets: setsOf(cmdlet, made) };
}

function fits(cmdlet: Cmdlet, bound: Bound): boolean {
  try {
    setsOf(cmdlet, bound);
    return true;
  } catch {
    return false;
  }
}

/** The parameter set that is meant, with nothing missing. @throws ScriptError when something is */
export function settle(cmdlet: Cmdlet, { bound, sets }: Binding): string | null {
  const missing = (set: string | null): readonly string[] =>
    cmdlet.parameters
      .filter((one) => one.mandatory && (one.sets === null || (set !== null && one.sets.includes(set))))
      .filter(({ name }) => !bound.has(name.toLowerCase()))
      .map(({ name }) => name);
  const order = sets === null ? [null] : [...sets].sort((one) => (one === cmdlet.standardSet ? -1 : 0));
  const whole = order.find((set) => missing(set).length === 0);
  if (whole !== undefined) return whole;
  const names = missing(order[0] ?? null).join(" ");
  throw bindingError(
    "MissingMandatoryParameter",
    `Cannot process command because of one or more missing mandatory parameters: ${names}.`,
  );
}

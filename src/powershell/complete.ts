import { ownNames } from "./cmdlets/core/selectors.ts";
import { visible } from "./cmdlets/core/variables.ts";
import { commandNames, namesOf } from "./completion/names.ts";
import { type TypedWord, typedCommand } from "./completion/words.ts";
import { parametersOf } from "./run/bind.ts";
import type { Cmdlet, Commands, ShellSurroundings } from "./run/machine.ts";
import type { Parameter } from "./run/parameter.ts";
import { methodNames } from "./values/methods.ts";
import { findFunction, readVariable } from "./values/scope.ts";
import type { Scope } from "./values/value.ts";

/** What could stand at a place. */
export interface Completion {
  /** What is replaced, in characters of the text. */
  readonly start: number;
  readonly end: number;
  /** What it is replaced by, in order; with quotes where it needs them. */
  readonly matches: readonly string[];
}

/** What completion looks at. */
export interface CompletionParts {
  readonly around: ShellSurroundings;
  readonly commands: Commands;
  readonly scope: Scope;
}

/** Characters of a text that is completed. Reason: longer ones are pasted, not typed. */
const longest = 8192;
/** Suggestions at once. */
const mostMatches = 200;

/** What could stand at the cursor: commands, parameters, variables, members, names of things on the host. */
export async function completeText(
  parts: CompletionParts,
  text: string,
  cursor: number,
): Promise<Completion> {
  const end = Math.max(0, Math.min(cursor, text.length));
  const none: Completion = { start: end, end, matches: [] };
  if (text.length > longest) return none;
  const { words, last } = typedCommand(text, end);
  try {
    const found = await candidates(parts, words, last);
    const matches = [...new Set(found)].slice(0, mostMatches);
    return matches.length === 0 ? none : { start: last.start, end, matches };
  } catch {
    // A host that does not answer has no names; the line can still be typed.
    return none;
  }
}

async function candidates(
  parts: CompletionParts,
  words: readonly TypedWord[],
  last: TypedWord,
): Promise<readonly string[]> {
  if (last.quote !== "'" && last.text.startsWith("$")) return variables(parts, last.text);
  const [command, ...rest] = words;
  if (command === undefined) return last.quote === "" ? commandsLike(parts, last.text) : [];
  const { commands, scope } = parts;
  const declared = findFunction(scope, command.text);
  if (declared !== null)
    return last.text.startsWith("-")
      ? beginning(
          declared.block.parameters.map(({ name }) => `-${name}`),
          last.text,
        )
      : [];
  const cmdlet = commands.find(commands.aliases.get(command.text.toLowerCase()) ?? command.text);
  if (cmdlet === null) return [];
  if (last.quote === "" && last.text.startsWith("-"))
    return beginning(
      parametersOf(cmdlet).map(({ name }) => `-${name}`),
      last.text,
    );
  const parameter = parameterAt(cmdlet, rest);
  if (parameter === null) return [];
  if (parameter.values !== null) return beginning(parameter.values, last.text);
  if (parameter.type === "bool") return beginning(["$true", "$false"], last.text);
  if (parameter.completes === null) return [];
  const names = await namesOf(parameter.completes, { session: parts.around.session, commands, scope });
  return beginning(names, last.text).map(quotedName);
}

function beginning(all: readonly string[], written: string): readonly string[] {
  const lower = written.toLowerCase();
  return all.filter((one) => one.toLowerCase().startsWith(lower));
}

/** A name as it must be written on a command line. */
function quotedName(name: string): string {
  return /^[\p{L}\p{N}_.\\/-]+$/u.test(name) && !name.startsWith("-")
    ? name
    : `'${name.replaceAll("'", "''")}'`;
}

function commandsLike({ commands, scope }: CompletionParts, written: string): readonly string[] {
  if (written === "") return [];
  const all = [...commandNames(commands, scope)].sort((one, other) =>
    one.toLowerCase() < other.toLowerCase() ? -1 : 1,
  );
  return beginning(all, written);
}

function variables({ scope, around }: CompletionParts, written: string): readonly string[] {
  const member = /^\$(\w+)\.(\w*)$/.exec(written);
  if (member !== null) return members(scope, member[1] ?? "", member[2] ?? "");
  if (/^\$env:/i.test(written))
    return beginning(
      Object.keys(around.environment).map((name) => `$env:${name}`),
      written,
    );
  const names = [...visible(scope).values()].map(({ name }) => name);
  return beginning(["true", "false", "null", "Error", ...names].map((name) => `$${name}`).sort(), written);
}

function members(scope: Scope, variable: string, written: string): readonly string[] {
  const value = readVariable(scope, variable) ?? null;
  if (value === null) return [];
  const methods = methodNames(value).map((name) => `${name}(`);
  return beginning([...ownNames(value), ...methods], written).map((name) => `$${variable}.${name}`);
}

/** The parameter that the next word is for; `null`: none that anything is known of. */
function parameterAt(cmdlet: Cmdlet, words: readonly TypedWord[]): Parameter | null {
  const all = parametersOf(cmdlet);
  const named = (word: string): Parameter | null => {
    const lower = word.slice(1).toLowerCase();
    const fits = ({ name, aliases }: Parameter): boolean =>
      name.toLowerCase() === lower || aliases.some((one) => one.toLowerCase() === lower);
    return all.find(fits) ?? all.find(({ name }) => name.toLowerCase().startsWith(lower)) ?? null;
  };
  const taken = new Set<Parameter>();
  let loose = 0;
  let open: Parameter | null = null;
  for (const { text } of words) {
    if (text.startsWith("-")) {
      const found: Parameter | null = named(text);
      if (found !== null) taken.add(found);
      open = found !== null && found.type !== "switch" ? found : null;
    } else if (open !== null) open = null;
    else loose++;
  }
  if (open !== null) return open;
  const free = [
    ...new Set(all.filter((one) => !taken.has(one)).flatMap(({ position }) => position ?? [])),
  ].sort((one, other) => one - other);
  const place = free[loose];
  const here = all.filter((one) => place !== undefined && one.position === place && !taken.has(one));
  return here.find(({ completes, values }) => completes !== null || values !== null) ?? here[0] ?? null;
}

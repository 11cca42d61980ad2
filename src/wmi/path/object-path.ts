import { wbemError } from "../errors.ts";

/** A value of a key as a path has it. References are text in quotes, like any text. */
export type KeyValue = string | bigint | boolean;

/** What names an object or a class. */
export interface ObjectPath {
  /** `null`: this host. */
  readonly server: string | null;
  /** With backslashes, `root\virtualization`; `null`: the namespace that is asked. */
  readonly namespace: string | null;
  readonly className: string;
  readonly keys: /** The class itself. */
    | { readonly kind: "class" }
    /** The only object of its class, written `=@`. */
    | { readonly kind: "singleton" }
    /** One key whose name was left out. */
    | { readonly kind: "value"; readonly value: KeyValue }
    /** In the order of the names. */
    | { readonly kind: "named"; readonly values: readonly (readonly [name: string, value: KeyValue])[] };
}

/** Characters of a path. Reason: one inside another, escaped, is twice as long; three deep is the most there is. */
const longest = 16_384;
/** Keys of a class. Reason: the most in the schema are four. */
const mostKeys = 16;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /[+-]?\d{1,20}/y;
const namespaceForm = /^(?:[\\/]{2}([^\\/:"']+)[\\/])?([A-Za-z_][\w]*(?:[\\/][A-Za-z_][\w]*)*)$/;

/** Writes a path. Quotes and backslashes of values are escaped with a backslash. */
export function printPath({ server, namespace, className, keys }: ObjectPath): string {
  const place = namespace === null ? "" : `${server === null ? "" : `\\\\${server}\\`}${namespace}:`;
  switch (keys.kind) {
    case "class":
      return `${place}${className}`;
    case "singleton":
      return `${place}${className}=@`;
    case "value":
      return `${place}${className}=${printKey(keys.value)}`;
    case "named":
      return `${place}${className}.${keys.values.map(([name, value]) => `${name}=${printKey(value)}`).join(",")}`;
  }
}

function printKey(value: KeyValue): string {
  if (typeof value !== "string") return String(value).toUpperCase();
  return `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

/** Reads a path. @throws HvError `wmi.invalidObjectPath` with the place of the mistake */
export function parsePath(text: string): ObjectPath {
  if (text.length > longest) throw wrong(text, 0, `it is longer than ${longest} characters`);
  const colon = namespaceEnd(text);
  const { server, namespace } = colon === null ? { server: null, namespace: null } : parsePlace(text, colon);
  const at = colon === null ? 0 : colon + 1;
  const className = take(word, text, at);
  if (className === null) throw wrong(text, at, "the name of a class is missing");
  return { server, namespace, className, keys: parseKeys(text, at + className.length) };
}

/** The colon that ends the namespace: it comes before any key. */
function namespaceEnd(text: string): number | null {
  const colon = text.indexOf(":");
  const first = text.search(/[=."']/);
  // A server may have dots in its name, or be one.
  const hasServer = /^[\\/]{2}/.test(text);
  return colon >= 0 && (hasServer || first < 0 || colon < first) ? colon : null;
}

function parsePlace(text: string, end: number): Pick<ObjectPath, "server" | "namespace"> {
  const [, server, namespace] = namespaceForm.exec(text.slice(0, end)) ?? [];
  if (namespace === undefined) throw wrong(text, 0, "the server or the namespace makes no sense");
  return { server: server ?? null, namespace: namespace.replaceAll("/", "\\") };
}

function parseKeys(text: string, at: number): ObjectPath["keys"] {
  if (at === text.length) return { kind: "class" };
  if (text[at] === "=") {
    if (text.slice(at + 1) === "@") return { kind: "singleton" };
    const { value, end } = parseKey(text, at + 1);
    if (end !== text.length) throw wrong(text, end, "there is something after the key");
    return { kind: "value", value };
  }
  if (text[at] !== ".") throw wrong(text, at, "a dot or an equals sign is missing after the class");
  return { kind: "named", values: parseNamed(text, at + 1) };
}

function parseNamed(text: string, start: number): readonly (readonly [string, KeyValue])[] {
  const values: (readonly [string, KeyValue])[] = [];
  for (let at = start; ; at++) {
    const name = take(word, text, at);
    if (name === null || text[at + name.length] !== "=")
      throw wrong(text, at, "a key has the form Name=value");
    if (values.some(([known]) => known.toLowerCase() === name.toLowerCase()))
      throw wrong(text, at, `the key ${name} is there twice`);
    const { value, end } = parseKey(text, at + name.length + 1);
    values.push([name, value]);
    at = end;
    if (at === text.length) return values;
    if (text[at] !== ",") throw wrong(text, at, "a comma is missing between two keys");
    if (values.length === mostKeys) throw wrong(text, at, `no class has more than ${mostKeys} keys`);
  }
}

interface Key {
  readonly value: KeyValue;
  readonly end: number;
}

function parseKey(text: string, at: number): Key {
  const quote = text[at];
  if (quote === '"' || quote === "'") return parseQuoted(text, at, quote);
  const digits = take(number, text, at);
  if (digits !== null) return { value: BigInt(digits.replace("+", "")), end: at + digits.length };
  const name = take(word, text, at);
  if (name !== null && /^(true|false)$/i.test(name))
    return { value: name.toLowerCase() === "true", end: at + name.length };
  throw wrong(text, at, "a value is text in quotes, a whole number, TRUE or FALSE");
}

function parseQuoted(text: string, start: number, quote: string): Key {
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const letter = text[at] ?? "";
    if (letter === quote) return { value, end: at + 1 };
    if (letter === "\\") at++;
    value += text[at] ?? "";
  }
  throw wrong(text, start, "the quotes are not closed");
}

function take(form: RegExp, text: string, at: number): string | null {
  form.lastIndex = at;
  return form.exec(text)?.[0] ?? null;
}

/** Letters of a path that are shown when it is wrong. */
const shown = 120;

function wrong(text: string, at: number, why: string): Error {
  const short = text.length > shown ? `${text.slice(0, shown)}…` : text;
  return wbemError("invalidObjectPath", `${short} is no object path: ${why} (character ${at + 1}).`);
}

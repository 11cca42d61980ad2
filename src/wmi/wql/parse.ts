import { parseCondition, parseProperty } from "./condition.ts";
import type { LinkQuery, PropertyName, SelectQuery, WqlQuery } from "./query.ts";
import { openReader, type TokenReader } from "./reader.ts";
import { wrongQuery } from "./tokens.ts";

/** Properties of a query. Reason: no class has more. */
const mostProperties = 256;
/** Seconds. Reason: WMI refuses less; a day is longer than any page. */
const withinRange = { least: 0.001, most: 86_400 };

/** Reads a query. @throws HvError `wmi.invalidQuery` with the character at which it goes wrong */
export function parseWql(query: string): WqlQuery {
  const reader = openReader(query);
  const parsed = parseStatement(reader);
  if (reader.peek().kind !== "end") reader.fail("the end");
  return parsed;
}

function parseStatement(reader: TokenReader): WqlQuery {
  if (reader.accept("SELECT")) return parseSelect(reader);
  if (reader.accept("ASSOCIATORS")) return parseLinks(reader, "associators");
  if (reader.accept("REFERENCES")) return parseLinks(reader, "references");
  return reader.fail("SELECT, ASSOCIATORS OF or REFERENCES OF");
}

function parseSelect(reader: TokenReader): SelectQuery {
  const properties = reader.accept("*") ? null : parseList(reader);
  reader.expect("FROM");
  const from = reader.word("the name of a class");
  const within = reader.accept("WITHIN") ? parseSeconds(reader) : null;
  const where = reader.accept("WHERE") ? parseCondition(reader) : null;
  return { kind: "select", properties, from, within, where };
}

function parseList(reader: TokenReader): readonly PropertyName[] {
  const names: PropertyName[] = [];
  do {
    const { at } = reader.peek();
    names.push(parseProperty(reader));
    if (names.length > mostProperties)
      throw wrongQuery(at, `it names more than ${mostProperties} properties`);
  } while (reader.accept(","));
  return names;
}

function parseSeconds(reader: TokenReader): number {
  const { kind, text, at } = reader.peek();
  const seconds = kind === "number" ? Number(text) : Number.NaN;
  if (!(seconds >= withinRange.least && seconds <= withinRange.most))
    throw wrongQuery(at, `WITHIN wants seconds, ${withinRange.least} to ${withinRange.most}`);
  reader.take();
  return seconds;
}

type LinkOptions = { -readonly [K in Exclude<keyof LinkQuery, "kind" | "path">]: LinkQuery[K] };
type NamedOption = Exclude<keyof LinkOptions, "classDefsOnly" | "keysOnly">;

const namedOptions: { readonly [word: string]: NamedOption } = {
  ASSOCCLASS: "assocClass",
  RESULTCLASS: "resultClass",
  ROLE: "role",
  RESULTROLE: "resultRole",
  REQUIREDQUALIFIER: "requiredQualifier",
  REQUIREDASSOCQUALIFIER: "requiredAssocQualifier",
};
/** What means nothing where the association itself is asked for. */
const notOfReferences: readonly NamedOption[] = ["assocClass", "resultRole", "requiredAssocQualifier"];

function parseLinks(reader: TokenReader, kind: LinkQuery["kind"]): LinkQuery {
  reader.expect("OF");
  if (reader.peek().kind !== "path") reader.fail("an object path in braces");
  const path = reader.take().text;
  const options: LinkOptions = {
    assocClass: null,
    resultClass: null,
    role: null,
    resultRole: null,
    requiredQualifier: null,
    requiredAssocQualifier: null,
    classDefsOnly: false,
    keysOnly: false,
  };
  if (reader.accept("WHERE")) {
    parseOption(reader, kind, options);
    while (reader.peek().kind !== "end") parseOption(reader, kind, options);
  }
  return { kind, path, ...options };
}

function parseOption(reader: TokenReader, kind: LinkQuery["kind"], options: LinkOptions): void {
  const { at } = reader.peek();
  const word = reader.word("the name of an option").toUpperCase();
  const option = Object.hasOwn(namedOptions, word) ? namedOptions[word] : undefined;
  if (option !== undefined) {
    if (kind === "references" && notOfReferences.includes(option))
      throw wrongQuery(at, `${word} means nothing to REFERENCES OF`);
    if (options[option] !== null) throw wrongQuery(at, `${word} is there twice`);
    reader.expect("=");
    options[option] = reader.word("a name");
  } else if (word === "CLASSDEFSONLY") options.classDefsOnly = true;
  else if (word === "KEYSONLY") options.keysOnly = true;
  else throw wrongQuery(at, `there is no option ${word.slice(0, 40)}`);
}

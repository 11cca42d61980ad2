import type {
  CimDeclaration,
  CimMethod,
  CimProperty,
  ClassSource,
  MethodSource,
  Shorthand,
} from "./model.ts";

const form =
  /^(key |quiet )?(?:(ref|object|text) (\w+)|(boolean|[us]int(?:8|16|32|64)|real(?:32|64)|string|datetime))(\[\])?$/;

interface Feature {
  readonly modifier: string;
  readonly declared: CimDeclaration;
}

/** @throws when our own table makes no sense */
function declare(name: string, shorthand: Shorthand): Feature {
  const [all, modifier = "", link, of, plain, brackets] = form.exec(shorthand) ?? [];
  if (all === undefined) throw new Error(`the schema declares ${name} as ${shorthand}`);
  const type = link === "ref" ? "reference" : link === "object" ? "object" : plainType(plain ?? "string");
  return { modifier, declared: { name, type, isArray: brackets !== undefined, of: of ?? null } };
}

function plainType(text: string): CimDeclaration["type"] {
  return text as CimDeclaration["type"];
}

/** The properties that a class adds. */
export function propertiesOf(source: ClassSource): readonly CimProperty[] {
  return Object.entries(source.properties ?? {}).map(([name, shorthand]) => {
    const { modifier, declared } = declare(name, shorthand);
    return {
      ...declared,
      key: modifier === "key ",
      quiet: modifier === "quiet ",
      values: source.values?.[name] ?? {},
      origin: source.name,
    };
  });
}

/** The methods that a class adds. */
export function methodsOf(source: ClassSource): readonly CimMethod[] {
  return Object.entries(source.methods ?? {}).map(([name, method]) => methodOf(source.name, name, method));
}

function methodOf(origin: string, name: string, method: MethodSource): CimMethod {
  if (method === "notImplemented") return { name, implemented: false, in: [], out: [], origin };
  const parameters = (all: { readonly [name: string]: Shorthand } = {}): readonly CimDeclaration[] =>
    Object.entries(all).map(([one, shorthand]) => declare(one, shorthand).declared);
  return { name, implemented: true, in: parameters(method.in), out: parameters(method.out), origin };
}

import { wbemError } from "../errors.ts";
import { methodsOf, propertiesOf } from "./declare.ts";
import type { CimClass, CimMethod, CimProperty, ClassSource } from "./model.ts";

/** The classes of a namespace. Names are looked up without regard to case. */
export interface Schema {
  readonly classes: readonly CimClass[];
  /** `null`: there is none of that name. */
  find(name: string): CimClass | null;
  /** @throws HvError `wmi.invalidClass` */
  get(name: string): CimClass;
  /** The class, and all that inherit from it. */
  family(name: string): readonly CimClass[];
  /** Whether a class is another or inherits from it. */
  isA(name: string, ancestor: string): boolean;
  /** Its superclass, that one's, and so on. */
  derivation(name: string): readonly string[];
}

/** Builds a schema. Superclasses come before the classes that inherit. @throws when our own tables make no sense */
export function openSchema(sources: readonly ClassSource[]): Schema {
  const known = new Map<string, CimClass>();
  for (const source of sources) {
    const parent = source.extends === undefined ? null : (known.get(keyOf(source.extends)) ?? null);
    if (source.extends !== undefined && parent === null)
      throw new Error(`${source.name} extends ${source.extends}, which is not declared before it`);
    if (known.has(keyOf(source.name))) throw new Error(`${source.name} is declared twice`);
    known.set(keyOf(source.name), classOf(source, parent));
  }
  const classes = [...known.values()];
  const find = (name: string): CimClass | null => known.get(keyOf(name)) ?? null;
  function get(name: string): CimClass {
    const found = find(name);
    if (found === null)
      throw wbemError("invalidClass", `There is no class ${short(name)} in this namespace.`);
    return found;
  }
  function derivation(name: string): readonly string[] {
    const parents: string[] = [];
    for (let one = find(name)?.superclass ?? null; one !== null; one = find(one)?.superclass ?? null)
      parents.push(one);
    return parents;
  }
  const isA = (name: string, ancestor: string): boolean =>
    keyOf(name) === keyOf(ancestor) || derivation(name).some((one) => keyOf(one) === keyOf(ancestor));
  return {
    classes,
    find,
    get,
    derivation,
    isA,
    family: (name) => classes.filter((one) => isA(one.name, name)),
  };
}

function classOf(source: ClassSource, parent: CimClass | null): CimClass {
  return {
    name: source.name,
    superclass: parent?.name ?? null,
    abstract: source.abstract ?? false,
    association: (source.association ?? false) || (parent?.association ?? false),
    description: source.description,
    properties: merged<CimProperty>(parent?.properties ?? [], propertiesOf(source)),
    methods: merged<CimMethod>(parent?.methods ?? [], methodsOf(source)),
  };
}

/** What is declared again takes the place of what was inherited. A key stays one. */
function merged<T extends { readonly name: string; readonly key?: boolean }>(
  inherited: readonly T[],
  own: readonly T[],
): readonly T[] {
  const kept = inherited.map((one) => {
    const again = own.find(({ name }) => name === one.name);
    return again === undefined || one.key === undefined
      ? (again ?? one)
      : { ...again, key: again.key || one.key };
  });
  return [...kept, ...own.filter(({ name }) => !inherited.some((one) => one.name === name))];
}

/** A property of a class, by its name in any case. */
export function propertyOf(of: CimClass, name: string): CimProperty | null {
  return of.properties.find((one) => keyOf(one.name) === keyOf(name)) ?? null;
}

/** A method of a class, by its name in any case. */
export function methodNamed(of: CimClass, name: string): CimMethod | null {
  return of.methods.find((one) => keyOf(one.name) === keyOf(name)) ?? null;
}

/** What names an object of the class, in the order in which paths have it: that of the alphabet. */
export function keysOf(of: CimClass): readonly CimProperty[] {
  return of.properties.filter(({ key }) => key).sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The form in which names are compared. */
export function keyOf(name: string): string {
  return name.toLowerCase();
}

/** A name of somebody else's as a sentence quotes it. */
export function short(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}

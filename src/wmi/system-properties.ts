import type { CimClass } from "./schema/model.ts";
import type { Schema } from "./schema/schema.ts";
import type { CimFeature, CimValue } from "./value.ts";

/** What every object and class says of itself, beside what its class declares. */
const types: { readonly [name: string]: CimFeature } = {
  __CLASS: { type: "string", isArray: false },
  __DERIVATION: { type: "string", isArray: true },
  __DYNASTY: { type: "string", isArray: false },
  __GENUS: { type: "sint32", isArray: false },
  __NAMESPACE: { type: "string", isArray: false },
  __PATH: { type: "string", isArray: false },
  __PROPERTY_COUNT: { type: "sint32", isArray: false },
  __RELPATH: { type: "string", isArray: false },
  __SERVER: { type: "string", isArray: false },
  __SUPERCLASS: { type: "string", isArray: false },
};

/** The type of a system property; `null`: there is none of that name. Case does not matter. */
export function systemType(name: string): CimFeature | null {
  const upper = name.toUpperCase();
  return Object.hasOwn(types, upper) ? (types[upper] ?? null) : null;
}

/** What a system property is of a class (`path` is the class's name) or of an object of it. */
export interface SystemSubject {
  readonly genus: "class" | "instance";
  readonly of: CimClass;
  /** `null` for objects without a name. */
  readonly path: string | null;
}

/** The value of a system property. */
export function systemValue(schema: Schema, { genus, of, path }: SystemSubject, name: string): CimValue {
  const derivation = schema.derivation(of.name);
  const place = /^\\\\([^\\]+)\\([^:]+):(.*)$/s.exec(path ?? "");
  switch (name.toUpperCase()) {
    case "__CLASS":
      return of.name;
    case "__DERIVATION":
      return derivation;
    case "__DYNASTY":
      return derivation.at(-1) ?? of.name;
    case "__GENUS":
      return genus === "class" ? 1 : 2;
    case "__NAMESPACE":
      return place?.[2] ?? null;
    case "__PATH":
      return path;
    case "__PROPERTY_COUNT":
      return of.properties.length;
    case "__RELPATH":
      return place?.[3] ?? null;
    case "__SERVER":
      return place?.[1] ?? null;
    case "__SUPERCLASS":
      return of.superclass;
    default:
      return null;
  }
}

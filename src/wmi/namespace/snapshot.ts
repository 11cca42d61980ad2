import { wbemError } from "../errors.ts";
import { type KeyValue, type ObjectPath, parsePath, printPath } from "../path/object-path.ts";
import type { CimClass, CimProperty } from "../schema/model.ts";
import { keyOf, keysOf, type Schema, short } from "../schema/schema.ts";
import {
  type CimInstance,
  type CimScalar,
  type CimValue,
  fitValue,
  isInstance,
  isList,
  type PropertySet,
} from "../value.ts";
import { printEmbedded } from "../xml/instance.ts";
import type { NamespaceProvider } from "./provider.ts";

/** Which namespace it is. */
export interface Place {
  readonly server: string;
  readonly namespace: string;
}

/** The objects of a namespace at one moment. */
export interface Snapshot {
  /** Objects of exactly this class. */
  ownInstances(of: CimClass): readonly CimInstance[];
  /** Objects of a class and of those that inherit from it. */
  instances(className: string): readonly CimInstance[];
  /** @throws HvError `wmi.notFound` when the path leads nowhere, and what is wrong with it */
  get(path: string): CimInstance;
  /** `null` when the path leads nowhere or is none. */
  find(path: string): CimInstance | null;
}

/** Takes a picture of a world. Each class is looked at once, when it is asked for. */
export function takeSnapshot<World>(
  schema: Schema,
  provider: NamespaceProvider<World>,
  place: Place,
): Snapshot {
  const world = provider.read();
  const seen = new Map<string, ReadonlyMap<string, CimInstance>>();

  function all(of: CimClass): ReadonlyMap<string, CimInstance> {
    const known = seen.get(of.name);
    if (known !== undefined) return known;
    const made = of.abstract ? [] : provider.instances(of.name, world).map((set) => instanceOf(of, set));
    const byPath = new Map(made.map((instance) => [keyOf(instance.path ?? ""), instance]));
    seen.set(of.name, byPath);
    return byPath;
  }
  function instanceOf(of: CimClass, set: PropertySet): CimInstance {
    const properties: Record<string, CimValue> = {};
    for (const property of of.properties)
      properties[property.name] = shownValue(property, set[property.name] ?? null);
    return { className: of.name, path: printPath(pathOf(of, properties)), properties };
  }
  function pathOf(of: CimClass, properties: PropertySet): ObjectPath {
    const values = keysOf(of).map(({ name }) => [name, keyValue(properties[name] ?? "")] as const);
    return { ...place, className: of.name, keys: { kind: "named", values } };
  }
  /** Objects of the provider's as clients see them: embedded ones as text, references with their place. */
  function shownValue(property: CimProperty, value: CimValue): CimValue {
    if (isList(value)) return value.map((one) => shownScalar(property, one));
    return value === null ? null : shownScalar(property, value);
  }
  function shownScalar(property: CimProperty, value: CimScalar): CimScalar {
    if (isInstance(value)) return property.type === "object" ? value : embeddedText(schema, value);
    return property.type === "reference" ? fullPath(place, String(value)) : value;
  }
  function find(path: ObjectPath): CimInstance | null {
    const of = schema.get(path.className);
    checkPlace(place, path);
    for (const one of schema.family(of.name)) {
      const wanted = namedKeys(one, path);
      if (wanted === null) continue;
      const found = all(one).get(keyOf(printPath({ ...place, className: one.name, keys: wanted })));
      if (found !== undefined) return found;
    }
    return null;
  }
  return {
    ownInstances: (of) => [...all(of).values()],
    instances: (className) => schema.family(className).flatMap((one) => [...all(one).values()]),
    get(path) {
      const found = find(parsePath(path));
      if (found === null) throw wbemError("notFound", `There is no object ${short(path)}.`);
      return found;
    },
    find(path) {
      try {
        return find(parsePath(path));
      } catch {
        return null;
      }
    },
  };
}

/** A path of the provider's, with server and namespace. */
export function fullPath({ server, namespace }: Place, relative: string): string {
  return `\\\\${server}\\${namespace}:${relative}`;
}

/** An embedded instance as text. */
export function embeddedText(schema: Schema, instance: CimInstance): string {
  return printEmbedded(schema.get(instance.className), instance);
}

function keyValue(value: CimValue): KeyValue {
  if (typeof value === "boolean" || typeof value === "bigint") return value;
  return typeof value === "number" ? BigInt(value) : String(value);
}

/** @throws HvError `wmi.invalidNamespace` when a path leads elsewhere */
function checkPlace(place: Place, { server, namespace }: ObjectPath): void {
  const here = server === null || server === "." || keyOf(server) === keyOf(place.server);
  if (here && (namespace === null || keyOf(namespace) === keyOf(place.namespace))) return;
  const asked = `\\\\${server ?? "."}\\${namespace ?? ""}`;
  throw wbemError(
    "invalidNamespace",
    `This is \\\\${place.server}\\${place.namespace}, not ${short(asked)}.`,
  );
}

/** The keys of a path by their declared names and types, in the class's order; `null` when they are not the class's. */
function namedKeys(of: CimClass, { keys }: ObjectPath): ObjectPath["keys"] | null {
  const declared = keysOf(of);
  const given =
    keys.kind === "named" ? keys.values : keys.kind === "value" ? [["", keys.value] as const] : [];
  if (given.length !== declared.length || given.length === 0) return null;
  const values: (readonly [string, KeyValue])[] = [];
  for (const property of declared) {
    const found = given.find(([name]) => keys.kind === "value" || keyOf(name) === keyOf(property.name));
    const value = found === undefined ? undefined : fitValue(property, found[1]);
    if (value === undefined || value === null) return null;
    values.push([property.name, keyValue(value)]);
  }
  return { kind: "named", values };
}

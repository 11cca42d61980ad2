import type { CimClass } from "../schema/model.ts";
import { keyOf, keysOf, type Schema } from "../schema/schema.ts";
import type { WmiAnswer } from "../session.ts";
import type { CimInstance } from "../value.ts";
import type { LinkQuery } from "../wql/query.ts";
import { projection } from "./select.ts";
import type { Snapshot } from "./snapshot.ts";

/** One association that an object takes part in. */
interface Link {
  readonly association: CimInstance;
  readonly of: CimClass;
  /** Ends beside the object's own. */
  readonly others: readonly { readonly role: string; readonly path: string }[];
}

/** Answers ASSOCIATORS OF and REFERENCES OF. @throws HvError `wmi.notFound`, `wmi.invalidClass` and others */
export function followLinks(schema: Schema, snapshot: Snapshot, query: LinkQuery): WmiAnswer {
  const source = snapshot.get(query.path);
  const wantedClass = query.kind === "references" ? query.resultClass : query.assocClass;
  const links = associationsOf(schema, wantedClass)
    .filter((of) =>
      hasQualifier(of, query.kind === "references" ? query.requiredQualifier : query.requiredAssocQualifier),
    )
    .flatMap((of) => linksOf({ of, snapshot, source, role: query.role }));
  const found =
    query.kind === "references"
      ? links.map(({ association }) => association)
      : otherEnds(schema, snapshot, { links, query });
  const objects = [...new Map(found.map((one) => [keyOf(one.path ?? ""), one])).values()];
  if (query.classDefsOnly) {
    const names = new Set(objects.map(({ className }) => className));
    return { kind: "classes", classes: schema.classes.filter(({ name }) => names.has(name)) };
  }
  return {
    kind: "objects",
    objects: query.keysOnly ? objects.map((one) => keysAlone(schema, one)) : objects,
  };
}

function associationsOf(schema: Schema, wanted: string | null): readonly CimClass[] {
  const all = wanted === null ? schema.classes : schema.family(schema.get(wanted).name);
  return all.filter(({ association, abstract }) => association && !abstract);
}

/** The qualifiers of the model: whether a class is an association, has no objects of its own, or is made by a provider. */
function hasQualifier({ association, abstract }: CimClass, wanted: string | null): boolean {
  switch (wanted?.toLowerCase()) {
    case undefined:
      return true;
    case "association":
      return association;
    case "abstract":
      return abstract;
    case "dynamic":
    case "provider":
      return !abstract;
    default:
      return false;
  }
}

interface Search {
  readonly of: CimClass;
  readonly snapshot: Snapshot;
  readonly source: CimInstance;
  readonly role: string | null;
}

function linksOf({ of, snapshot, source, role }: Search): readonly Link[] {
  const ends = of.properties.filter(({ type }) => type === "reference");
  const isSource = (path: unknown): boolean =>
    typeof path === "string" && keyOf(path) === keyOf(source.path ?? "");
  return snapshot.ownInstances(of).flatMap((association): readonly Link[] => {
    const mine = ends.find(
      ({ name }) => isSource(association.properties[name]) && (role === null || keyOf(name) === keyOf(role)),
    );
    if (mine === undefined) return [];
    const others = ends.flatMap(({ name }) => {
      const path = association.properties[name];
      return name === mine.name || typeof path !== "string" ? [] : [{ role: name, path }];
    });
    return [{ association, of, others }];
  });
}

function otherEnds(
  schema: Schema,
  snapshot: Snapshot,
  { links, query }: { readonly links: readonly Link[]; readonly query: LinkQuery },
): readonly CimInstance[] {
  const { resultClass, resultRole } = query;
  if (resultClass !== null) schema.get(resultClass);
  return links
    .flatMap(({ others }) => others)
    .filter(({ role }) => resultRole === null || keyOf(role) === keyOf(resultRole))
    .flatMap(({ path }) => snapshot.find(path) ?? [])
    .filter(
      ({ className }) =>
        (resultClass === null || schema.isA(className, resultClass)) &&
        hasQualifier(schema.get(className), query.requiredQualifier),
    );
}

function keysAlone(schema: Schema, instance: CimInstance): CimInstance {
  const of = schema.get(instance.className);
  return projection(
    of,
    keysOf(of).map(({ name }) => [name]),
  )(instance);
}

import { wbemError } from "../errors.ts";
import { keyOf, type Schema } from "../schema/schema.ts";
import type { WmiAnswer, WmiSession } from "../session.ts";
import { parseWql } from "../wql/parse.ts";
import { openSubscriptions } from "./events.ts";
import { invokeMethod } from "./invoke.ts";
import { followLinks } from "./links.ts";
import type { NamespaceProvider } from "./provider.ts";
import { metaClass, selectClasses, selectObjects } from "./select.ts";
import { type Place, type Snapshot, takeSnapshot } from "./snapshot.ts";

/** A namespace that is open. */
export interface WmiNamespace {
  readonly session: WmiSession;
  /** The world may be another now: subscribers hear of what is. Cheap while nobody is subscribed. */
  changed(): void;
}

/** What a namespace is made of. */
export interface NamespaceParts<World> {
  readonly schema: Schema;
  readonly place: Place;
  readonly provider: NamespaceProvider<World>;
  /** Milliseconds since 1970. */
  wallClock(): number;
}

/** Opens a namespace over what a provider shows. */
export function openNamespace<World>(parts: NamespaceParts<World>): WmiNamespace {
  const { schema, place, provider } = parts;
  const snapshot = (): Snapshot => takeSnapshot(schema, provider, place);
  const subscriptions = openSubscriptions({ schema, snapshot, wallClock: parts.wallClock });

  function answer(wql: string): WmiAnswer {
    const query = parseWql(textOf(wql));
    if (query.kind !== "select") return followLinks(schema, snapshot(), query);
    if (keyOf(query.from) === metaClass)
      return { kind: "classes", classes: selectClasses(schema, place, query) };
    return { kind: "objects", objects: selectObjects(schema, snapshot, query) };
  }
  return {
    changed: subscriptions.look,
    session: {
      query: async (wql) => answer(wql),
      get: async (path) => snapshot().get(textOf(path)),
      enumerate: async (className) => snapshot().instances(schema.get(textOf(className)).name),
      invoke: async (path, method, parameters) =>
        invokeMethod(
          { schema, place, resolve: (one) => snapshot().find(one), invoke: provider.invoke },
          { target: snapshot().get(textOf(path)), method: textOf(method), parameters },
        ),
      describe: async (className) => schema.get(textOf(className)),
      classes: async () => schema.classes,
      subscribe: async (wql) => subscriptions.add(textOf(wql)),
      next: async (id) => subscriptions.next(id),
      unsubscribe: async (id) => subscriptions.remove(id),
    },
  };
}

/** The other side of a session may send anything. */
function textOf(found: unknown): string {
  if (typeof found === "string") return found;
  throw wbemError("invalidParameter", "Queries, paths and names are text.");
}

import { wbemError } from "../errors.ts";
import type { CimClass } from "../schema/model.ts";
import { type Schema, short } from "../schema/schema.ts";
import type { EventBatch, SubscriptionId } from "../session.ts";
import { type CimInstance, sameValue } from "../value.ts";
import { askedClasses, conditionTest, type InstanceTest } from "../wql/evaluate.ts";
import { parseWql } from "../wql/parse.ts";
import { projection } from "./select.ts";
import type { Snapshot } from "./snapshot.ts";

/** Event queries of one namespace. */
export interface Subscriptions {
  /** @throws HvError `wmi.invalidQuery`, `wmi.quotaViolation` */
  add(wql: string): SubscriptionId;
  next(id: SubscriptionId): Promise<EventBatch>;
  remove(id: SubscriptionId): void;
  /** Something may be another now: makes events of what is. */
  look(): void;
}

/** What subscriptions need of their namespace. */
export interface EventSurroundings {
  readonly schema: Schema;
  snapshot(): Snapshot;
  /** Milliseconds since 1970. */
  wallClock(): number;
}

/** Event queries at a time. Reason: a page has a handful; each costs a look at its classes with every change. */
const most = 64;
/** Events that wait to be fetched. Reason: a client that does not come for them has gone. */
const waitingLimit = 1024;
/** Between 1601 and 1970, in units of 100 nanoseconds. */
const fileTimeOrigin = 116_444_736_000_000_000n;

interface Subscription {
  readonly of: CimClass;
  readonly watched: readonly CimClass[];
  readonly test: InstanceTest;
  cut(event: CimInstance): CimInstance;
  events: CimInstance[];
  dropped: number;
  over: boolean;
  wake: () => void;
}

type Known = ReadonlyMap<string, CimInstance>;

/** Opens them with nobody subscribed. */
export function openSubscriptions(around: EventSurroundings): Subscriptions {
  const { schema } = around;
  const all = new Map<SubscriptionId, Subscription>();
  let known = new Map<string, Known>();
  let nextId = 1;

  /** Looks at the classes that somebody watches; what nobody watches any more is forgotten. */
  function lookAt(snapshot: Snapshot): Map<string, Known> {
    const watched = new Map([...all.values()].flatMap((one) => one.watched.map((of) => [of.name, of])));
    return new Map([...watched].map(([name, of]) => [name, byPath(snapshot.ownInstances(of))]));
  }
  function announce(event: CimInstance): void {
    for (const one of all.values()) {
      if (!schema.isA(event.className, one.of.name) || !one.test(event)) continue;
      if (one.events.length < waitingLimit) one.events.push(one.cut(event));
      else one.dropped++;
      one.wake();
    }
  }
  function look(): void {
    if (all.size === 0) return;
    const now = lookAt(around.snapshot());
    const before = known;
    known = now;
    const created = fileTimeOrigin + BigInt(Math.floor(around.wallClock())) * 10_000n;
    for (const [name, seen] of now) {
      const of = schema.get(name);
      for (const change of changes(of, before.get(name) ?? seen, seen)) announce(eventOf(change, created));
    }
  }
  function find(id: SubscriptionId): Subscription {
    const found = all.get(id);
    if (found === undefined) throw wbemError("notFound", "There is no such subscription: it has ended.");
    return found;
  }
  return {
    add(wql) {
      if (all.size >= most)
        throw wbemError("quotaViolation", `${most} event queries run already: end one of them.`);
      const fresh = subscription(schema, wql);
      // Those who are there hear of what was until now; the new one does not.
      look();
      const id = nextId++ as SubscriptionId;
      all.set(id, fresh);
      known = lookAt(around.snapshot());
      return id;
    },
    async next(id) {
      const mine = find(id);
      if (mine.events.length === 0 && !mine.over) await somethingHappens(mine);
      const { events, dropped, over } = mine;
      mine.events = [];
      mine.dropped = 0;
      mine.wake = () => {};
      return { events, dropped, over };
    },
    remove(id) {
      const gone = find(id);
      all.delete(id);
      gone.over = true;
      gone.wake();
    },
    look,
  };
}

/** Several may wait: all are woken. */
function somethingHappens(to: Subscription): Promise<void> {
  return new Promise((resolve) => {
    const others = to.wake;
    to.wake = () => {
      others();
      resolve();
    };
  });
}

function byPath(instances: readonly CimInstance[]): Known {
  return new Map(instances.map((one) => [one.path ?? "", one]));
}

interface Change {
  readonly before: CimInstance | null;
  readonly after: CimInstance | null;
}

/** What is gone, what is new, what is another. Values that change all the time are no change. */
function changes(of: CimClass, before: Known, after: Known): readonly Change[] {
  const told = of.properties.filter(({ quiet }) => !quiet);
  const isOther = (one: CimInstance, other: CimInstance): boolean =>
    told.some(({ name }) => !sameValue(one.properties[name] ?? null, other.properties[name] ?? null));
  const gone = [...before].flatMap(([path, was]) => (after.has(path) ? [] : [{ before: was, after: null }]));
  const rest = [...after].flatMap(([path, is]) => {
    const was = before.get(path) ?? null;
    return was === null || isOther(was, is) ? [{ before: was, after: is }] : [];
  });
  return [...gone, ...rest];
}

function eventOf({ before, after }: Change, created: bigint): CimInstance {
  const properties = { SECURITY_DESCRIPTOR: null, TIME_CREATED: created, TargetInstance: after ?? before };
  if (after === null) return { className: "__InstanceDeletionEvent", path: null, properties };
  if (before === null) return { className: "__InstanceCreationEvent", path: null, properties };
  return {
    className: "__InstanceModificationEvent",
    path: null,
    properties: { ...properties, PreviousInstance: before },
  };
}

/** @throws HvError `wmi.invalidQuery` */
function subscription(schema: Schema, wql: string): Subscription {
  const query = parseWql(wql);
  if (query.kind !== "select" || !schema.isA(schema.get(query.from).name, "__Event"))
    throw wbemError(
      "invalidQuery",
      "Only events can be subscribed to: SELECT * FROM __InstanceModificationEvent …",
    );
  const of = schema.get(query.from);
  const asked = askedClasses(query.where, "TargetInstance");
  if (asked.length === 0)
    throw wbemError(
      "invalidQuery",
      `Say whose events they are: ${short(of.name)} … WHERE TargetInstance ISA 'Msvm_ComputerSystem'.`,
    );
  const watched = asked
    .flatMap((name) => schema.family(schema.get(name).name))
    .filter((one) => !one.abstract);
  return {
    of,
    watched,
    test: conditionTest(schema, of, query.where),
    cut: projection(of, query.properties),
    events: [],
    dropped: 0,
    over: false,
    wake: () => {},
  };
}

import type { CimInstance, CimScalar, CimValue, PropertySet, WmiSession } from "../wmi/index.ts";

/** An object as scripts see it: its properties by their names, beside what WMI calls its class and path. */
export interface AutomationObject {
  readonly [property: string]: AutomationValue;
}
type AutomationScalar = string | number | bigint | boolean | AutomationObject;
type AutomationValue = AutomationScalar | readonly AutomationScalar[] | null;

/** `tabvisor.wmi`: the namespace `root\\virtualization`, for scripts. Calls reject with a sentence. */
export interface AutomationWmi {
  /** Objects of a query; of `meta_class` and `ClassDefsOnly` the classes, each with its name as `__CLASS`. */
  query(wql: string): Promise<readonly AutomationObject[]>;
  get(path: string): Promise<AutomationObject>;
  /** Answers `ReturnValue` and what the method gives out. Embedded instances are CIM-XML text. */
  invoke(path: string, method: string, parameters?: PropertySet): Promise<AutomationObject>;
  /** Hands every event to `handler` from when it settles. Answers what ends it. */
  subscribe(wql: string, handler: (event: AutomationObject) => void): Promise<() => void>;
}

/** Builds the object. @param session  settles when the host answers */
export function automationWmi(session: Promise<WmiSession>): AutomationWmi {
  // Whoever calls hears of it; nobody may.
  session.catch(() => {});
  return {
    async query(wql) {
      const answer = await (await session).query(wql);
      if (answer.kind === "objects") return answer.objects.map(flat);
      return answer.classes.map(({ name, superclass }) => ({ __CLASS: name, __SUPERCLASS: superclass }));
    },
    get: async (path) => flat(await (await session).get(path)),
    async invoke(path, method, parameters = {}) {
      const { returnValue, out } = await (await session).invoke(path, method, parameters);
      return { ReturnValue: returnValue, ...flatProperties(out) };
    },
    async subscribe(wql, handler) {
      const host = await session;
      const subscription = await host.subscribe(wql);
      async function deliver(): Promise<void> {
        for (;;) {
          const { events, over } = await host.next(subscription);
          for (const event of events) handler(flat(event));
          if (over) return;
        }
      }
      // It ends with the host, too, which the page tells.
      deliver().catch(() => {});
      return () => void host.unsubscribe(subscription).catch(() => {});
    },
  };
}

function flat({ className, path, properties }: CimInstance): AutomationObject {
  return { __CLASS: className, __PATH: path, ...flatProperties(properties) };
}

function flatProperties(properties: PropertySet): AutomationObject {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, flatValue(value)]));
}

function flatValue(value: CimValue): AutomationValue {
  if (value === null || typeof value !== "object") return value;
  return "className" in value ? flat(value) : value.map(flatScalar);
}

function flatScalar(value: CimScalar): AutomationScalar {
  return typeof value === "object" ? flat(value) : value;
}

import type { Brand } from "../support/index.ts";
import type { CimClass } from "./schema/model.ts";
import type { CimInstance, PropertySet } from "./value.ts";

/** Names a subscription of one session. */
export type SubscriptionId = Brand<number, "SubscriptionId">;

/** What a query has found. */
export type WmiAnswer =
  | { readonly kind: "objects"; readonly objects: readonly CimInstance[] }
  /** Of `SELECT * FROM meta_class`, and of links with `ClassDefsOnly`. */
  | { readonly kind: "classes"; readonly classes: readonly CimClass[] };

/** What a method has answered. */
export interface MethodResult {
  /** 0 done, 4096 a job has begun (`Job` names it), 32768 and more: why not. */
  readonly returnValue: number;
  /** Everything the class declares as out, `null` where there is nothing. */
  readonly out: PropertySet;
}

/** Events of one subscription since the last call. */
export interface EventBatch {
  /** `__InstanceCreationEvent` and the like, in the order in which they happened. */
  readonly events: readonly CimInstance[];
  /** Events that were thrown away before these: nobody came for them in time. */
  readonly dropped: number;
  /** The subscription has ended: there will be no more. */
  readonly over: boolean;
}

/**
 * Everything a client may ask of a host: the namespace `root\virtualization`. Names are compared without regard
 * to case. @throws HvError with the HRESULT that WMI gives
 */
export interface WmiSession {
  /** Runs a query of objects, links or classes. */
  query(wql: string): Promise<WmiAnswer>;
  /** The object of a path. */
  get(path: string): Promise<CimInstance>;
  /** All objects of a class and of those that inherit from it. */
  enumerate(className: string): Promise<readonly CimInstance[]>;
  /**
   * Calls a method. Embedded instances are text (CIM-XML) or objects; what is left out is `null`.
   * An outcome that Hyper-V has a number for is a return value, never an error.
   */
  invoke(path: string, method: string, parameters: PropertySet): Promise<MethodResult>;
  /** A class with all that it inherits. */
  describe(className: string): Promise<CimClass>;
  /** All classes, each after the one it inherits from. */
  classes(): Promise<readonly CimClass[]>;
  /** Begins an event query. Events wait for {@link next} from now on. */
  subscribe(wql: string): Promise<SubscriptionId>;
  /** Waits until something has happened, or the subscription ends. */
  next(subscription: SubscriptionId): Promise<EventBatch>;
  unsubscribe(subscription: SubscriptionId): Promise<void>;
}

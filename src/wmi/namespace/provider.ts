import type { MethodResult } from "../session.ts";
import type { CimInstance, PropertySet } from "../value.ts";

/** A call of a method, checked: the object is there, the parameters are those of the class and fit their types. */
export interface MethodCall {
  readonly target: CimInstance;
  readonly method: string;
  /** All that the class declares. Embedded instances are objects here; references are text. */
  readonly parameters: PropertySet;
  /** The object that a reference leads to; `null` when there is none. */
  resolve(path: string): CimInstance | null;
}

/**
 * Whose objects a namespace shows. `World` is everything they are made of, at one moment.
 */
export interface NamespaceProvider<World> {
  /** Everything as it is now. Cheap: every query and every change reads it once. */
  read(): World;
  /**
   * The objects of exactly this class. What is left out is `null`; text that holds embedded instances is given
   * as objects; references are paths without server and namespace.
   */
  instances(className: string, world: World): readonly PropertySet[];
  /** Never rejects for what a client has done: such outcomes are return values. */
  invoke(call: MethodCall): Promise<MethodResult>;
}

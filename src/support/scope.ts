/** Owns resources and disposes them last in, first out. Disposing twice is harmless. */
export interface Scope extends Disposable {
  /** Takes ownership and returns the resource. Register the moment you create. */
  own<T extends Disposable>(resource: T): T;
  /** Runs `action` when the scope ends. */
  defer(action: () => void): void;
  /** Hands everything owned so far to a new scope; this one then owns nothing. */
  move(): Scope;
}

/** Opens an empty scope. (`DisposableStack` is missing in Node 20.) */
export function openScope(): Scope {
  let actions: (() => void)[] = [];

  function dispose(): void {
    const pending = actions;
    actions = [];
    const failures: unknown[] = [];
    for (const action of pending.reverse()) {
      try {
        action();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  return {
    own(resource) {
      actions.push(() => resource[Symbol.dispose]());
      return resource;
    },
    defer(action) {
      actions.push(action);
    },
    move() {
      const heir = openScope();
      for (const action of actions) heir.defer(action);
      actions = [];
      return heir;
    },
    [Symbol.dispose]: dispose,
  };
}

/**
 * Builds something out of parts that must not leak. Whatever `build` left in the scope is disposed at the
 * end, also when it throws; what belongs to the result must have been handed on with `move`.
 */
export async function assemble<T>(build: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = openScope();
  try {
    return await build(scope);
  } finally {
    scope[Symbol.dispose]();
  }
}

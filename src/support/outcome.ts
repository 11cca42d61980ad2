/**
 * End of an exhaustive `switch`. Reaching it is a bug of ours, never of the other side.
 *
 * @throws always, naming the value nobody handled
 */
export function unreachable(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}

/** An operator asked for something impossible, or a resource is gone. Carried across threads whole. */
export class HvError extends Error {
  /** Stable machine-readable code, e.g. `memory.notEnough`. Never test `message`. */
  readonly code: string;
  /** The HRESULT Hyper-V would give, unsigned. */
  readonly hresult: number;

  constructor(code: string, message: string, options: { hresult?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "HvError";
    this.code = code;
    this.hresult = options.hresult ?? 0x80004005;
  }
}

/** The text of anything that was thrown, for a person. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

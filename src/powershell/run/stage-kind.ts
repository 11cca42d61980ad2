import type { Place } from "../values/script-error.ts";
import type { Value } from "../values/value.ts";

/** A place of a pipeline that takes values. */
export interface Stage {
  begin(): Promise<void>;
  /** `undefined`: nothing stands before it. */
  process(input: Value | undefined): Promise<void>;
  end(): Promise<void>;
}

/** What surrounds a place of a pipeline. */
export interface StageSurroundings {
  readonly hasInput: boolean;
  /** Where the command stands. */
  readonly place: Place;
  stop(): never;
}

/** What a parameter takes. */
export type ParameterType =
  | "text"
  | "texts"
  | "whole"
  | "wholes"
  | "number"
  | "bool"
  | "switch"
  | "script"
  | "table"
  | "date"
  | "span"
  | "any"
  | "list";

/** What completes the value of a parameter: names of things on the host. */
export type Completes = "vm" | "switch" | "file" | "adapter" | "service" | "class" | "command" | "variable";

/** A parameter of a cmdlet. */
export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  /** One sentence for Get-Help. */
  readonly help: string;
  readonly aliases: readonly string[];
  readonly position: number | null;
  readonly mandatory: boolean;
  /** Filled from the pipeline: by what comes, by its property of the same name, or either. */
  readonly pipeline: "value" | "name" | "both" | null;
  /** Parameter sets it belongs to; `null`: to all. */
  readonly sets: readonly string[] | null;
  /** The only texts it takes. */
  readonly values: readonly string[] | null;
  /** Takes objects of this type only, by the last part of its name. */
  readonly of: string | null;
  readonly completes: Completes | null;
  /** Takes all arguments that are left. */
  readonly rest: boolean;
}

/** A parameter, with what is usual for the rest. */
export function parameter(
  name: string,
  type: ParameterType,
  help: string,
  more: Partial<Omit<Parameter, "name" | "type" | "help">> = {},
): Parameter {
  return {
    name,
    type,
    help,
    aliases: [],
    position: null,
    mandatory: false,
    pipeline: null,
    sets: null,
    values: null,
    of: null,
    completes: null,
    rest: false,
    ...more,
  };
}

import type { CimFeature, CimType } from "../value.ts";

/** A property or parameter as it is declared. */
export interface CimDeclaration extends CimFeature {
  readonly name: string;
  /** The class that a reference leads to, an object has, or embedded text holds; `null` when it is any or none. */
  readonly of: string | null;
}

/** A property of a class. */
export interface CimProperty extends CimDeclaration {
  /** Part of what names an object. */
  readonly key: boolean;
  /** It changes all the time: no event is made of it alone. */
  readonly quiet: boolean;
  /** What its numbers mean. */
  readonly values: { readonly [value: number]: string };
  /** The class that declares it. */
  readonly origin: string;
}

/** A method of a class. All answer a number, 0 for "done" and 4096 for "a job has begun". */
export interface CimMethod {
  readonly name: string;
  /** `false`: it is Hyper-V's and nothing here does it; it answers 32770, not supported. */
  readonly implemented: boolean;
  readonly in: readonly CimDeclaration[];
  readonly out: readonly CimDeclaration[];
  readonly origin: string;
}

/** A class as clients see it, with all that it inherits. */
export interface CimClass {
  readonly name: string;
  readonly superclass: string | null;
  /** Has no objects of its own. */
  readonly abstract: boolean;
  readonly association: boolean;
  readonly description: string;
  /** From the root down, then in the order of declaration. */
  readonly properties: readonly CimProperty[];
  readonly methods: readonly CimMethod[];
}

type Modifier = "key " | "quiet " | "";
type Scalar = Exclude<CimType, "reference" | "object">;

/**
 * How a class file writes a feature: `uint16`, `key string`, `string[]`, `ref Msvm_X` (an object path),
 * `object Msvm_X[]`, `text Msvm_X[]` (a `string` that holds an embedded instance as CIM-XML). `quiet`: changes
 * of it alone are no news.
 */
export type Shorthand =
  | `${Modifier}${Scalar}${"" | "[]"}`
  | `${Modifier}${"ref" | "object" | "text"} ${string}`;

/** A class as its file declares it: only what it adds. */
export interface ClassSource {
  readonly name: string;
  readonly extends?: string;
  readonly abstract?: boolean;
  readonly association?: boolean;
  readonly description: string;
  readonly properties?: { readonly [name: string]: Shorthand };
  /** What numbers mean, by property. */
  readonly values?: { readonly [property: string]: { readonly [value: number]: string } };
  readonly methods?: { readonly [name: string]: MethodSource };
}

/** A method as its class file declares it. */
export type MethodSource =
  | "notImplemented"
  | {
      readonly in?: { readonly [name: string]: Shorthand };
      readonly out?: { readonly [name: string]: Shorthand };
    };

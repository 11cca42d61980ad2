/** Options that letters in a pattern switch on and off. */
export interface PatternOptions {
  readonly ignoreCase: boolean;
  /** `^` and `$` also stand for the ends of lines. */
  readonly multiline: boolean;
  /** A dot also stands for a line end. */
  readonly singleLine: boolean;
}

/** Part of a regular expression. */
export type PatternNode =
  | { readonly kind: "letter"; fits(letter: string): boolean }
  | { readonly kind: "row"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "group"; readonly index: number; readonly inner: PatternNode }
  | {
      readonly kind: "repeat";
      readonly inner: PatternNode;
      readonly least: number;
      readonly most: number;
      readonly lazy: boolean;
    }
  | { readonly kind: "look"; readonly behind: boolean; readonly not: boolean; readonly inner: PatternNode }
  | { readonly kind: "back"; readonly group: number | string; readonly ignoreCase: boolean }
  | { readonly kind: "place"; fits(text: string, at: number): boolean };

/** A regular expression that has been read. */
export interface PatternTree {
  readonly root: PatternNode;
  /** How many groups it has, without the whole. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

import type { Span } from "./ast.ts";

/** A script that cannot be read. The only thing that reading throws. */
export class ParseError extends Error {
  /** What is wrong, in characters of the script. */
  readonly span: Span;
  /** Which mistake it is, as PowerShell names it: `MissingEndCurlyBrace`. */
  readonly id: string;
  /** The script ends too early: more lines may make it whole. */
  readonly incomplete: boolean;

  constructor(id: string, message: string, place: { readonly span: Span; readonly incomplete: boolean }) {
    super(message);
    this.name = "ParseError";
    this.id = id;
    this.span = place.span;
    this.incomplete = place.incomplete;
  }
}

/** Where something stands in a script: from `start` up to, not including, `end`, in characters. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A value that is written out. Whole numbers are `bigint`, others `number`. */
export type Constant = null | boolean | bigint | number | string;

/** Something that has a value. */
export type Expression =
  /** `text`: a number as it was written, for who wants it as text. */
  | {
      readonly kind: "literal";
      readonly span: Span;
      readonly value: Constant;
      readonly text: string | null;
    }
  /** Text with values in it. */
  | {
      readonly kind: "expandable";
      readonly span: Span;
      readonly parts: readonly (string | Expression)[];
    }
  | Variable
  /** `a, b` */
  | { readonly kind: "list"; readonly span: Span; readonly items: readonly Expression[] }
  /** `@( … )`: always an array. */
  | { readonly kind: "array"; readonly span: Span; readonly body: readonly Statement[] }
  /** `$( … )` */
  | { readonly kind: "sub"; readonly span: Span; readonly body: readonly Statement[] }
  /** `( … )` */
  | { readonly kind: "paren"; readonly span: Span; readonly inner: Statement }
  | { readonly kind: "table"; readonly span: Span; readonly entries: readonly TableEntry[] }
  | { readonly kind: "script"; readonly span: Span; readonly block: ScriptBlock }
  | { readonly kind: "type"; readonly span: Span; readonly name: string }
  | { readonly kind: "cast"; readonly span: Span; readonly type: string; readonly inner: Expression }
  | { readonly kind: "unary"; readonly span: Span; readonly operator: string; readonly inner: Expression }
  /** `++` and `--`, before or behind. */
  | {
      readonly kind: "step";
      readonly span: Span;
      readonly by: 1n | -1n;
      readonly isPrefix: boolean;
      readonly target: Expression;
    }
  | {
      readonly kind: "binary";
      readonly span: Span;
      /** In lower case, without the dash and without the letter of case. */
      readonly operator: string;
      /** The operator was written with a `c`. */
      readonly matchCase: boolean;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "member";
      readonly span: Span;
      readonly of: Expression;
      readonly name: Expression;
      /** Written with `::`. */
      readonly isStatic: boolean;
    }
  | {
      readonly kind: "call";
      readonly span: Span;
      readonly of: Expression;
      readonly name: Expression;
      readonly isStatic: boolean;
      readonly arguments: readonly Expression[];
    }
  | { readonly kind: "index"; readonly span: Span; readonly of: Expression; readonly at: Expression };

/** A variable as it is written. */
export interface Variable {
  readonly kind: "variable";
  readonly span: Span;
  /** `global`, `script`, `local`, `env`, `variable` and the like, in lower case; `null`: none was named. */
  readonly scope: string | null;
  readonly name: string;
  /** Written with `@`: its values become parameters. */
  readonly splat: boolean;
}

/** One `name = value` of a hash table. */
export interface TableEntry {
  readonly key: Expression;
  readonly value: Statement;
}

/** A parameter of a function or a script block. */
export interface ParameterSyntax {
  readonly name: string;
  readonly span: Span;
  /** Name of its type; `null`: anything. */
  readonly type: string | null;
  readonly standard: Expression | null;
  readonly mandatory: boolean;
  readonly fromPipeline: boolean;
  readonly position: number | null;
}

/** What stands between braces. */
export interface ScriptBlock {
  readonly span: Span;
  readonly parameters: readonly ParameterSyntax[];
  readonly begin: readonly Statement[] | null;
  readonly process: readonly Statement[] | null;
  readonly end: readonly Statement[];
}

/** Where the output of a command goes. */
export type Redirection =
  | { readonly kind: "discard"; readonly stream: Stream }
  /** `2>&1` */
  | { readonly kind: "merge"; readonly stream: Stream };

/** What a redirection takes. */
export type Stream = "output" | "error" | "warning" | "verbose" | "all";

/** One word of a command. */
export type CommandPart =
  | { readonly kind: "argument"; readonly value: Expression }
  | {
      readonly kind: "parameter";
      readonly span: Span;
      readonly name: string;
      /** Of `-name:value`; `null`: what follows is its value, if it wants one. */
      readonly value: Expression | null;
    };

/** One place of a pipeline. */
export type PipelineElement =
  | {
      readonly kind: "expression";
      readonly span: Span;
      readonly value: Expression;
      readonly redirections: readonly Redirection[];
    }
  | CommandSyntax;

/** A command with its words. */
export interface CommandSyntax {
  readonly kind: "command";
  readonly span: Span;
  /** `.`: in the scope of the caller. */
  readonly operator: "&" | "." | null;
  readonly name: Expression;
  readonly parts: readonly CommandPart[];
  readonly redirections: readonly Redirection[];
}

/** Several commands, one feeding the next. */
export interface PipelineSyntax {
  readonly kind: "pipeline";
  readonly span: Span;
  readonly elements: readonly PipelineElement[];
}

/** One case of a `switch`. */
export interface SwitchCase {
  /** `null`: default. */
  readonly test: Expression | null;
  readonly body: readonly Statement[];
}

/** Something that is done. */
export type Statement =
  | PipelineSyntax
  | {
      readonly kind: "assign";
      readonly span: Span;
      readonly target: Expression;
      /** `=`, `+=` and the like. */
      readonly operator: string;
      readonly value: Statement;
    }
  | {
      readonly kind: "if";
      readonly span: Span;
      readonly branches: readonly { readonly test: Statement; readonly body: readonly Statement[] }[];
      readonly otherwise: readonly Statement[] | null;
    }
  | Loop
  | {
      readonly kind: "switch";
      readonly span: Span;
      readonly label: string | null;
      readonly mode: "plain" | "wildcard" | "regex";
      readonly matchCase: boolean;
      readonly value: Statement;
      readonly cases: readonly SwitchCase[];
    }
  | { readonly kind: "function"; readonly span: Span; readonly name: string; readonly block: ScriptBlock }
  | {
      readonly kind: "try";
      readonly span: Span;
      readonly body: readonly Statement[];
      readonly catches: readonly {
        readonly types: readonly string[];
        readonly body: readonly Statement[];
      }[];
      readonly final: readonly Statement[] | null;
    }
  | { readonly kind: "throw" | "return" | "exit"; readonly span: Span; readonly value: Statement | null }
  | { readonly kind: "break" | "continue"; readonly span: Span; readonly label: string | null };

/** Something that is done again. */
export type Loop =
  | {
      readonly kind: "while";
      readonly span: Span;
      readonly label: string | null;
      readonly test: Statement;
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: "do";
      readonly span: Span;
      readonly label: string | null;
      readonly until: boolean;
      readonly test: Statement;
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: "for";
      readonly span: Span;
      readonly label: string | null;
      readonly first: Statement | null;
      readonly test: Statement | null;
      readonly step: Statement | null;
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: "foreach";
      readonly span: Span;
      readonly label: string | null;
      readonly variable: Variable;
      readonly among: Statement;
      readonly body: readonly Statement[];
    };

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openPattern } from "../../src/powershell/pattern/match.ts";
import { parseScript } from "../../src/powershell/syntax/parse.ts";
import { ParseError } from "../../src/powershell/syntax/parse-error.ts";
import { ScriptError } from "../../src/powershell/values/script-error.ts";
import { labShell } from "../lab/powershell.ts";

/** Pieces that scripts are made of; in any order they are mostly no script. */
const pieces = [
  ...["$x", "$_", "$true", "$null", "@(", "@{", "$(", "(", ")", "{", "}", "[", "]", "[int]", "[string[]]"],
  ...[
    "'a'",
    '"b $x"',
    '"',
    "'",
    "@'\n",
    "\n'@",
    '@"\n',
    '\n"@',
    "1",
    "2.5",
    "10GB",
    "0x1F",
    "-5",
    "1..3",
    "`",
    "`\n",
  ],
  ...[
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "+=",
    "++",
    "--",
    ",",
    ";",
    "|",
    "\n",
    " ",
    "&",
    ".",
    "::",
    "!",
    "<#",
    "#>",
    "#",
  ],
  ...[
    "-eq",
    "-like",
    "-match",
    "-replace",
    "-split",
    "-join",
    "-f",
    "-and",
    "-not",
    "-contains",
    "-is",
    "-as",
  ],
  ...[
    "if",
    "else",
    "elseif",
    "foreach",
    "for",
    "while",
    "do",
    "until",
    "switch",
    "function",
    "param",
    "return",
  ],
  ...[
    "try",
    "catch",
    "finally",
    "throw",
    "break",
    "continue",
    "in",
    "begin",
    "process",
    "end",
    "default",
    ":o",
  ],
  ...[
    "f",
    "echo",
    "select",
    "where",
    "%",
    "sort",
    "measure",
    "ft",
    "Get-Date",
    "ConvertTo-Json",
    "-First",
    "-Property",
  ],
  ...[
    "> $null",
    "2>&1",
    "> file",
    ".Length",
    ".ToString()",
    "[0]",
    "n = 1",
    "$h.a",
    "@x",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: braces of PowerShell
    "${a b}",
    "$env:A",
  ],
];
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(" "));
const tight = fc.array(fc.constantFrom(...pieces), { maxLength: 25 }).map((parts) => parts.join(""));
const anyText = fc.oneof(fc.string({ maxLength: 200, unit: "grapheme" }), soup, tight);

describe("the parser", () => {
  test("reads any text or says where it is wrong, and nothing else", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          const { span } = parseScript(text);
          expect(span.end).toBeLessThanOrEqual(text.length);
        } catch (failure) {
          if (!(failure instanceof ParseError)) throw failure;
          expect(failure.span.start).toBeGreaterThanOrEqual(0);
          expect(failure.span.start).toBeLessThanOrEqual(failure.span.end);
          expect(failure.span.end).toBeLessThanOrEqual(text.length);
          expect(failure.message).not.toBe("");
        }
      }),
      { numRuns: 5000 },
    );
  });

  test("takes time in proportion to the length", () => {
    for (const piece of [...pieces, "a ", "$x.y", "1,", "a|", "@{a=", "[int]", "`n", '"$('].map(
      (one) => `${one} `,
    )) {
      const began = performance.now();
      try {
        parseScript(piece.repeat(20_000));
      } catch (failure) {
        if (!(failure instanceof ParseError)) throw failure;
      }
      expect(performance.now() - began, piece).toBeLessThan(2000);
    }
  });
});

/** Values, expressions and statements that can be read, with loops that may not end. */
const { statement } = fc.letrec<{ value: string; expression: string; statement: string; body: string }>(
  (tie) => ({
    value: fc.constantFrom(
      "1",
      "2.5",
      "'abc'",
      "$x",
      "$y",
      "$null",
      "$true",
      "@(1, 'b')",
      "@{a = 1}",
      "(1..5)",
      "$_",
      "'5'",
      "{ $_ }",
      "10GB",
      "[pscustomobject] @{N = 1}",
      "(Get-Date)",
    ),
    expression: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      tie("value"),
      fc
        .tuple(
          tie("expression"),
          fc.constantFrom(
            "+",
            "-",
            "*",
            "/",
            "%",
            "..",
            "-eq",
            "-lt",
            "-like",
            "-match",
            "-replace",
            "-split",
            "-join",
            "-f",
            "-band",
            "-is",
            "-as",
            "-contains",
            "-in",
            "-and",
            "-xor",
            ",",
          ),
          tie("expression"),
        )
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc
        .tuple(
          fc.constantFrom(
            "-",
            "!",
            "-bnot ",
            "-split ",
            "[int] ",
            "[string] ",
            "[datetime] ",
            "[char] ",
            "[array] ",
          ),
          tie("expression"),
        )
        .map(([sign, inner]) => `(${sign}${inner})`),
      fc
        .tuple(
          tie("expression"),
          fc.constantFrom(
            ".Length",
            ".ToString()",
            ".ToUpper()",
            "[0]",
            "[-1]",
            ".a",
            ".Count",
            ".Split('b')",
            ".Substring(1)",
            ".PadLeft(9)",
            ".GetType()",
          ),
        )
        .map(([of, member]) => `${of}${member}`),
      fc
        .tuple(
          tie("expression"),
          fc.constantFrom(
            "select -First 2",
            "sort",
            "measure -Sum",
            "group",
            "% { $_ }",
            "? { $_ }",
            "ConvertTo-Json",
            "ft",
            "fl",
            "fw",
            "Out-String",
            "gm",
            "select *",
            "ConvertTo-Csv",
            "Out-Null",
            "get-unique",
            "Get-Random",
            "select N, @{n='q'; e={ $_ * 2 }}",
            "ConvertFrom-Json",
            "% Length",
            "where Length -gt 1",
            "sort -Descending -Unique",
          ),
        )
        .map(([of, command]) => `(${of} | ${command})`),
    ),
    body: fc.array(tie("statement"), { maxLength: 3 }).map((all) => `{ ${all.join("; ")} }`),
    statement: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      tie("expression"),
      fc
        .tuple(
          fc.constantFrom("$x", "$y", "$x[0]", "$y.a"),
          fc.constantFrom("=", "+=", "-=", "*=", "/="),
          tie("expression"),
        )
        .map((parts) => parts.join(" ")),
      fc
        .tuple(tie("expression"), tie("body"), tie("body"))
        .map(([test, yes, no]) => `if (${test}) ${yes} else ${no}`),
      fc.tuple(tie("expression"), tie("body")).map(([test, body]) => `while (${test}) ${body}`),
      fc.tuple(tie("expression"), tie("body")).map(([among, body]) => `foreach ($x in ${among}) ${body}`),
      fc.tuple(tie("body"), tie("expression")).map(([body, test]) => `do ${body} until (${test})`),
      fc.tuple(tie("body"), tie("body")).map(([body, caught]) => `try ${body} catch ${caught}`),
      fc
        .tuple(tie("expression"), tie("body"))
        .map(([value, body]) => `switch (${value}) { 1 ${body} default ${body} }`),
      tie("body").map((body) => `function f ${body}; f`),
      tie("body").map((body) => `& ${body}`),
      fc.constantFrom("break", "continue", "return 1", "throw 'x'", "f", "$x++", "f | select -First 1"),
    ),
  }),
);

describe("the evaluator", () => {
  test("ends, or is stopped; a script is never a failure of the shell", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { maxLength: 5 }), async (statements) => {
        const { shell, text } = labShell();
        const running = shell.run(statements.join("\n"), { keep: true });
        const timer = setTimeout(running.stop, 100);
        const outcome = await running.done;
        clearTimeout(timer);
        expect(["done", "failed", "stopped"]).toContain(outcome.kind);
        // What it told was foreseen.
        expect(
          outcome.errors.filter((one) =>
            /is not a function|undefined|not iterable|Maximum call stack|BigInt/.test(one),
          ),
        ).toEqual([]);
        expect(await text("1 + 1")).toBe("2");
      }),
      { numRuns: 300 },
    );
  }, 120_000);

  test("text that nobody wrote for it", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (script) => {
        const { shell } = labShell();
        const running = shell.run(script);
        const timer = setTimeout(running.stop, 100);
        const outcome = await running.done;
        clearTimeout(timer);
        expect(
          outcome.errors.filter((one) =>
            /is not a function|undefined|not iterable|Maximum call stack|BigInt/.test(one),
          ),
        ).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  }, 60_000);

  test("completion answers at any place of any text", async () => {
    const { shell } = labShell();
    await fc.assert(
      fc.asyncProperty(anyText, fc.nat(250), async (text, cursor) => {
        const { start, end } = await shell.complete(text, cursor);
        expect(start).toBeLessThanOrEqual(end);
        expect(end).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("regular expressions", () => {
  const atoms = [
    "a",
    "b",
    ".",
    "\\d",
    "\\w",
    "[ab]",
    "[^a]",
    "(",
    ")",
    "(?:",
    "(?<n>",
    "(?=",
    "(?!",
    "(?<=",
    "|",
    "*",
    "+",
    "?",
    "{2,3}",
    "{0,}",
    "*?",
    "+?",
    "^",
    "$",
    "\\b",
    "\\1",
    "(?i)",
    "\\k<n>",
  ];
  const pattern = fc.array(fc.constantFrom(...atoms), { maxLength: 12 }).map((parts) => parts.join(""));
  const subject = fc.string({ unit: fc.constantFrom("a", "b", "1", " ", "\n", "A"), maxLength: 40 });

  test("end on any text, and find what JavaScript finds", () => {
    fc.assert(
      fc.property(pattern, subject, (source, text) => {
        let found: string | null | undefined;
        try {
          const match = openPattern(source, true).search(text, 0);
          found = match === null ? null : text.slice(match.start, match.end);
        } catch (failure) {
          if (!(failure instanceof ScriptError)) throw failure;
          return;
        }
        // Where both know the pattern: .NET's own words (`(?)` is options without any), and `$` before a last line end, are its alone.
        if (/\(\?i?\)|\\k|\\1|\$|\(\?<n>/.test(source)) return;
        // JavaScript repeats no look behind.
        if (/\(\?<=.*\)[*+?{]/.test(source)) return;
        expect(found, source).toBe(new RegExp(source).exec(text)?.[0] ?? null);
      }),
      { numRuns: 20_000 },
    );
  });

  test("take bounded time and stack", () => {
    for (const [source, text] of [
      ["(a+)+$", `${"a".repeat(40)}!`],
      ["(a|a)*$", `${"a".repeat(40)}!`],
      ["(.*)*x", "a".repeat(1000)],
      ["(?:a|b)*c", "ab".repeat(100_000)],
      ["((a?)*)*b", "a".repeat(100)],
      [".*.*.*.*.*=", "a".repeat(5000)],
      ["a".repeat(1000), "a".repeat(100_000)],
      ["(a)".repeat(300), "a".repeat(300)],
      ["(?<=a*)b".repeat(3), "a".repeat(5000)],
    ] as const) {
      const began = performance.now();
      try {
        openPattern(source, true).search(text, 0);
      } catch (failure) {
        if (!(failure instanceof ScriptError)) throw failure;
      }
      expect(performance.now() - began, source).toBeLessThan(2000);
    }
  });
});

import { describe, expect, test } from "vitest";
import { parseScript } from "../../../src/powershell/syntax/parse.ts";
import { ParseError } from "../../../src/powershell/syntax/parse-error.ts";

function problem(script: string): { id: string; at: string; incomplete: boolean } | null {
  try {
    parseScript(script);
    return null;
  } catch (failure) {
    if (!(failure instanceof ParseError)) throw failure;
    const { id, span, incomplete } = failure;
    return { id, at: script.slice(span.start, span.end), incomplete };
  }
}

/** A tree as text, without places. */
function shape(script: string): string {
  const show = (node: unknown): string => {
    if (Array.isArray(node)) return node.map(show).join(" ");
    if (typeof node !== "object" || node === null) return String(node);
    const entries = Object.entries(node);
    const kind = entries.find(([name]) => name === "kind")?.[1];
    const value = (name: string): unknown => entries.find(([one]) => one === name)?.[1];
    switch (kind) {
      case "binary":
        return `(${show(value("left"))} ${value("operator")} ${show(value("right"))})`;
      case "literal":
        return String(value("value"));
      case "variable":
        return `$${value("name")}`;
      case "list":
        return `[${show(value("items"))}]`;
      case "unary":
        return `(${value("operator")} ${show(value("inner"))})`;
      case "cast":
        return `(${value("type")}:${show(value("inner"))})`;
      case "pipeline":
        return show(value("elements"));
      case "expression":
        return show(value("value"));
      case "command":
        return `{${show(value("name"))}${(value("parts") as unknown[]).map((part) => ` ${show(part)}`).join("")}}`;
      case "argument":
        return show(value("value"));
      case "parameter":
        return `-${value("name")}${value("value") === null ? "" : `:${show(value("value"))}`}`;
      case "expandable":
        return `"${(value("parts") as unknown[]).map(show).join("")}"`;
      case "member":
        return `${show(value("of"))}.${show(value("name"))}`;
      case "index":
        return `${show(value("of"))}[${show(value("at"))}]`;
      case "paren":
        return `(${show(value("inner"))})`;
      default:
        return String(kind);
    }
  };
  return show(parseScript(script).end);
}

describe("operators", () => {
  test.each([
    ["1 + 2 * 3", "(1 + (2 * 3))"],
    ["1, 2 + 3, 4", "([1 2] + [3 4])"],
    ["-not $a -and $b", "((not $a) and $b)"],
    ["$a -eq 1 -or $b -eq 2", "(($a eq 1) or ($b eq 2))"],
    ["1..3 + 5", "((1 .. 3) + 5)"],
    ["'{0}' -f 1, 2", "({0} f [1 2])"],
    ["-5 + 3", "(-5 + 3)"],
    ["- $x", "(- $x)"],
    ["[int] '5' + 1", "((int:5) + 1)"],
    ["$x.y[0].z", "$x.y[0].z"],
    ["$a -CLIKE 'b'", "($a like b)"],
    // The comma binds less than what stands before.
    ["-join $a, $b", "[(join $a) $b]"],
    ["10GB / 1MB", "(10737418240 / 1048576)"],
    ["0x10 -band 7", "(16 band 7)"],
    ["$a = $b = 1", "assign"],
  ])("%s", (script, expected) => {
    expect(shape(script)).toBe(expected);
  });
});

describe("words of commands", () => {
  test.each([
    ["Get-VM web01", "{Get-VM web01}"],
    ["Get-VM -Name:web01 -Verbose", "{Get-VM -Name:web01 -Verbose}"],
    ["New-VHD a.vhd 10GB", "{New-VHD a.vhd 10737418240}"],
    ["echo a,b c", "{echo [a b] c}"],
    ["echo $x.Name", "{echo $x.Name}"],
    ["echo $x\\disk.vhd", '{echo "$x\\disk.vhd"}'],
    ["echo C:\\a' b'.vhd", "{echo C:\\a b.vhd}"],
    ["echo 7zip 5", "{echo 7zip 5}"],
    ["echo a`\n b", "{echo a b}"],
    ["echo [a-c]*", "{echo [a-c]*}"],
    ["echo -5 - --", "{echo -5 - --}"],
    ["echo (1 + 2)", "{echo ((1 + 2))}"],
    ["a | b # remark\n", "{a} {b}"],
    ["a |\n b", "{a} {b}"],
    ["a <# one\n two #> b", "{a b}"],
  ])("%j", (script, expected) => {
    expect(shape(script)).toBe(expected);
  });
});

describe("mistakes have a place, and say whether more may help", () => {
  test.each([
    ["if ($x) { 'y'", "MissingEndCurlyBrace", "", true],
    ["'abc", "TerminatorExpectedAtEndOfString", "'", true],
    ['"a $(1', "MissingEndParenthesisInSubexpression", "", true],
    ["@'\nabc", "TerminatorExpectedAtEndOfString", "'", true],
    ["1 +", "ExpectedExpression", "", true],
    ["a |", "EmptyPipeElement", "", true],
    ["<# abc", "MissingTerminatorMultiLineComment", "<#", true],
    ["$x =", "ExpectedValueExpression", "", true],
    ["1 + )", "ExpectedExpression", ")", false],
    ["a | | b", "EmptyPipeElement", "|", false],
    ["| b", "EmptyPipeElement", "|", false],
    ["1 | 2", "ExpressionsMustBeFirstInPipeline", "2", false],
    ["5 = 3", "InvalidLeftHandSide", "5", false],
    ["a > file.txt", "RedirectionNotSupported", "> ", false],
    ["}", "UnexpectedToken", "}", false],
    ["1 2", "UnexpectedToken", "2", false],
    ["foreach (x in y) {}", "MissingVariableNameAfterForeach", "x", false],
    ["try { }", "MissingCatchOrFinally", "", true],
    ["switch -odd (1) {}", "InvalidSwitchFlag", " ", false],
    ["@{ a 1 }", "MissingEqualsInHashLiteral", "1", false],
    ["[", "MissingTypename", "[", false],
  ])("%j", (script, id, at, incomplete) => {
    expect(problem(script)).toEqual({ id, at, incomplete });
  });

  test("too much at once is refused, not endured", () => {
    expect(problem("(".repeat(5000))?.id).toBe("TooDeep");
    expect(problem("{".repeat(5000))?.id).toBe("TooDeep");
    expect(problem("!".repeat(5000))?.id).toBe("TooDeep");
    expect(problem("$(".repeat(5000))?.id).toBe("TooDeep");
    expect(problem(`"${"$(".repeat(5000)}`)?.id).toBe("TooDeep");
    expect(problem("if(1){".repeat(5000))?.id).toBe("TooDeep");
    expect(problem(`$x = ${"$x = ".repeat(5000)}1`)?.id).toBe("TooDeep");
    expect(problem("a".repeat((1 << 20) + 1))?.id).toBe("ScriptTooLong");
    expect(problem(`1${"+1".repeat(20_000)}`)).toBeNull();
  });
});

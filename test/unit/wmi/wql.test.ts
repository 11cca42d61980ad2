import { describe, expect, test } from "vitest";
import { HvError } from "../../../src/support/index.ts";
import { parseWql } from "../../../src/wmi/index.ts";
import { likePattern } from "../../../src/wmi/wql/like.ts";

const refusal = (query: string): string => {
  try {
    parseWql(query);
    return "none";
  } catch (failure) {
    if (!(failure instanceof HvError)) return `bug: ${String(failure)}`;
    return `${failure.code} ${failure.hresult.toString(16)}: ${failure.message}`;
  }
};

describe("queries", () => {
  test("what a client of R2 asks first", () => {
    expect(
      parseWql("SELECT * FROM Msvm_ComputerSystem WHERE ElementName='web01' AND EnabledState != 3"),
    ).toEqual({
      kind: "select",
      properties: null,
      from: "Msvm_ComputerSystem",
      within: null,
      where: {
        kind: "and",
        all: [
          { kind: "compare", property: ["ElementName"], operator: "=", literal: "web01" },
          { kind: "compare", property: ["EnabledState"], operator: "<>", literal: 3n },
        ],
      },
    });
  });

  test("OR binds less than AND, AND less than NOT; parentheses bind most", () => {
    const shape = (query: string): unknown => {
      const parsed = parseWql(`select A from X where ${query}`);
      return parsed.kind === "select" ? parsed.where : null;
    };
    const a = { kind: "compare", property: ["A"], operator: "=", literal: 1n };
    expect(shape("A=1 OR A=1 AND NOT A=1")).toEqual({
      kind: "or",
      all: [a, { kind: "and", all: [a, { kind: "not", inner: a }] }],
    });
    expect(shape("(A=1 OR A=1) AND A=1")).toEqual({ kind: "and", all: [{ kind: "or", all: [a, a] }, a] });
    expect(shape("1 = A")).toEqual(a);
    expect(shape("5 < A")).toEqual({ kind: "compare", property: ["A"], operator: ">", literal: 5n });
    expect(shape("A IS NOT NULL")).toEqual(shape("A <> NULL"));
    expect(shape("A NOT LIKE 'x%'")).toEqual(shape("NOT A LIKE 'x%'"));
    expect(shape("A = 0x10")).toEqual(shape("A = 16"));
    expect(shape(String.raw`A = "a\"b\\c"`)).toMatchObject({ literal: 'a"b\\c' });
    expect(shape("A = 1.5")).toMatchObject({ literal: 1.5 });
    expect(shape("A = true")).toMatchObject({ literal: true });
  });

  test("events, associators and references", () => {
    expect(
      parseWql(
        "SELECT * FROM __InstanceModificationEvent WITHIN 2 WHERE TargetInstance ISA 'Msvm_ComputerSystem'",
      ),
    ).toMatchObject({
      within: 2,
      where: { kind: "isA", property: ["TargetInstance"], className: "Msvm_ComputerSystem" },
    });
    expect(
      parseWql(
        `ASSOCIATORS OF {X.A="}",B="c"} WHERE AssocClass=L ResultClass = R Role=a ResultRole=b ClassDefsOnly RequiredQualifier=q`,
      ),
    ).toMatchObject({
      kind: "associators",
      path: 'X.A="}",B="c"',
      assocClass: "L",
      resultClass: "R",
      role: "a",
      resultRole: "b",
      requiredQualifier: "q",
      classDefsOnly: true,
      keysOnly: false,
    });
    expect(parseWql("references of {X} where KeysOnly ResultClass=L")).toMatchObject({
      kind: "references",
      resultClass: "L",
      keysOnly: true,
    });
  });

  test.each([
    ["", "SELECT, ASSOCIATORS OF or REFERENCES OF is expected, and the query ends (character 1)"],
    ["DELETE FROM X", '"DELETE" stands there (character 1)'],
    ["SELECT FROM X", "FROM is expected"],
    ["SELECT * FROM", "the name of a class is expected, and the query ends (character 14)"],
    ["SELECT * FROM X WHERE", "and the query ends (character 22)"],
    ["SELECT * FROM X WHERE A", "a comparison is expected"],
    ["SELECT * FROM X WHERE A =", "a value is expected"],
    ["SELECT * FROM X WHERE A = 'b", "quotes are not closed (character 27)"],
    ["SELECT * FROM X WHERE A LIKE 5", "text in quotes is expected"],
    ["SELECT * FROM X WHERE (A = 5", ") is expected"],
    ["SELECT * FROM X WHERE A > NULL", "only equal or not equal"],
    ["SELECT * FROM X y", "the end is expected"],
    ["SELECT * FROM X WITHIN 0", "WITHIN wants seconds"],
    ["SELECT * FROM X; DROP", "the character ; makes no sense there (character 16)"],
    ["ASSOCIATORS OF X", "an object path in braces"],
    ["ASSOCIATORS OF {X", "braces are not closed (character 16)"],
    ["ASSOCIATORS OF {X} WHERE Colour=red", "there is no option COLOUR"],
    ["ASSOCIATORS OF {X} WHERE Role=a Role=b", "ROLE is there twice"],
    ["REFERENCES OF {X} WHERE AssocClass=L", "means nothing to REFERENCES OF"],
    [`SELECT * FROM X WHERE ${"(".repeat(100)}A=1${")".repeat(100)}`, "too deep"],
    [`SELECT * FROM X WHERE ${"NOT ".repeat(5000)}A=1`, "longer than"],
    [`SELECT * FROM X WHERE ${"NOT ".repeat(200)}A=1`, "too deep"],
  ])("%.60s is refused with its place", (query, why) => {
    expect(refusal(query)).toMatch(/^wmi\.invalidQuery 80041017: /);
    expect(refusal(query)).toContain(why);
  });
});

describe("LIKE", () => {
  test.each([
    ["%", "", true],
    ["web%", "WEB01", true],
    ["%01", "web01", true],
    ["w_b%", "web01", true],
    ["w_b", "web01", false],
    ["%e%0%", "web01", true],
    ["web0[0-3]", "web01", true],
    ["web0[^0-3]", "web01", false],
    ["[]a]", "]", true],
    ["a[", "a[", true],
    ["100[%]", "100%", true],
    ["100[%]", "1000", false],
    ["[a-", "[a-", true],
    ["[a-]", "-", true],
  ])("%s and %s: %s", (pattern, text, fits) => {
    expect(likePattern(pattern)(text)).toBe(fits);
  });

  test("a pattern made to be slow is not", () => {
    const before = performance.now();
    expect(likePattern(`${"%a".repeat(2000)}b`)("a".repeat(4000))).toBe(false);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

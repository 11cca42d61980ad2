import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HvError } from "../../../src/support/index.ts";
import { type ObjectPath, parsePath, printPath } from "../../../src/wmi/index.ts";

const machine = String.raw`\\LAB\root\virtualization:Msvm_ComputerSystem.CreationClassName="Msvm_ComputerSystem",Name="X"`;

describe("object paths", () => {
  test("server, namespace, class and keys", () => {
    expect(parsePath(machine)).toEqual({
      server: "LAB",
      namespace: "root\\virtualization",
      className: "Msvm_ComputerSystem",
      keys: {
        kind: "named",
        values: [
          ["CreationClassName", "Msvm_ComputerSystem"],
          ["Name", "X"],
        ],
      },
    });
  });

  test("every short form", () => {
    expect(parsePath("Msvm_X")).toMatchObject({ server: null, namespace: null, keys: { kind: "class" } });
    expect(parsePath("Msvm_X=@").keys).toEqual({ kind: "singleton" });
    expect(parsePath("Msvm_X='a\"b'").keys).toEqual({ kind: "value", value: 'a"b' });
    expect(parsePath("Msvm_X.A=5,B=TRUE,C=-1").keys).toEqual({
      kind: "named",
      values: [
        ["A", 5n],
        ["B", true],
        ["C", -1n],
      ],
    });
    expect(parsePath("root/virtualization:X")).toMatchObject({ namespace: "root\\virtualization" });
    expect(parsePath("//./root/virtualization:X").server).toBe(".");
    expect(parsePath("//a.b.c/root:X").server).toBe("a.b.c");
  });

  test("quotes and backslashes of a value, and a path within a path", () => {
    const inner = printPath({ ...parsePath(machine) });
    const outer: ObjectPath = {
      server: null,
      namespace: null,
      className: "Msvm_SystemDevice",
      keys: { kind: "named", values: [["GroupComponent", inner]] },
    };
    expect(inner).toBe(machine);
    expect(printPath(outer)).toContain(
      String.raw`\\\\LAB\\root\\virtualization:Msvm_ComputerSystem.CreationClassName=\"Msvm`,
    );
    expect(parsePath(printPath(outer))).toEqual(outer);
  });

  test.each([
    ["", 1],
    ["X.", 3],
    ["X.A", 3],
    ["X.A=", 5],
    ['X.A="b', 5],
    ['X.A="b"x', 8],
    ['X.A="b",', 9],
    ['X.A="b",a="c"', 9],
    ["X=1 ", 4],
    ["X.A=99999999999999999999999", 25],
    ["\\\\:X", 1],
    [`X.A="${"a".repeat(20_000)}"`, 1],
  ])("%s is refused with its place", (text, place) => {
    let failure: unknown = null;
    try {
      parsePath(text);
    } catch (thrown) {
      failure = thrown;
    }
    expect(failure).toBeInstanceOf(HvError);
    expect(failure).toMatchObject({ code: "wmi.invalidObjectPath", hresult: 0x8004103a });
    expect(String(failure)).toContain(`(character ${place})`);
  });

  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/);
  const key = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.boolean(),
  );
  const keys: fc.Arbitrary<ObjectPath["keys"]> = fc.oneof(
    fc.constantFrom({ kind: "class" } as const, { kind: "singleton" } as const),
    key.map((value) => ({ kind: "value", value }) as const),
    fc
      .uniqueArray(fc.tuple(name, key), {
        minLength: 1,
        maxLength: 5,
        selector: ([one]) => one.toLowerCase(),
      })
      .map((values) => ({ kind: "named", values }) as const),
  );
  const path: fc.Arbitrary<ObjectPath> = fc
    .tuple(name, keys, fc.option(fc.tuple(fc.option(name), name)))
    .map(([className, held, place]) => ({
      server: place?.[0] ?? null,
      namespace: place?.[1] ?? null,
      className,
      keys: held,
    }));
  test("what is printed is read again", () => {
    fc.assert(
      fc.property(path, (one) => {
        expect(parsePath(printPath(one))).toEqual(one);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HvError } from "../../src/support/index.ts";
import {
  openSchema,
  parseEmbedded,
  parsePath,
  parseWql,
  virtualizationClasses,
} from "../../src/wmi/index.ts";
import { likePattern } from "../../src/wmi/wql/like.ts";
import { openMemoryHost } from "../lab/memory-host.ts";

const schema = openSchema(virtualizationClasses);
const runs = { numRuns: 400 };

/** Whatever comes, it is understood or refused in words of ours. */
function answers(work: () => unknown): void {
  try {
    work();
  } catch (failure) {
    expect(failure).toBeInstanceOf(HvError);
    expect(String(failure)).toMatch(/^HvError: .{10,}/s);
  }
}

/** Texts made of the pieces of a language, in any order. */
const madeOf = (...pieces: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...pieces) },
        fc.string({ unit: "binary", maxLength: 4 }),
      ),
      {
        maxLength: 40,
      },
    )
    .map((all) => all.join(""));

const path = madeOf(
  "Msvm_ComputerSystem",
  ".",
  "=",
  '"',
  "\\",
  "'",
  "Name",
  ",",
  ":",
  "//",
  "root",
  "5",
  "TRUE",
  "@",
  '\\"',
);
const query = madeOf(
  ..."SELECT |* |FROM |Msvm_ComputerSystem |meta_class |WHERE |AND |OR |NOT |ISA |IS |NULL |LIKE |WITHIN |'x' |5 |( |) |= |<> |< |".split(
    "|",
  ),
  ..."Name |ElementName|.|, |ASSOCIATORS |OF |REFERENCES |{|}|AssocClass |KeysOnly |__InstanceOperationEvent |TargetInstance ".split(
    "|",
  ),
);
const xml = madeOf(
  '<INSTANCE CLASSNAME="Msvm_ProcessorSettingData">',
  "</INSTANCE>",
  '<PROPERTY NAME="Weight">',
  "</PROPERTY>",
  '<PROPERTY.ARRAY NAME="Connection">',
  "</PROPERTY.ARRAY>",
  "<VALUE.ARRAY>",
  "</VALUE.ARRAY>",
  "<VALUE>",
  "</VALUE>",
  "<VALUE/>",
  "<![CDATA[",
  "]]>",
  "<!--",
  "-->",
  "<?x?>",
  "&lt;",
  "&#65;",
  "100",
  "<QUALIFIER>",
  "</QUALIFIER>",
);

describe("whatever a client sends", () => {
  test("as a path", () => {
    fc.assert(
      fc.property(path, (text) => answers(() => parsePath(text))),
      runs,
    );
  });
  test("as a query", () => {
    fc.assert(
      fc.property(query, (text) => answers(() => parseWql(text))),
      runs,
    );
  });
  test("as an embedded instance", () => {
    fc.assert(
      fc.property(xml, (text) => answers(() => parseEmbedded(schema, text))),
      runs,
    );
  });
  test("as a pattern: it fits as the same regular expression does", () => {
    const pattern = fc
      .array(fc.constantFrom("a", "b", "%", "_"), { maxLength: 12 })
      .map((all) => all.join(""));
    const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 }).map((all) => all.join(""));
    fc.assert(
      fc.property(pattern, text, (wanted, found) => {
        const same = new RegExp(`^${wanted.replaceAll("%", ".*").replaceAll("_", ".")}$`).test(found);
        expect(likePattern(wanted)(found)).toBe(same);
      }),
      runs,
    );
  });

  test("to a host, of any shape", async () => {
    const host = await openMemoryHost();
    const calls = Object.keys(host.wmi).filter((name) => name !== "next") as (keyof typeof host.wmi)[];
    const anything = fc.oneof(query, path, fc.anything());
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...calls),
        fc.array(anything, { maxLength: 3 }),
        async (name, given) => {
          const call = host.wmi[name] as (...all: readonly unknown[]) => Promise<unknown>;
          const failure = await call(...given).then(
            () => null,
            (thrown: unknown) => thrown,
          );
          expect(failure === null || failure instanceof HvError, String(failure)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  test("as parameters of every method of every service: a number comes back, or a refusal", async () => {
    const host = await openMemoryHost();
    const targets = (
      await Promise.all(
        ["CIM_Service", "CIM_ComputerSystem", "CIM_ConcreteJob"].map((name) => host.wmi.enumerate(name)),
      )
    ).flat();
    const callable = targets.flatMap((target) =>
      schema.get(target.className).methods.map((method) => ({ target, method })),
    );
    const paths = [...targets, ...(await host.wmi.enumerate("CIM_SettingData"))].map((one) => one.path ?? "");
    const settings = schema.family("CIM_ResourceAllocationSettingData").filter(({ abstract }) => !abstract);
    const scalar = fc.oneof(
      fc.constantFrom(...paths),
      fc.constantFrom(0, 1, 2, 3, 4, 10, 16, 21, 22, 32768, 1024n, 65536n, true, null),
      fc.constantFrom("web01.vhd", "site.vhd", "new.vhd", "0", "1", ""),
    );
    const setting = fc
      .tuple(fc.constantFrom(...settings), fc.array(scalar, { minLength: 12, maxLength: 12 }))
      .map(([of, values]) => ({
        className: of.name,
        path: null,
        properties: Object.fromEntries(
          of.properties.slice(0, 20).map(({ name, isArray }, place) => {
            const value = values[place % values.length] ?? null;
            return [name, isArray ? [value] : value];
          }),
        ),
      }));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...callable),
        fc.array(fc.oneof(scalar, setting), { minLength: 4, maxLength: 4 }),
        async ({ target, method }, given) => {
          const parameters = Object.fromEntries(
            method.in.map(({ name, isArray }, place) => {
              const value = given[place % given.length] ?? null;
              return [name, isArray ? [value] : value];
            }),
          );
          const answer = await host.wmi.invoke(target.path ?? "", method.name, parameters as never).then(
            ({ returnValue }) => returnValue,
            (failure: unknown) => failure,
          );
          expect(typeof answer === "number" || answer instanceof HvError, String(answer)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HvError } from "../../../src/support/index.ts";
import { type CimInstance, openSchema, parseEmbedded, printEmbedded } from "../../../src/wmi/index.ts";

const schema = openSchema([
  {
    name: "Lab_Setting",
    description: "everything that may be embedded",
    properties: {
      InstanceID: "key string",
      Text: "string",
      Texts: "string[]",
      Flag: "boolean",
      Small: "uint8",
      Smalls: "uint8[]",
      Large: "uint64",
      Negative: "sint32",
      Link: "ref Lab_Setting",
    },
  },
]);
const of = schema.get("Lab_Setting");

const refusal = (text: string): string => {
  try {
    parseEmbedded(schema, text);
    return "none";
  } catch (failure) {
    return failure instanceof HvError ? `${failure.code}: ${failure.message}` : `bug: ${String(failure)}`;
  }
};

/** What GetText(1) of Windows gives: a declaration of qualifiers, system properties, CDATA where it likes. */
const fromWindows = `<?xml version="1.0"?>
<INSTANCE CLASSNAME="Lab_Setting">
  <QUALIFIER NAME="dynamic" PROPAGATED="true" TYPE="boolean"><VALUE>TRUE</VALUE></QUALIFIER>
  <PROPERTY NAME="__PATH" CLASSORIGIN="___SYSTEM" TYPE="string"><VALUE>x</VALUE></PROPERTY>
  <PROPERTY NAME="text" CLASSORIGIN="Lab_Setting" TYPE="string">
    <QUALIFIER NAME="CIMTYPE" TYPE="string"><VALUE>string</VALUE></QUALIFIER>
    <VALUE>a &lt;b&gt; &#65;&#x42; <![CDATA[<raw> & all]]></VALUE>
  </PROPERTY>
  <PROPERTY NAME="Large" TYPE="uint64"><VALUE>18446744073709551615</VALUE></PROPERTY>
  <PROPERTY NAME="Small" TYPE="uint8"/>
  <PROPERTY.ARRAY NAME="Texts" TYPE="string"><VALUE.ARRAY><VALUE>one</VALUE><VALUE></VALUE></VALUE.ARRAY></PROPERTY.ARRAY>
  <!-- said by nobody -->
  <PROPERTY.ARRAY NAME="Smalls" TYPE="uint8"><VALUE.ARRAY/></PROPERTY.ARRAY>
</INSTANCE>`;

describe("embedded instances", () => {
  test("the text of a client of Windows is read, typed as the schema has it", () => {
    expect(parseEmbedded(schema, fromWindows)).toEqual({
      className: "Lab_Setting",
      path: null,
      properties: {
        Text: "a <b> AB <raw> & all",
        Large: 18446744073709551615n,
        Small: null,
        Texts: ["one", ""],
        Smalls: [],
      },
    });
  });

  const property = (inner: string): string => `<INSTANCE CLASSNAME="Lab_Setting">${inner}</INSTANCE>`;
  test.each([
    ["", "there is no INSTANCE"],
    ["text", "text between"],
    ["<INSTANCE>", "not closed"],
    ["</INSTANCE>", "closed where it is not open"],
    ["<INSTANCE CLASSNAME='Lab_Setting'/><INSTANCE CLASSNAME='Lab_Setting'/>", "not one INSTANCE"],
    ["<INSTANCE CLASSNAME='Other'/>", "wmi.invalidClass"],
    ["<!DOCTYPE x [<!ENTITY a 'aaaa'>]><INSTANCE CLASSNAME='Lab_Setting'/>", "document type"],
    [property("&unknown;"), "entity"],
    [property("&#xd800;"), "entity"],
    [property("<PROPERTY NAME='Nothing'/>"), "no property Nothing"],
    [property("<PROPERTY NAME='Small'><VALUE>256</VALUE></PROPERTY>"), "Small of Lab_Setting"],
    [property("<PROPERTY NAME='Small'><VALUE>1</VALUE><VALUE>2</VALUE></PROPERTY>"), "two values"],
    [property("<PROPERTY NAME='Small'/><PROPERTY NAME='SMALL'/>"), "there twice"],
    [property("<PROPERTY NAME='Small' NAME='Text'/>"), "attribute"],
    [property("<METHOD/>"), "METHOD makes no sense"],
    [property("<PROPERTY NAME='Text'>".repeat(12)), "makes no sense"],
    [property("<QUALIFIER>".repeat(12)), "too deep"],
    [property("<QUALIFIER/>".repeat(20_001)), "too many"],
    [property(`<PROPERTY NAME='Text'><VALUE>${"a".repeat(300_000)}</VALUE></PROPERTY>`), "longer than"],
  ])("%.40s is refused: %s", (text, why) => {
    expect(refusal(text)).toContain(why);
    expect(refusal(text)).toMatch(/^wmi\./);
  });

  /** XML has no way to write most control characters. */
  const text = fc.string({ unit: "grapheme" }).filter((one) => !/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/u.test(one));
  const instance: fc.Arbitrary<CimInstance> = fc
    .record({
      InstanceID: fc.option(text),
      Text: fc.option(text),
      Texts: fc.option(fc.array(text, { maxLength: 4 })),
      Flag: fc.option(fc.boolean()),
      Small: fc.option(fc.integer({ min: 0, max: 255 })),
      Smalls: fc.option(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 4 })),
      Large: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
      Negative: fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
      Link: fc.option(text),
    })
    .map((properties) => ({ className: "Lab_Setting", path: null, properties }));
  test("what is printed is read again", () => {
    fc.assert(
      fc.property(instance, (one) => {
        expect(parseEmbedded(schema, printEmbedded(of, one))).toEqual(one);
      }),
    );
  });
});

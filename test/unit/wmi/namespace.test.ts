import { describe, expect, test } from "vitest";
import { HvError } from "../../../src/support/index.ts";
import {
  type CimInstance,
  type ClassSource,
  type MethodCall,
  type MethodResult,
  openNamespace,
  openSchema,
  type PropertySet,
  type WmiAnswer,
} from "../../../src/wmi/index.ts";

const classes: readonly ClassSource[] = [
  {
    name: "__Event",
    abstract: true,
    description: "",
    properties: { TIME_CREATED: "uint64", SECURITY_DESCRIPTOR: "uint8[]" },
  },
  {
    name: "__InstanceOperationEvent",
    extends: "__Event",
    description: "",
    properties: { TargetInstance: "object Lab_Thing" },
  },
  { name: "__InstanceCreationEvent", extends: "__InstanceOperationEvent", description: "" },
  {
    name: "__InstanceModificationEvent",
    extends: "__InstanceOperationEvent",
    description: "",
    properties: { PreviousInstance: "object Lab_Thing" },
  },
  { name: "__InstanceDeletionEvent", extends: "__InstanceOperationEvent", description: "" },
  {
    name: "Lab_Thing",
    abstract: true,
    description: "",
    properties: {
      Name: "key string",
      Size: "uint64",
      Since: "datetime",
      On: "boolean",
      Tags: "string[]",
      Ticks: "quiet uint32",
      Note: "text Lab_Note",
    },
    methods: {
      Grow: {
        in: { By: "uint8", Notes: "text Lab_Note[]", At: "ref Lab_Thing" },
        out: { Size: "uint64", Next: "ref Lab_Box" },
      },
      Shrink: "notImplemented",
    },
  },
  { name: "Lab_Box", extends: "Lab_Thing", description: "" },
  { name: "Lab_Crate", extends: "Lab_Box", description: "", properties: { Wood: "string" } },
  { name: "Lab_Note", description: "", properties: { Text: "key string" } },
  {
    name: "Lab_Holds",
    association: true,
    description: "",
    properties: { Outer: "key ref Lab_Box", Inner: "key ref Lab_Thing" },
  },
];

type World = { readonly [className: string]: readonly PropertySet[] };
const boxPath = (name: string) => `Lab_Box.Name="${name}"`;
const usual: World = {
  Lab_Box: [
    { Name: "small", Size: 3n, On: true, Since: "20110222213015.000000+000", Tags: ["a"], Ticks: 1 },
    {
      Name: "large",
      Size: 10n ** 19n,
      On: false,
      Note: { className: "Lab_Note", path: null, properties: { Text: "<x>" } },
    },
  ],
  Lab_Crate: [{ Name: "crate", Wood: "oak" }],
  Lab_Holds: [
    { Outer: boxPath("large"), Inner: boxPath("small") },
    { Outer: boxPath("large"), Inner: 'Lab_Crate.Name="crate"' },
  ],
};

function openLab(first: World = usual) {
  let world = first;
  let failing = 0;
  const calls: MethodCall[] = [];
  const namespace = openNamespace<World>({
    schema: openSchema(classes),
    place: { server: "LAB", namespace: "root\\lab" },
    wallClock: () => 1000 + failing++,
    provider: {
      read: () => world,
      instances: (name, now) => now[name] ?? [],
      async invoke(call): Promise<MethodResult> {
        calls.push(call);
        return { returnValue: 0, out: { Size: 5n, Next: boxPath("small") } };
      },
    },
  });
  return {
    calls,
    session: namespace.session,
    /** The world is another, and nobody has said so. */
    quietly(next: World): void {
      world = { ...world, ...next };
    },
    be(next: World): void {
      world = { ...world, ...next };
      namespace.changed();
    },
    async names(query: string): Promise<readonly unknown[]> {
      return namesOf(await namespace.session.query(query));
    },
  };
}

function namesOf(answer: WmiAnswer): readonly unknown[] {
  if (answer.kind === "classes") return answer.classes.map(({ name }) => name);
  return answer.objects.map(({ properties }) => properties["Name"] ?? null);
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (failure: unknown) =>
      failure instanceof HvError
        ? `${failure.code} ${failure.hresult.toString(16)}`
        : `bug: ${String(failure)}`,
  );

describe("data queries", () => {
  test.each([
    ["SELECT * FROM Lab_Thing", ["small", "large", "crate"]],
    ["select * from lab_crate", ["crate"]],
    ["SELECT * FROM Lab_Box WHERE Name = 'SMALL'", ["small"]],
    ["SELECT * FROM Lab_Box WHERE Size > 9999999999999999999", ["large"]],
    ["SELECT * FROM Lab_Box WHERE Size = '3'", ["small"]],
    ["SELECT * FROM Lab_Box WHERE Size <= 3.5", ["small"]],
    // What is not known is neither equal nor unequal.
    ["SELECT * FROM Lab_Box WHERE Size <> 3", ["large"]],
    ["SELECT * FROM Lab_Box WHERE Size IS NULL", ["crate"]],
    ["SELECT * FROM Lab_Box WHERE Size IS NOT NULL AND On = FALSE", ["large"]],
    ["SELECT * FROM Lab_Box WHERE On = 1", ["small"]],
    ["SELECT * FROM Lab_Box WHERE Name LIKE '%a%' AND NOT Name LIKE 'c%'", ["small", "large"]],
    ["SELECT * FROM Lab_Box WHERE Since < '20110222223015.000000+000'", ["small"]],
    // 23 hours later by its text, and one hour earlier by its time zone.
    ["SELECT * FROM Lab_Box WHERE Since < '20110223203015.000000+720'", ["small"]],
    ["SELECT * FROM Lab_Box WHERE __CLASS = 'Lab_Crate'", ["crate"]],
    ["SELECT * FROM Lab_Box WHERE __SUPERCLASS = 'Lab_Box'", ["crate"]],
    [String.raw`SELECT * FROM Lab_Box WHERE __RELPATH = "Lab_Box.Name=\"small\""`, ["small"]],
    ["SELECT * FROM Lab_Box WHERE 3 = Size OR Name = 'crate'", ["small", "crate"]],
    ["SELECT * FROM meta_class WHERE __this ISA 'Lab_Box'", ["Lab_Box", "Lab_Crate"]],
    [
      "SELECT * FROM meta_class WHERE __CLASS LIKE 'Lab[_]%' AND NOT __this ISA 'Lab_Thing'",
      ["Lab_Note", "Lab_Holds"],
    ],
  ])("%s", async (query, names) => {
    expect(await openLab().names(query)).toEqual(names);
  });

  test("what is selected is cut down, and keeps its path while its keys are there", async () => {
    const { session } = openLab();
    const first = async (query: string): Promise<CimInstance | undefined> => {
      const answer = await session.query(query);
      return answer.kind === "objects" ? answer.objects[0] : undefined;
    };
    expect(await first("SELECT Size, name FROM Lab_Box")).toEqual({
      className: "Lab_Box",
      path: '\\\\LAB\\root\\lab:Lab_Box.Name="small"',
      properties: { Size: 3n, Name: "small" },
    });
    expect(await first("SELECT Size FROM Lab_Box")).toMatchObject({ path: null, properties: { Size: 3n } });
    expect(await first("SELECT __PATH FROM Lab_Box")).toMatchObject({
      path: '\\\\LAB\\root\\lab:Lab_Box.Name="small"',
      properties: {},
    });
  });

  test.each([
    ["SELECT * FROM Lab_Nothing", "wmi.invalidClass 80041010"],
    ["SELECT Weight FROM Lab_Box", "wmi.invalidQuery 80041017"],
    ["SELECT * FROM Lab_Box WHERE Weight = 1", "wmi.invalidQuery 80041017"],
    // A class above does not know what one below has.
    ["SELECT * FROM Lab_Box WHERE Wood = 'oak'", "wmi.invalidQuery 80041017"],
    ["SELECT * FROM Lab_Box WHERE Tags = 'a'", "wmi.invalidQuery 80041017"],
    ["SELECT * FROM Lab_Box WHERE Size = 'much'", "wmi.invalidQuery 80041017"],
    ["SELECT * FROM Lab_Box WHERE Size LIKE '3'", "wmi.invalidQuery 80041017"],
    ["SELECT * FROM Lab_Box WHERE Since = 'soon'", "wmi.invalidQuery 80041017"],
    ["SELECT * FROM Lab_Box WITHIN 1", "wmi.invalidQuery 80041017"],
    ["SELECT * FROM Lab_Box WHERE Name.First = 'x'", "wmi.invalidQuery 80041017"],
    ["SELECT * FROM __InstanceCreationEvent", "wmi.invalidQuery 80041017"],
    ["SELECT Name FROM meta_class", "wmi.invalidQuery 80041017"],
    ["SELECT * FROM meta_class WHERE Size = 3", "wmi.invalidQuery 80041017"],
    ["SELECT * FROM meta_class WHERE __this ISA 'Lab_Nothing'", "wmi.invalidClass 80041010"],
  ])("%s is refused: %s", async (query, code) => {
    expect(await codeOf(openLab().session.query(query))).toBe(code);
  });
});

describe("paths", () => {
  test("every form of a path leads to the object, in any case; others lead nowhere", async () => {
    const { session } = openLab();
    for (const path of [
      'Lab_Box.Name="small"',
      "lab_box='SMALL'",
      'Lab_Thing.Name="small"',
      '\\\\lab\\ROOT\\lab:Lab_Box.Name="small"',
      '//./root/lab:Lab_Box.Name="small"',
    ])
      expect((await session.get(path)).path).toBe('\\\\LAB\\root\\lab:Lab_Box.Name="small"');
    expect(await codeOf(session.get('Lab_Crate.Name="small"'))).toBe("wmi.notFound 80041002");
    expect(await codeOf(session.get("Lab_Box"))).toBe("wmi.notFound 80041002");
    expect(await codeOf(session.get("Lab_Box=5"))).toBe("wmi.notFound 80041002");
    expect(await codeOf(session.get('\\\\OTHER\\root\\lab:Lab_Box.Name="small"'))).toBe(
      "wmi.invalidNamespace 8004100e",
    );
    expect(await codeOf(session.get('root\\cimv2:Lab_Box.Name="small"'))).toBe(
      "wmi.invalidNamespace 8004100e",
    );
    expect(await codeOf(session.get("Lab_Nothing='x'"))).toBe("wmi.invalidClass 80041010");
  });

  test("embedded instances are text", async () => {
    const { properties } = await openLab().session.get(boxPath("large"));
    expect(properties["Note"]).toBe(
      '<INSTANCE CLASSNAME="Lab_Note"><PROPERTY NAME="Text" TYPE="string"><VALUE>&#60;x&#62;</VALUE></PROPERTY></INSTANCE>',
    );
  });
});

describe("links", () => {
  const of = `{${boxPath("large")}}`;
  test.each([
    [`ASSOCIATORS OF ${of}`, ["small", "crate"]],
    [`ASSOCIATORS OF ${of} WHERE ResultClass = Lab_Crate`, ["crate"]],
    [`ASSOCIATORS OF ${of} WHERE AssocClass=Lab_Holds Role=Outer ResultRole=Inner`, ["small", "crate"]],
    [`ASSOCIATORS OF ${of} WHERE Role=Inner`, []],
    [`ASSOCIATORS OF ${of} WHERE ClassDefsOnly`, ["Lab_Box", "Lab_Crate"]],
    [`ASSOCIATORS OF {${boxPath("small")}} WHERE Role=Inner`, ["large"]],
    [`ASSOCIATORS OF ${of} WHERE RequiredAssocQualifier=Association`, ["small", "crate"]],
    [`ASSOCIATORS OF ${of} WHERE RequiredQualifier=Abstract`, []],
    [`ASSOCIATORS OF {${boxPath("small")}} WHERE Role=Outer`, []],
    [`REFERENCES OF ${of} WHERE ClassDefsOnly`, ["Lab_Holds"]],
  ])("%s", async (query, names) => {
    expect(await openLab().names(query)).toEqual(names);
  });

  test("references are the links themselves, with paths to both ends", async () => {
    const answer = await openLab().session.query(
      `REFERENCES OF ${of} WHERE ResultClass=Lab_Holds Role=Outer`,
    );
    expect(answer.kind === "objects" && answer.objects.map(({ properties }) => properties)).toEqual([
      { Outer: `\\\\LAB\\root\\lab:${boxPath("large")}`, Inner: `\\\\LAB\\root\\lab:${boxPath("small")}` },
      { Outer: `\\\\LAB\\root\\lab:${boxPath("large")}`, Inner: '\\\\LAB\\root\\lab:Lab_Crate.Name="crate"' },
    ]);
  });

  test("keys alone", async () => {
    const answer = await openLab().session.query(`ASSOCIATORS OF ${of} WHERE KeysOnly`);
    expect(answer.kind === "objects" && answer.objects.map(({ properties }) => properties)).toEqual([
      { Name: "small" },
      { Name: "crate" },
    ]);
  });

  test("an object that is not there, or a class", async () => {
    expect(await codeOf(openLab().session.query("ASSOCIATORS OF {Lab_Box='none'}"))).toBe(
      "wmi.notFound 80041002",
    );
    expect(await codeOf(openLab().session.query(`ASSOCIATORS OF ${of} WHERE ResultClass=Nothing`))).toBe(
      "wmi.invalidClass 80041010",
    );
  });
});

describe("methods", () => {
  const note =
    '<INSTANCE CLASSNAME="Lab_Note"><PROPERTY NAME="Text" TYPE="string"><VALUE>n</VALUE></PROPERTY></INSTANCE>';

  test("parameters reach the provider as what they are, answers the client as what they should be", async () => {
    const lab = openLab();
    const given = {
      by: "7",
      Notes: [note, { className: "lab_note", path: null, properties: { text: "o" } }],
      At: boxPath("small"),
    };
    expect(await lab.session.invoke(boxPath("small"), "grow", given)).toEqual({
      returnValue: 0,
      out: { Size: 5n, Next: `\\\\LAB\\root\\lab:${boxPath("small")}` },
    });
    const [call] = lab.calls;
    expect(call?.method).toBe("Grow");
    expect(call?.parameters).toEqual({
      By: 7,
      Notes: [
        { className: "Lab_Note", path: null, properties: { Text: "n" } },
        { className: "Lab_Note", path: null, properties: { Text: "o" } },
      ],
      At: boxPath("small"),
    });
    expect(call?.resolve(boxPath("large"))?.properties["Size"]).toBe(10n ** 19n);
    expect(call?.resolve("nonsense (")).toBeNull();
  });

  test("what Hyper-V has and we have not is not supported", async () => {
    const lab = openLab();
    expect(await lab.session.invoke(boxPath("small"), "Shrink", { Anything: 1 })).toEqual({
      returnValue: 32770,
      out: {},
    });
    expect(lab.calls).toEqual([]);
  });

  test.each([
    ["Sing", {}, "wmi.invalidMethod 8004102e"],
    ["Grow", { By: 256 }, "wmi.invalidMethodParameters 8004102f"],
    ["Grow", { Width: 1 }, "wmi.invalidMethodParameters 8004102f"],
    ["Grow", { Notes: "one" }, "wmi.invalidMethodParameters 8004102f"],
    ["Grow", { Notes: ["<x>"] }, "wmi.invalidParameter 80041008"],
    ["Grow", { Notes: ["<INSTANCE CLASSNAME='Lab_Box'/>"] }, "wmi.invalidParameter 80041008"],
    [
      "Grow",
      { Notes: [{ className: "Lab_Note", path: null, properties: { Text: 1 } }] },
      "wmi.invalidParameter 80041008",
    ],
  ] as const)("%s %o is refused: %s", async (method, parameters, code) => {
    const lab = openLab();
    expect(await codeOf(lab.session.invoke(boxPath("small"), method, parameters))).toBe(code);
    expect(lab.calls).toEqual([]);
  });
});

describe("events", () => {
  const all = "SELECT * FROM __InstanceOperationEvent WITHIN 1 WHERE TargetInstance ISA 'Lab_Box'";

  test("what is new, another and gone is told once, with both forms", async () => {
    const lab = openLab();
    const id = await lab.session.subscribe(all);
    lab.be({
      Lab_Box: [
        { Name: "small", Size: 4n, On: true, Since: "20110222213015.000000+000", Tags: ["a"], Ticks: 9 },
        { Name: "new" },
      ],
    });
    lab.be({});
    const { events, dropped, over } = await lab.session.next(id);
    expect([dropped, over]).toEqual([0, false]);
    const told = events.map(({ className, properties }) => {
      const { TargetInstance: now, PreviousInstance: was = null } = properties;
      return [className, now, was].map((one) =>
        typeof one === "object" && one !== null && "properties" in one
          ? [one.properties["Name"], one.properties["Size"]]
          : one,
      );
    });
    expect(told).toEqual([
      ["__InstanceDeletionEvent", ["large", 10n ** 19n], null],
      ["__InstanceModificationEvent", ["small", 4n], ["small", 3n]],
      ["__InstanceCreationEvent", ["new", null], null],
    ]);
    // 1970 and one second, in units of 100 nanoseconds since 1601.
    expect(events[0]?.properties["TIME_CREATED"]).toBe(116_444_736_010_000_000n);
  });

  test("what changes all the time is no news", async () => {
    const lab = openLab();
    const id = await lab.session.subscribe(all);
    lab.be({ Lab_Crate: [{ Name: "crate", Wood: "oak", Ticks: 5 }] });
    lab.be({ Lab_Crate: [{ Name: "crate", Wood: "elm", Ticks: 6 }] });
    expect((await lab.session.next(id)).events).toHaveLength(1);
  });

  test("conditions on both forms, a class of events, chosen properties", async () => {
    const lab = openLab();
    const id = await lab.session.subscribe(
      "SELECT TargetInstance FROM __InstanceModificationEvent WHERE TargetInstance ISA 'Lab_Box' AND TargetInstance.Size = 4 AND PreviousInstance.Size <> 4",
    );
    lab.be({ Lab_Box: [{ Name: "small", Size: 4n }] });
    lab.be({ Lab_Box: [{ Name: "small", Size: 4n, On: false }] });
    lab.be({ Lab_Box: [{ Name: "small", Size: 5n }] });
    const { events } = await lab.session.next(id);
    expect(events.map(({ properties }) => Object.keys(properties))).toEqual([["TargetInstance"]]);
  });

  test("next waits; a subscription that ends tells those who wait", async () => {
    const lab = openLab();
    const id = await lab.session.subscribe(all);
    const waiting = lab.session.next(id);
    lab.be({ Lab_Crate: [] });
    expect((await waiting).events).toHaveLength(1);
    const last = Promise.all([lab.session.next(id), lab.session.next(id)]);
    await lab.session.unsubscribe(id);
    expect(await last).toEqual(Array(2).fill({ events: [], dropped: 0, over: true }));
    expect(await codeOf(lab.session.next(id))).toBe("wmi.notFound 80041002");
  });

  test("one who subscribes later hears of nothing that was before; one who was there misses nothing", async () => {
    const lab = openLab();
    const early = await lab.session.subscribe(all);
    lab.quietly({ Lab_Crate: [] });
    const late = await lab.session.subscribe(all);
    lab.be({});
    lab.be({ Lab_Crate: [{ Name: "crate" }] });
    expect((await lab.session.next(early)).events.map(({ className }) => className)).toEqual([
      "__InstanceDeletionEvent",
      "__InstanceCreationEvent",
    ]);
    expect((await lab.session.next(late)).events).toHaveLength(1);
  });

  test("nobody comes for them: a thousand wait, the rest is counted", async () => {
    const lab = openLab();
    const id = await lab.session.subscribe(all);
    for (let size = 0; size < 1500; size++) lab.be({ Lab_Crate: [{ Name: "crate", Wood: String(size) }] });
    const { events, dropped } = await lab.session.next(id);
    expect([events.length, dropped]).toEqual([1024, 476]);
  });

  test("no more than 64 at a time", async () => {
    const lab = openLab();
    const ids = await Promise.all(Array.from({ length: 64 }, () => lab.session.subscribe(all)));
    expect(await codeOf(lab.session.subscribe(all))).toBe("wmi.quotaViolation 8004106c");
    await lab.session.unsubscribe(ids[0] ?? (0 as never));
    expect(await codeOf(lab.session.subscribe(all))).toBe("none");
  });

  test.each([
    "SELECT * FROM Lab_Box",
    "SELECT * FROM __InstanceCreationEvent",
    "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance.Name = 'x'",
    "ASSOCIATORS OF {Lab_Box='small'}",
  ])("%s cannot be subscribed to", async (query) => {
    expect(await codeOf(openLab().session.subscribe(query))).toBe("wmi.invalidQuery 80041017");
  });
});

test("a schema that makes no sense does not open", () => {
  expect(() => openSchema([{ name: "B", extends: "A", description: "" }])).toThrow("A");
  expect(() => openSchema([...classes, { name: "lab_box", description: "" }])).toThrow("twice");
});

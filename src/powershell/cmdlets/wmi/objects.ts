import type { CimClass, PropertySet } from "../../../wmi/index.ts";
import { cmdlet } from "../../run/cmdlet.ts";
import { bindingError } from "../../run/fit-parameter.ts";
import type { Call, Cmdlet, Given } from "../../run/machine.ts";
import { parameter } from "../../run/parameter.ts";
import { fail } from "../../values/script-error.ts";
import { toText } from "../../values/text.ts";
import { isKind, list, makeObject, type Value } from "../../values/value.ts";
import { isWildcard, wildcard } from "../../values/wildcard.ts";
import { fromInstance, toCim } from "../../wmi-objects/cim-values.ts";
import { methodOf, resultObject } from "../../wmi-objects/invoke.ts";

const namespace = parameter("Namespace", "text", "root\\virtualization: there is no other.", {
  aliases: ["ns"],
});

/** The namespace that there is; a client may write it with either stroke. */
function checkNamespace(given: Given): void {
  const wanted = given.text("Namespace");
  if (wanted === null || /^root[\\/]virtualization$/i.test(wanted)) return;
  throw fail(
    "GetWMIManagementException",
    `Invalid namespace "${wanted}": this host has root\\virtualization.`,
    {
      category: "InvalidArgument",
      exception: "ManagementException",
      hresult: 0x8004100e,
    },
  );
}

/** Puts out what a query finds. */
async function putQuery(call: Call, query: string): Promise<void> {
  const { frame, session } = call;
  const answer = await frame.machine.until(session.query(query));
  if (answer.kind === "classes") for (const one of answer.classes) await call.out(classObject(one));
  else for (const one of answer.objects) await call.out(fromInstance(one));
}

function classObject(of: CimClass): Value {
  return makeObject(
    [
      `System.Management.ManagementClass#root\\virtualization\\${of.name}`,
      "System.Management.ManagementClass",
    ],
    [
      ["Name", of.name],
      ["Superclass", of.superclass],
      ["Methods", list(of.methods.map(({ name }) => name))],
      ["Properties", list(of.properties.map(({ name }) => name))],
      ["Description", of.description],
    ],
    { text: of.name },
  );
}

function queryOf(given: Given, className: string): string {
  const properties = given.texts("Property");
  const filter = given.text("Filter");
  const chosen = properties.length === 0 ? "*" : properties.join(", ");
  return `SELECT ${chosen} FROM ${className}${filter === null ? "" : ` WHERE ${filter}`}`;
}

function reader(name: string, classParameter: string, more: readonly string[]): Cmdlet {
  return cmdlet({
    name,
    module: "WMI",
    synopsis: "Reads objects of the management service.",
    standardSet: "Class",
    parameters: [
      parameter(classParameter, "text", "The class.", {
        position: 0,
        mandatory: true,
        sets: ["Class"],
        aliases: more,
        completes: "class",
      }),
      parameter("Property", "texts", "Only these properties.", { position: 1, sets: ["Class"] }),
      parameter("Filter", "text", "What stands behind WHERE in a query.", { sets: ["Class"] }),
      parameter("Query", "text", "A whole query.", { mandatory: true, sets: ["Query"] }),
      ...(name === "Get-WmiObject"
        ? [
            parameter("List", "switch", "Lists classes; -Class is a pattern.", {
              mandatory: true,
              sets: ["List"],
            }),
            parameter("Pattern", "text", "A pattern of their names.", {
              position: 0,
              sets: ["List"],
              completes: "class",
            }),
          ]
        : []),
      namespace,
    ],
    open: (call) => ({
      async process(given) {
        checkNamespace(given);
        if (given.flag("List")) {
          const fits = wildcard(given.text("Pattern") ?? "*");
          for (const one of await call.frame.machine.until(call.session.classes()))
            if (fits(one.name)) await call.out(classObject(one));
          return;
        }
        await putQuery(call, given.text("Query") ?? queryOf(given, given.text(classParameter) ?? ""));
      },
    }),
  });
}

/** @cmdlet Get-WmiObject partial: one namespace of this host, no -AsJob */
export const getWmiObject = reader("Get-WmiObject", "Class", ["ClassName"]);
/** @cmdlet Get-CimInstance partial: one namespace of this host */
export const getCimInstance = reader("Get-CimInstance", "ClassName", ["Class"]);

/** @cmdlet Get-CimClass partial: no -MethodName, -PropertyName */
export const getCimClass: Cmdlet = cmdlet({
  name: "Get-CimClass",
  module: "WMI",
  synopsis: "Lists classes of the management service.",
  parameters: [
    parameter("ClassName", "text", "The class, or a pattern of names.", { position: 0, completes: "class" }),
    namespace,
  ],
  open: (call) => ({
    async process(given) {
      checkNamespace(given);
      const wanted = given.text("ClassName") ?? "*";
      const { machine } = call.frame;
      if (!isWildcard(wanted))
        return call.out(classObject(await machine.until(call.session.describe(wanted))));
      const fits = wildcard(wanted);
      for (const one of await machine.until(call.session.classes()))
        if (fits(one.name)) await call.out(classObject(one));
      return undefined;
    },
  }),
});

/** The path of an object, or the only one of a class. */
async function pathOf(
  call: Call,
  given: Given,
): Promise<{ readonly path: string; readonly className: string }> {
  const { frame, session } = call;
  const input = given.value("InputObject");
  if (isKind(input, "object") && input.origin.kind === "wmi" && input.origin.instance.path !== null)
    return { path: input.origin.instance.path, className: input.origin.instance.className };
  const path = given.text("Path");
  if (path !== null) {
    const found = await frame.machine.until(session.get(path));
    return { path, className: found.className };
  }
  const wanted = given.text("Class");
  if (wanted === null)
    throw bindingError("InvalidInput", "An object of the management service, its path or a class is wanted.");
  const [only, ...others] = await frame.machine.until(session.enumerate(wanted));
  if (only === undefined || only.path === null || others.length > 0)
    throw bindingError(
      "InvalidClass",
      `${wanted} has ${others.length + (only === undefined ? 0 : 1)} objects: name one by its path.`,
    );
  return { path: only.path, className: only.className };
}

async function invoke(
  call: Call,
  given: Given,
  { method, values }: { readonly method: string; readonly values: (names: readonly string[]) => PropertySet },
): Promise<void> {
  const { frame, session } = call;
  const { path, className } = await pathOf(call, given);
  const found = methodOf(await frame.machine.until(session.describe(className)), method);
  if (found === null) throw bindingError("InvalidMethod", `${className} has no method ${method}.`);
  if (!(await call.shouldProcess(path, found.name))) return;
  const set = values(found.in.map(({ name }) => name));
  await call.out(resultObject(await frame.machine.until(session.invoke(path, found.name, set))));
}

const target = [
  parameter("InputObject", "any", "The object.", { mandatory: true, sets: ["Object"], pipeline: "value" }),
  parameter("Path", "text", "The path of the object.", { mandatory: true, sets: ["Path"] }),
  parameter("Class", "text", "The class, when it has one object.", {
    position: 0,
    mandatory: true,
    sets: ["Class"],
    completes: "class",
  }),
];

/** @cmdlet Invoke-WmiMethod partial: this host, no -AsJob */
export const invokeWmiMethod: Cmdlet = cmdlet({
  name: "Invoke-WmiMethod",
  module: "WMI",
  synopsis: "Calls a method of an object of the management service.",
  standardSet: "Class",
  confirms: "asked",
  parameters: [
    ...target,
    parameter("Name", "text", "The method.", { position: 1, mandatory: true }),
    parameter("ArgumentList", "list", "Its inputs, in order.", { position: 2 }),
    namespace,
  ],
  open: (call) => ({
    async process(given) {
      checkNamespace(given);
      const items = given.items("ArgumentList");
      await invoke(call, given, {
        method: given.text("Name") ?? "",
        values: (names) => {
          if (items.length > names.length)
            throw bindingError("MethodCountCouldNotFindBest", `The method takes ${names.length} values.`);
          return Object.fromEntries(items.map((one, place) => [names[place] ?? "", toCim(one)] as const));
        },
      });
    },
  }),
});

/** @cmdlet Invoke-CimMethod partial: this host */
export const invokeCimMethod: Cmdlet = cmdlet({
  name: "Invoke-CimMethod",
  module: "WMI",
  synopsis: "Calls a method of an object of the management service, its inputs by name.",
  standardSet: "Object",
  confirms: "asked",
  parameters: [
    ...target.map((one) =>
      one.name === "Class" ? { ...one, name: "ClassName", aliases: ["Class"], position: null } : one,
    ),
    parameter("MethodName", "text", "The method.", { position: 0, mandatory: true }),
    parameter("Arguments", "table", "Its inputs by name.", { position: 1 }),
    namespace,
  ],
  open: (call) => ({
    async process(given) {
      checkNamespace(given);
      const found = given.value("Arguments");
      const entries = isKind(found, "table") ? [...found.entries.values()] : [];
      const renamed: Given = { ...given, text: (name) => given.text(name === "Class" ? "ClassName" : name) };
      await invoke(call, renamed, {
        method: given.text("MethodName") ?? "",
        values: () =>
          Object.fromEntries(entries.map(({ key, value }) => [toText(key), toCim(value)] as const)),
      });
    },
  }),
});

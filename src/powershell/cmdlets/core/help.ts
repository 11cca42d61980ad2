import { parametersOf } from "../../run/bind.ts";
import { cmdlet } from "../../run/cmdlet.ts";
import { commonNames } from "../../run/common-parameters.ts";
import type { Call, Cmdlet } from "../../run/machine.ts";
import { type Parameter, type ParameterType, parameter } from "../../run/parameter.ts";
import { methodNames } from "../../values/methods.ts";
import { fail } from "../../values/script-error.ts";
import { toText, typeName } from "../../values/text.ts";
import { isKind, list, makeObject, type Value } from "../../values/value.ts";
import { isWildcard, wildcard } from "../../values/wildcard.ts";
import { methodOf } from "../../wmi-objects/invoke.ts";
import { ownNames } from "./selectors.ts";
import { functionNames } from "./variables.ts";

const typeTexts: { readonly [T in ParameterType]: string } = {
  text: "String",
  texts: "String[]",
  whole: "Int64",
  wholes: "Int64[]",
  number: "Double",
  bool: "Boolean",
  switch: "SwitchParameter",
  script: "ScriptBlock",
  table: "Hashtable",
  date: "DateTime",
  span: "TimeSpan",
  any: "Object",
  list: "Object[]",
};

function typeOf({ type, of }: Parameter): string {
  return of === null ? typeTexts[type] : type === "list" ? `${of}[]` : of;
}

/** One line for each way to call a cmdlet. */
function syntaxLines(one: Cmdlet): readonly string[] {
  const sets = [...new Set(one.parameters.flatMap(({ sets: found }) => found ?? []))];
  return (sets.length === 0 ? [null] : sets).map((set) => {
    const own = one.parameters.filter(
      (each) => each.sets === null || (set !== null && each.sets.includes(set)),
    );
    const words = [...own].sort((a, b) => (a.position ?? 1e6) - (b.position ?? 1e6)).map(wordOf);
    const changes = one.confirms === "never" ? [] : ["[-WhatIf]", "[-Confirm]"];
    return [one.name, ...words, ...changes, "[<CommonParameters>]"].join(" ");
  });
}

function wordOf(one: Parameter): string {
  if (one.type === "switch") return `[-${one.name}]`;
  const name = one.position === null ? `-${one.name}` : `[-${one.name}]`;
  const word = `${name} <${typeOf(one)}>`;
  return one.mandatory ? word : `[${word}]`;
}

function parameterLines(one: Parameter): readonly string[] {
  const facts = [
    one.mandatory ? "needed" : null,
    one.position === null ? null : `position ${one.position}`,
    one.pipeline === null ? null : "from the pipeline",
    one.aliases.length === 0 ? null : `also -${one.aliases.join(", -")}`,
    one.values === null ? null : one.values.join(", "),
  ].filter((fact) => fact !== null);
  return [
    `    -${one.name} <${typeOf(one)}>`,
    `        ${one.help}${facts.length === 0 ? "" : ` (${facts.join("; ")})`}`,
    "",
  ];
}

const origins: { readonly [module: string]: readonly string[] } = {
  "Hyper-V": [
    "NOTE",
    "    Windows Server 2008 R2 had no module for Hyper-V: scripts used WMI. The names and parameters here are",
    "    names that came with Windows Server 2012; all they do goes through WMI.",
    "",
  ],
};

function helpText(one: Cmdlet, whole: boolean): string {
  const own = parametersOf(one).filter(({ name }) => !commonNames.has(name.toLowerCase()));
  return [
    "",
    "NAME",
    `    ${one.name}`,
    "",
    "SYNOPSIS",
    `    ${one.synopsis}`,
    "",
    "SYNTAX",
    ...syntaxLines(one).flatMap((line) => [`    ${line}`, ""]),
    ...(whole ? ["PARAMETERS", ...own.flatMap(parameterLines)] : []),
    ...(origins[one.module] ?? []),
    ...(whole ? [] : ["REMARKS", `    Get-Help ${one.name} -Full tells of its parameters.`, ""]),
  ].join("\n");
}

function overview(): string {
  return [
    "",
    "This is a PowerShell in the page. It knows the language, and cmdlets for this host alone.",
    "",
    "    Get-Command                 lists the cmdlets; -Module Hyper-V those for virtual machines",
    "    Get-Help Start-VM -Full     tells of one",
    "    Get-VM | Get-Member         tells what objects have",
    "    Tab completes, the arrows bring back what was entered, Ctrl+C stops.",
    "",
  ].join("\n");
}

/** @cmdlet Get-Help partial: cmdlets only */
export const getHelp: Cmdlet = cmdlet({
  name: "Get-Help",
  synopsis: "Tells what a cmdlet does.",
  parameters: [
    parameter("Name", "text", "The cmdlet, or a pattern of names.", {
      position: 0,
      completes: "command",
      pipeline: "name",
    }),
    parameter("Full", "switch", "With all parameters."),
    parameter("Parameter", "text", "Only this parameter."),
  ],
  open: (call) => ({
    async process(given) {
      const wanted = given.text("Name");
      if (wanted === null) return call.out(overview());
      const { commands } = call.frame.machine;
      const name = commands.aliases.get(wanted.toLowerCase()) ?? wanted;
      const found = commands.cmdlets.filter((one) => wildcard(name)(one.name));
      const [only] = found;
      if (only === undefined)
        return call.error(
          fail("HelpNotFound", `Get-Help could not find ${wanted} in this session.`, {
            category: "ResourceUnavailable",
            exception: "HelpNotFoundException",
            target: wanted,
          }),
        );
      if (found.length === 1) return call.out(oneHelp(only, given.text("Parameter"), given.flag("Full")));
      for (const one of found) await call.out(commandObject(one, "Synopsis"));
      return undefined;
    },
  }),
});

function oneHelp(one: Cmdlet, parameterName: string | null, whole: boolean): string {
  if (parameterName === null) return helpText(one, whole);
  const fits = wildcard(parameterName);
  return [
    "",
    ...parametersOf(one)
      .filter(({ name }) => fits(name))
      .flatMap(parameterLines),
  ].join("\n");
}

function commandObject(one: Cmdlet, last: "Definition" | "Synopsis"): Value {
  return makeObject(
    [`System.Management.Automation.CmdletInfo${last === "Synopsis" ? "#Help" : ""}`],
    [
      ["CommandType", "Cmdlet"],
      ["Name", one.name],
      ["ModuleName", one.module],
      ["Synopsis", one.synopsis],
      ["Definition", syntaxLines(one).join("\n")],
      ["Parameters", list(parametersOf(one).map(({ name }) => name))],
    ],
    { text: one.name },
  );
}

/** @cmdlet Get-Command partial: no -Verb of several */
export const getCommand: Cmdlet = cmdlet({
  name: "Get-Command",
  synopsis: "Lists cmdlets, functions and aliases.",
  parameters: [
    parameter("Name", "texts", "Names, or patterns of them.", {
      position: 0,
      completes: "command",
      pipeline: "both",
    }),
    parameter("Module", "texts", "Where they come from: Core, WMI, Hyper-V."),
    parameter("Verb", "text", "What stands before the dash."),
    parameter("Noun", "text", "What stands behind it."),
    parameter("Syntax", "switch", "Only how they are called."),
  ],
  open: (call) => ({
    async process(given) {
      const modules = given.texts("Module").map((one) => wildcard(one));
      const part = (name: string): ((text: string) => boolean) => wildcard(given.text(name) ?? "*");
      const [verb, noun] = [part("Verb"), part("Noun")];
      for (const pattern of given.has("Name") ? given.texts("Name") : ["*"]) {
        const fits = wildcard(pattern);
        const found = call.frame.machine.commands.cmdlets
          .filter(
            ({ name }) => fits(name) && verb(name.split("-")[0] ?? "") && noun(name.split("-")[1] ?? ""),
          )
          .filter(({ module }) => modules.length === 0 || modules.some((one) => one(module)));
        const others =
          modules.length > 0 || given.has("Verb") || given.has("Noun") ? [] : otherCommands(call, fits);
        if (found.length + others.length === 0 && !isWildcard(pattern)) await call.error(noCommand(pattern));
        for (const one of found)
          await call.out(
            given.flag("Syntax") ? `\n${syntaxLines(one).join("\n\n")}\n` : commandObject(one, "Definition"),
          );
        for (const one of others) await call.out(one);
      }
    },
  }),
});

function noCommand(wanted: string): Error {
  return fail(
    "CommandNotFoundException",
    `The term '${wanted}' is not recognized as the name of a cmdlet or function.`,
    {
      category: "ObjectNotFound",
      exception: "CommandNotFoundException",
      target: wanted,
    },
  );
}

function otherCommands({ frame }: Call, fits: (name: string) => boolean): readonly Value[] {
  const made = (type: string, name: string, definition: string): Value =>
    makeObject(
      ["System.Management.Automation.CmdletInfo"],
      [
        ["CommandType", type],
        ["Name", name],
        ["ModuleName", ""],
        ["Definition", definition],
      ],
      { text: name },
    );
  return [
    ...functionNames(frame.scope)
      .filter(fits)
      .map((name) => made("Function", name, "")),
    ...[...frame.machine.commands.aliases]
      .filter(([name]) => fits(name))
      .map(([name, to]) => made("Alias", name, to)),
  ];
}

/** @cmdlet Get-Alias partial: no -Exclude, -Scope */
export const getAlias: Cmdlet = cmdlet({
  name: "Get-Alias",
  synopsis: "Lists short names of cmdlets.",
  parameters: [
    parameter("Name", "texts", "Short names, or patterns of them.", { position: 0, pipeline: "both" }),
    parameter("Definition", "texts", "Cmdlets, or patterns of them."),
  ],
  open: (call) => ({
    async process(given) {
      const names = given.has("Name") ? given.texts("Name") : ["*"];
      const targets = given.has("Definition") ? given.texts("Definition") : ["*"];
      const found = [...call.frame.machine.commands.aliases].filter(
        ([name, to]) => names.some((one) => wildcard(one)(name)) && targets.some((one) => wildcard(one)(to)),
      );
      const plain = names.find((one) => !isWildcard(one));
      if (found.length === 0 && plain !== undefined)
        await call.error(
          fail("ItemNotFound", `There is no alias ${plain}.`, { category: "ObjectNotFound", target: plain }),
        );
      for (const [name, to] of found)
        await call.out(
          makeObject(
            ["System.Management.Automation.AliasInfo"],
            [
              ["CommandType", "Alias"],
              ["Name", name],
              ["Definition", to],
            ],
            { text: name },
          ),
        );
    },
  }),
});

/** @cmdlet Get-Member partial: no -Static, -View */
export const getMember: Cmdlet = cmdlet({
  name: "Get-Member",
  synopsis: "Lists properties and methods of what comes.",
  parameters: [
    parameter("InputObject", "any", "What comes.", { pipeline: "value" }),
    parameter("Name", "texts", "Names, or patterns of them.", { position: 0 }),
    parameter("MemberType", "text", "Only these.", {
      values: ["Property", "NoteProperty", "Method", "Properties", "Methods", "All"],
    }),
  ],
  open(call) {
    const seen = new Set<string>();
    return {
      async process(given) {
        const value = given.value("InputObject");
        if (value === null) return;
        const type = typeName(value);
        if (seen.has(type)) return;
        seen.add(type);
        const fits = given.has("Name") ? given.texts("Name").map((one) => wildcard(one)) : [() => true];
        const wanted = (given.text("MemberType") ?? "All").toLowerCase();
        for (const one of await membersOf(call, value)) {
          const kind = one.type.toLowerCase();
          const isWanted = wanted === "all" || kind.endsWith(wanted.replace(/ies$/, "y").replace(/s$/, ""));
          if (!isWanted || !fits.some((each) => each(one.name))) continue;
          await call.out(
            makeObject(
              [`Microsoft.PowerShell.Commands.MemberDefinition`],
              [
                ["TypeName", type],
                ["Name", one.name],
                ["MemberType", one.type],
                ["Definition", one.definition],
              ],
            ),
          );
        }
      },
      async end() {
        if (seen.size === 0)
          await call.error(
            fail("NoObjectInGetMember", "You must specify an object for the Get-Member cmdlet.", {
              category: "CloseError",
            }),
          );
      },
    };
  },
});

interface Member {
  readonly name: string;
  readonly type: string;
  readonly definition: string;
}

async function membersOf(call: Call, value: Value): Promise<readonly Member[]> {
  const methods = methodNames(value).map((name) => ({ name, type: "Method", definition: `${name}()` }));
  const isNote = isKind(value, "object") && [...value.properties.values()].some(({ readOnly }) => !readOnly);
  const properties = ownNames(value).map((name) => {
    const found = isKind(value, "object") ? (value.properties.get(name.toLowerCase())?.value ?? null) : null;
    const rights = isNote ? "get;set;" : "get;";
    return {
      name,
      type: isNote && isKind(value, "object") && value.origin.kind === "script" ? "NoteProperty" : "Property",
      definition: `${typeName(found)} ${name} {${rights}}${found === null ? "" : ` = ${toText(found).slice(0, 60)}`}`,
    };
  });
  const byName = (one: Member, other: Member): number =>
    one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1;
  return [...[...methods, ...(await wmiMethods(call, value))].sort(byName), ...[...properties].sort(byName)];
}

async function wmiMethods({ frame, session }: Call, value: Value): Promise<readonly Member[]> {
  if (!isKind(value, "object") || value.origin.kind !== "wmi") return [];
  const of = await frame.machine.until(session.describe(value.origin.instance.className));
  return of.methods.map(({ name }) => {
    const found = methodOf(of, name);
    const given = (found?.in ?? [])
      .map((one) => `${one.type}${one.isArray ? "[]" : ""} ${one.name}`)
      .join(", ");
    return { name, type: "Method", definition: `${name}(${given})` };
  });
}

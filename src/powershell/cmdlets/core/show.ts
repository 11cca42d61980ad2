import { openRenderer } from "../../format/renderer.ts";
import { ownColumns, usualColumns } from "../../format/views.ts";
import { cmdlet } from "../../run/cmdlet.ts";
import { bindingError } from "../../run/fit-parameter.ts";
import type { Call, Cmdlet, CmdletBody, Given } from "../../run/machine.ts";
import { parameter } from "../../run/parameter.ts";
import { checkText } from "../../values/limits.ts";
import { type Column, isKind, type Layout, makeObject, type Value } from "../../values/value.ts";
import { inputObject } from "./input.ts";
import { columnsFor } from "./selectors.ts";

const property = parameter("Property", "list", "What is shown: names, patterns, or calculated properties.", {
  position: 0,
});
const groupBy = parameter("GroupBy", "any", "What parts of the list have in common.");

/** A Format cmdlet: all that it is given is shown in one layout. */
function formats(
  name: string,
  synopsis: string,
  {
    parameters,
    layout,
  }: {
    readonly parameters: Cmdlet["parameters"];
    readonly layout: (call: Call, given: Given, sample: Value) => Layout;
  },
): Cmdlet {
  return cmdlet({
    name,
    synopsis,
    parameters: [inputObject, ...parameters],
    open(call): CmdletBody {
      const layouts = new Map<string, Layout>();
      return {
        async process(given) {
          const input = given.value("InputObject");
          if (input === null) return;
          for (const value of isKind(input, "list") ? input.items : [input]) {
            const key = isKind(value, "object") && !given.has("Property") ? (value.typeNames[0] ?? "") : "";
            const found = layouts.get(key) ?? layout(call, given, value);
            layouts.set(key, found);
            await call.out(formatted(found, value));
          }
        },
      };
    },
  });
}

function formatted(layout: Layout, value: Value): Value {
  return makeObject(["Microsoft.PowerShell.Commands.Internal.Format.FormatEntryData"], [], {
    origin: { kind: "formatted", layout, value },
  });
}

function groupColumn(call: Call, given: Given, sample: Value) {
  const by = given.value("GroupBy");
  return by === null ? null : (columnsFor(call.frame, [by], sample)[0] ?? null);
}

/** @cmdlet Format-Table partial: no -View, -Force, -DisplayError */
export const formatTable = formats("Format-Table", "Shows things as a table.", {
  parameters: [
    property,
    groupBy,
    parameter("AutoSize", "switch", "Columns are as wide as what is in them."),
    parameter("HideTableHeaders", "switch", "Without titles."),
    parameter("Wrap", "switch", "What does not fit goes on in the next line."),
  ],
  layout(call, given, sample) {
    const wanted = given.items("Property");
    const columns =
      wanted.length > 0
        ? columnsFor(call.frame, wanted, sample)
        : isKind(sample, "table")
          ? null
          : usualColumns(call.frame.machine.commands.views, sample, "table");
    return {
      kind: "table",
      columns,
      autoSize: given.flag("AutoSize") || wanted.length === 0,
      hideHeaders: given.flag("HideTableHeaders"),
      wrap: given.flag("Wrap"),
      groupBy: groupColumn(call, given, sample),
    };
  },
});

/** @cmdlet Format-List partial: no -View, -Force */
export const formatList = formats("Format-List", "Shows things as lists of their properties.", {
  parameters: [property, groupBy],
  layout(call, given, sample) {
    const wanted = given.items("Property");
    const columns = wanted.length > 0 ? columnsFor(call.frame, wanted, sample) : listColumns(call, sample);
    return { kind: "list", columns, groupBy: groupColumn(call, given, sample) };
  },
});

function listColumns(call: Call, sample: Value): readonly Column[] {
  return isKind(sample, "object")
    ? usualColumns(call.frame.machine.commands.views, sample, "list")
    : ownColumns(sample);
}

/** @cmdlet Format-Wide partial: no -View, -Force */
export const formatWide = formats("Format-Wide", "Shows one property of each, several in a line.", {
  parameters: [
    parameter("Property", "any", "The property.", { position: 0 }),
    parameter("Column", "whole", "How many in a line."),
    parameter("AutoSize", "switch", "As many in a line as fit."),
  ],
  layout(call, given, sample) {
    const wanted = given.value("Property");
    const column = wanted === null ? null : (columnsFor(call.frame, [wanted], sample)[0] ?? null);
    const across = given.whole("Column");
    if (across !== null && (across < 1n || across > 100n))
      throw bindingError("ArgumentOutOfRange", "There can be 1 to 100 columns.");
    return { kind: "wide", column, columns: across === null ? null : Number(across) };
  },
});

/** @cmdlet Out-String full */
export const outString: Cmdlet = cmdlet({
  name: "Out-String",
  synopsis: "Makes text of what would be shown.",
  parameters: [
    inputObject,
    parameter("Width", "whole", "Characters of a line."),
    parameter("Stream", "switch", "Each line as a text of its own."),
  ],
  open({ frame, out, around }) {
    let text = "";
    let renderer: ReturnType<typeof openRenderer> | null = null;
    return {
      async process(given) {
        const width = Number(given.whole("Width") ?? BigInt(around.width()));
        if (!(width >= 2 && width <= 100_000))
          throw bindingError("ArgumentOutOfRange", "A line has 2 to 100000 characters.");
        renderer ??= openRenderer({
          views: frame.machine.commands.views,
          width,
          write(piece) {
            text += piece;
            checkText(text.length);
          },
        });
        await renderer.show(given.value("InputObject"));
      },
      async end(given) {
        renderer?.end();
        if (!given.flag("Stream")) await out(text.replaceAll("\n", "\r\n"));
        else for (const line of text.replace(/\n$/, "").split("\n")) await out(line);
      },
    };
  },
});

/** @cmdlet Out-Null full */
export const outNull: Cmdlet = cmdlet({
  name: "Out-Null",
  synopsis: "Throws away what comes.",
  parameters: [inputObject],
  open: () => ({}),
});

/** @cmdlet Out-Host partial: no -Paging */
export const outHost: Cmdlet = cmdlet({
  name: "Out-Host",
  synopsis: "Shows what comes, whatever is done with other output.",
  parameters: [inputObject],
  open({ frame, around }) {
    const renderer = openRenderer({
      views: frame.machine.commands.views,
      width: around.width(),
      write: (text) => frame.machine.write({ stream: "output", text, colour: null }),
    });
    return {
      process: (given) => renderer.show(given.value("InputObject")),
      end: async () => renderer.end(),
    };
  },
});

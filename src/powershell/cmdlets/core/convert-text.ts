import { cmdlet } from "../../run/cmdlet.ts";
import type { Cmdlet } from "../../run/machine.ts";
import { parameter } from "../../run/parameter.ts";
import { checkText } from "../../values/limits.ts";
import { readMember } from "../../values/members.ts";
import { toText } from "../../values/text.ts";
import { isKind, joined, type Value } from "../../values/value.ts";
import { inputObject } from "./input.ts";
import { readJson, writeJson } from "./json.ts";
import { ownNames } from "./selectors.ts";

/** @cmdlet ConvertTo-Json full */
export const convertToJson: Cmdlet = cmdlet({
  name: "ConvertTo-Json",
  synopsis: "Writes things as JSON.",
  parameters: [
    parameter("InputObject", "any", "What is written.", { position: 0, pipeline: "value" }),
    parameter("Depth", "whole", "How deep parts of parts are written; 2 unless told."),
    parameter("Compress", "switch", "Without blanks."),
  ],
  open({ frame, out }) {
    const all: Value[] = [];
    const kept = frame.machine.keep(all);
    return {
      async process(given) {
        frame.machine.charge(frame.scope, given.value("InputObject"));
        all.push(given.value("InputObject"));
      },
      async end(given) {
        kept[Symbol.dispose]();
        const depth = Math.min(Number(given.whole("Depth") ?? 2n), 100);
        await out(writeJson(joined(all), { depth, compress: given.flag("Compress") }));
      },
    };
  },
});

/** @cmdlet ConvertFrom-Json full */
export const convertFromJson: Cmdlet = cmdlet({
  name: "ConvertFrom-Json",
  synopsis: "Reads JSON.",
  parameters: [
    parameter("InputObject", "text", "The text.", { position: 0, mandatory: true, pipeline: "value" }),
  ],
  open({ out }) {
    let text = "";
    return {
      async process(given) {
        text += `${given.text("InputObject") ?? ""}\n`;
        checkText(text.length);
      },
      async end() {
        if (text.trim() === "") return;
        const made = readJson(text);
        for (const one of isKind(made, "list") ? made.items : [made]) await out(one);
      },
    };
  },
});

/** @cmdlet ConvertTo-Csv full */
export const convertToCsv: Cmdlet = cmdlet({
  name: "ConvertTo-Csv",
  synopsis: "Writes things as lines with commas.",
  parameters: [
    inputObject,
    parameter("Delimiter", "text", "What stands between values; a comma unless told."),
    parameter("NoTypeInformation", "switch", "Without the line that names the type."),
  ],
  open({ out }) {
    let names: readonly string[] | null = null;
    const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    return {
      async process(given) {
        const item = given.value("InputObject");
        const between = (given.text("Delimiter") ?? ",").slice(0, 1);
        if (names === null) {
          names = ownNames(item);
          if (!given.flag("NoTypeInformation") && isKind(item, "object"))
            await out(`#TYPE ${item.typeNames[0] ?? ""}`);
          await out(names.map(quote).join(between));
        }
        await out(names.map((name) => quote(toText(readMember(item, name) ?? null))).join(between));
      },
    };
  },
});

import { cmdlet } from "../../run/cmdlet.ts";
import { type Cmdlet, emit } from "../../run/machine.ts";
import { parameter } from "../../run/parameter.ts";
import { fail } from "../../values/script-error.ts";
import { joinTexts, toText } from "../../values/text.ts";
import { isKind, type Value } from "../../values/value.ts";

/** @cmdlet Write-Output full */
export const writeOutput: Cmdlet = cmdlet({
  name: "Write-Output",
  synopsis: "Puts out what it is given.",
  parameters: [
    parameter("InputObject", "list", "What is put out.", {
      position: 0,
      mandatory: true,
      pipeline: "value",
      rest: true,
    }),
    parameter("NoEnumerate", "switch", "An array stays one."),
  ],
  open: ({ frame, out }) => ({
    async process(given) {
      const value = given.value("InputObject");
      if (given.flag("NoEnumerate")) await out(value);
      else await emit(frame, value);
    },
  }),
});

const colours = [
  ...["Black", "DarkBlue", "DarkGreen", "DarkCyan", "DarkRed", "DarkMagenta", "DarkYellow", "Gray"],
  ...["DarkGray", "Blue", "Green", "Cyan", "Red", "Magenta", "Yellow", "White"],
];

/** @cmdlet Write-Host partial: no background colour */
export const writeHost: Cmdlet = cmdlet({
  name: "Write-Host",
  synopsis: "Writes to the screen, past the pipeline.",
  parameters: [
    parameter("Object", "list", "What is written.", { position: 0, pipeline: "value", rest: true }),
    parameter("NoNewline", "switch", "The line goes on."),
    parameter("Separator", "text", "What stands between the parts."),
    parameter("ForegroundColor", "text", "The colour.", { values: colours }),
  ],
  open: ({ frame }) => ({
    async process(given) {
      const text = joinTexts(given.items("Object").map(plain), given.text("Separator") ?? " ");
      const colour = given.text("ForegroundColor");
      frame.machine.write({ stream: "host", text: given.flag("NoNewline") ? text : `${text}\n`, colour });
    },
  }),
});

function plain(value: Value): Value {
  return isKind(value, "list") ? joinTexts(value.items, " ") : value;
}

/** @cmdlet Write-Error partial: no -ErrorRecord, -RecommendedAction */
export const writeError: Cmdlet = cmdlet({
  name: "Write-Error",
  synopsis: "Tells a failure.",
  parameters: [
    parameter("Message", "text", "What is wrong.", { position: 0, mandatory: true, pipeline: "value" }),
    parameter("ErrorId", "text", "Its name."),
    parameter("Category", "text", "Its category."),
    parameter("TargetObject", "any", "What it is about."),
  ],
  open: (call) => ({
    process: (given) =>
      call.error(
        fail(
          given.text("ErrorId") ?? "Microsoft.PowerShell.Commands.WriteErrorException",
          given.text("Message") ?? "",
          {
            category: given.text("Category") ?? "NotSpecified",
            exception: "WriteErrorException",
            target: given.value("TargetObject"),
          },
        ),
      ),
  }),
});

/** @cmdlet Write-Warning full */
export const writeWarning: Cmdlet = cmdlet({
  name: "Write-Warning",
  synopsis: "Writes a warning.",
  parameters: [
    parameter("Message", "text", "The warning.", { position: 0, mandatory: true, pipeline: "value" }),
  ],
  open: ({ warning }) => ({ process: (given) => warning(given.text("Message") ?? "") }),
});

/** @cmdlet Write-Verbose full */
export const writeVerbose: Cmdlet = cmdlet({
  name: "Write-Verbose",
  synopsis: "Writes what only -Verbose shows.",
  parameters: [
    parameter("Message", "text", "What is told.", { position: 0, mandatory: true, pipeline: "value" }),
  ],
  open: ({ verbose }) => ({ process: (given) => verbose(given.text("Message") ?? "") }),
});

/** @cmdlet Clear-Host full */
export const clearHost: Cmdlet = cmdlet({
  name: "Clear-Host",
  synopsis: "Empties the screen.",
  open: ({ around }) => ({ process: async () => around.clear() }),
});

/** @cmdlet Get-History partial: no -Id */
export const getHistory: Cmdlet = cmdlet({
  name: "Get-History",
  synopsis: "Lists what was entered before.",
  parameters: [parameter("Count", "whole", "How many, from the end.", { position: 1 })],
  open: ({ frame, out }) => ({
    async process(given) {
      const all = frame.machine.state.history.map((text, place) => ({ text, id: BigInt(place + 1) }));
      const count = Number(given.whole("Count") ?? BigInt(all.length));
      for (const { text, id } of all.slice(Math.max(0, all.length - count)))
        await out(historyEntry(id, text));
    },
  }),
});

function historyEntry(id: bigint, text: string): Value {
  return {
    kind: "object",
    typeNames: ["Microsoft.PowerShell.Commands.HistoryInfo"],
    properties: new Map([
      ["id", { name: "Id", value: id, readOnly: true }],
      ["commandline", { name: "CommandLine", value: text, readOnly: true }],
    ]),
    text: toText(text),
    origin: { kind: "script" },
  };
}

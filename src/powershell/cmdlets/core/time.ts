import { runBlock } from "../../run/blocks.ts";
import { cmdlet } from "../../run/cmdlet.ts";
import { bindingError } from "../../run/fit-parameter.ts";
import type { Call, Cmdlet, Given } from "../../run/machine.ts";
import { parameter } from "../../run/parameter.ts";
import { calculate } from "../../values/arithmetic.ts";
import { cast, toNumber } from "../../values/convert.ts";
import { formatValue } from "../../values/format-operator.ts";
import { checkList } from "../../values/limits.ts";
import { dateFields } from "../../values/time.ts";
import { type DateValue, isKind, type Value } from "../../values/value.ts";

/** The moment it is, on the clock of the page. */
export function nowOf({ around }: Pick<Call, "around">): DateValue {
  const now = around.wallClock();
  return { kind: "date", at: now + around.minutesAhead(now) * 60_000 };
}

const fields = ["Year", "Month", "Day", "Hour", "Minute", "Second"] as const;

/** @cmdlet Get-Date partial: no -UFormat, -DisplayHint */
export const getDate: Cmdlet = cmdlet({
  name: "Get-Date",
  synopsis: "The date and the time.",
  parameters: [
    parameter("Date", "date", "Another moment than now.", { position: 0, pipeline: "value" }),
    parameter("Format", "text", "A form of .NET: yyyy-MM-dd."),
    ...fields.map((name) => parameter(name, "whole", `Another ${name.toLowerCase()}.`)),
  ],
  open: (call) => ({
    async process(given) {
      const found = given.value("Date");
      const date = withFields(given, isKind(found, "date") ? found : nowOf(call));
      const form = given.text("Format");
      await call.out(form === null ? date : formatValue(date, form));
    },
  }),
});

function withFields(given: Given, date: DateValue): DateValue {
  if (!fields.some((name) => given.has(name))) return date;
  const now = dateFields(date);
  const [year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0] = fields.map((name) =>
    Number(given.whole(name) ?? BigInt(now[name])),
  );
  const two = (value: number): string => String(value).padStart(2, "0");
  const text = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
  const made = cast("datetime", text);
  return isKind(made, "date") ? { kind: "date", at: made.at + now.Millisecond } : date;
}

/** Seconds. Reason: as long as a browser's timer can be. */
const longestSleep = 2_147_483;

/** @cmdlet Start-Sleep full */
export const startSleep: Cmdlet = cmdlet({
  name: "Start-Sleep",
  synopsis: "Waits.",
  standardSet: "Seconds",
  parameters: [
    parameter("Seconds", "number", "How many seconds.", {
      position: 0,
      mandatory: true,
      sets: ["Seconds"],
      pipeline: "both",
    }),
    parameter("Milliseconds", "number", "How many milliseconds.", {
      mandatory: true,
      sets: ["Milliseconds"],
    }),
  ],
  open: ({ frame, around }) => ({
    async process(given) {
      const seconds = given.number("Seconds") ?? (given.number("Milliseconds") ?? 0) / 1000;
      if (!(seconds >= 0 && seconds <= longestSleep))
        throw bindingError("ParameterArgumentValidationError", `It can wait 0 to ${longestSleep} seconds.`);
      await frame.machine.until(around.sleep(seconds * 1000));
    },
  }),
});

/** @cmdlet New-TimeSpan full */
export const newTimeSpan: Cmdlet = cmdlet({
  name: "New-TimeSpan",
  synopsis: "Makes a span of time.",
  standardSet: "Time",
  parameters: [
    parameter("Start", "date", "From here.", { position: 0, sets: ["Date"], pipeline: "value" }),
    parameter("End", "date", "To here.", { position: 1, sets: ["Date"] }),
    ...["Days", "Hours", "Minutes", "Seconds"].map((name) =>
      parameter(name, "number", `${name} of it.`, { sets: ["Time"] }),
    ),
  ],
  open: (call) => ({
    async process(given) {
      const unit = (name: string, millis: number): number => (given.number(name) ?? 0) * millis;
      if (!given.has("Start") && !given.has("End")) {
        const millis =
          unit("Days", 86_400_000) +
          unit("Hours", 3_600_000) +
          unit("Minutes", 60_000) +
          unit("Seconds", 1000);
        return call.out({ kind: "span", millis });
      }
      const [start, end] = [given.value("Start"), given.value("End")];
      const from = isKind(start, "date") ? start : nowOf(call);
      const to = isKind(end, "date") ? end : nowOf(call);
      return call.out({ kind: "span", millis: to.at - from.at });
    },
  }),
});

/** @cmdlet Measure-Command full */
export const measureCommand: Cmdlet = cmdlet({
  name: "Measure-Command",
  synopsis: "How long something takes.",
  parameters: [parameter("Expression", "script", "What is done.", { position: 0, mandatory: true })],
  open: ({ frame, around, out }) => ({
    async process(given) {
      const script = given.value("Expression");
      const began = around.clock.now();
      if (isKind(script, "script")) await runBlock({ ...frame, out: async () => {} }, script, undefined);
      await out({ kind: "span", millis: (around.clock.now() - began) / 1000 });
    },
  }),
});

/** @cmdlet Get-Random partial: no -SetSeed */
export const getRandom: Cmdlet = cmdlet({
  name: "Get-Random",
  synopsis: "A random number, or some of many things.",
  standardSet: "Number",
  parameters: [
    parameter("InputObject", "list", "The things.", { position: 0, pipeline: "value", sets: ["List"] }),
    parameter("Count", "whole", "How many of them.", { sets: ["List"] }),
    parameter("Maximum", "any", "The number is below this.", { position: 0, sets: ["Number"] }),
    parameter("Minimum", "any", "It is this at least.", { sets: ["Number"] }),
  ],
  open({ around, out, hasInput }) {
    const all: Value[] = [];
    return {
      async process(given) {
        all.push(...given.items("InputObject"));
        checkList(all.length);
        if (!hasInput && !given.has("InputObject")) await out(randomNumber(given, around.random));
      },
      async end(given) {
        const count = Math.min(Number(given.whole("Count") ?? 1n), all.length);
        for (let taken = 0; taken < count; taken++) {
          const [found = null] = all.splice(Math.floor(around.random() * all.length), 1);
          await out(found);
        }
      },
    };
  },
});

function randomNumber(given: Given, random: () => number): Value {
  const least = given.has("Minimum") ? toNumber(given.value("Minimum")) : 0n;
  const most = given.has("Maximum") ? toNumber(given.value("Maximum")) : 2147483647n;
  const size = Number(calculate("-", most, least));
  if (!(size > 0))
    throw bindingError("MinGreaterThanOrEqualMax", "The Minimum value must be less than the Maximum value.");
  if (typeof least === "bigint" && typeof most === "bigint")
    return least + BigInt(Math.floor(random() * size));
  return Number(least) + random() * size;
}

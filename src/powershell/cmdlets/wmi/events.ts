import { cmdlet } from "../../run/cmdlet.ts";
import { bindingError } from "../../run/fit-parameter.ts";
import type { Call, Cmdlet, Given } from "../../run/machine.ts";
import { parameter } from "../../run/parameter.ts";
import { fail } from "../../values/script-error.ts";
import { isKind, makeObject, propertyOf, type Value } from "../../values/value.ts";
import { wildcard } from "../../values/wildcard.ts";
import { fromInstance } from "../../wmi-objects/cim-values.ts";
import type { WaitingEvent } from "../../wmi-objects/event-desk.ts";

const source = parameter("SourceIdentifier", "text", "The name of the subscriber.", {
  position: 0,
  pipeline: "name",
});

/** @cmdlet Register-WmiEvent partial: no -Action; Wait-Event waits */
export const registerWmiEvent: Cmdlet = cmdlet({
  name: "Register-WmiEvent",
  module: "WMI",
  synopsis: "Begins an event query; Wait-Event and Get-Event give what comes of it.",
  parameters: [
    parameter(
      "Query",
      "text",
      "SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'Msvm_ComputerSystem'",
      {
        position: 0,
        mandatory: true,
      },
    ),
    parameter("SourceIdentifier", "text", "A name for it.", { position: 1 }),
  ],
  open: ({ frame, session }) => ({
    async process(given) {
      const { events } = frame.machine.state;
      const name = given.text("SourceIdentifier") ?? `query ${events.sources().length + 1}`;
      if (events.sources().some((one) => one.source.toLowerCase() === name.toLowerCase()))
        throw bindingError(
          "SUBSCRIBER_EXISTS",
          `Cannot subscribe to event. A subscriber with source identifier '${name}' already exists.`,
        );
      await frame.machine.until(events.register(session, given.text("Query") ?? "", name));
    },
  }),
});

/** @cmdlet Unregister-Event full */
export const unregisterEvent: Cmdlet = cmdlet({
  name: "Unregister-Event",
  module: "WMI",
  synopsis: "Ends an event query.",
  parameters: [{ ...source, mandatory: true }],
  open: (call) => ({
    async process(given) {
      const name = given.text("SourceIdentifier") ?? "";
      if (!(await call.frame.machine.state.events.unregister(name)))
        await call.error(
          fail(
            "INVALID_SOURCE_IDENTIFIER",
            `Event subscription with source identifier '${name}' does not exist.`,
            { category: "InvalidArgument", target: name },
          ),
        );
    },
  }),
});

/** @cmdlet Get-EventSubscriber full */
export const getEventSubscriber: Cmdlet = cmdlet({
  name: "Get-EventSubscriber",
  module: "WMI",
  synopsis: "Lists event queries.",
  parameters: [source],
  open: ({ frame, out }) => ({
    async process(given) {
      const fits = wildcard(given.text("SourceIdentifier") ?? "*");
      for (const one of frame.machine.state.events.sources())
        if (fits(one.source))
          await out(
            makeObject(
              ["System.Management.Automation.PSEventSubscriber"],
              [
                ["SourceIdentifier", one.source],
                ["Query", one.query],
                ["Ended", one.ended],
              ],
            ),
          );
    },
  }),
});

function eventObject({ id, source: name, at, event }: WaitingEvent, ahead: number): Value {
  return makeObject(
    ["System.Management.Automation.PSEventArgs"],
    [
      ["EventIdentifier", BigInt(id)],
      ["SourceIdentifier", name],
      ["TimeGenerated", { kind: "date", at: at + ahead * 60_000 }],
      ["NewEvent", fromInstance(event)],
    ],
  );
}

function waiting({ frame, around }: Call, given: Given): readonly Value[] {
  const fits = wildcard(given.text("SourceIdentifier") ?? "*");
  return frame.machine.state.events
    .events()
    .filter((one) => fits(one.source))
    .map((one) => eventObject(one, around.minutesAhead(one.at)));
}

/** @cmdlet Get-Event full */
export const getEvent: Cmdlet = cmdlet({
  name: "Get-Event",
  module: "WMI",
  synopsis: "Lists events that have come.",
  parameters: [source],
  open: (call) => ({
    async process(given) {
      for (const one of waiting(call, given)) await call.out(one);
    },
  }),
});

/** Seconds. Reason: as long as a browser's timer can be. */
const longestWait = 2_000_000;

function waited({ around }: Call, seconds: number): Promise<void> {
  return around.sleep(Math.max(0, Math.min(seconds, longestWait)) * 1000);
}

/** @cmdlet Wait-Event full */
export const waitEvent: Cmdlet = cmdlet({
  name: "Wait-Event",
  module: "WMI",
  synopsis: "Waits until an event is there, and puts it out. Remove-Event takes it away.",
  parameters: [source, parameter("Timeout", "number", "Seconds it waits at most.")],
  open: (call) => ({
    async process(given) {
      const { machine } = call.frame;
      const seconds = given.number("Timeout");
      let isOver = false;
      const timeout = seconds === null ? null : waited(call, seconds).then(markOver);
      function markOver(): void {
        isOver = true;
      }
      for (;;) {
        const [first] = waiting(call, given);
        if (first !== undefined) return call.out(first);
        if (isOver) return undefined;
        const changed = machine.state.events.changed();
        await machine.until(timeout === null ? changed : Promise.race([changed, timeout]));
      }
    },
  }),
});

/** @cmdlet Remove-Event full */
export const removeEvent: Cmdlet = cmdlet({
  name: "Remove-Event",
  module: "WMI",
  synopsis: "Takes events away.",
  standardSet: "Source",
  parameters: [
    parameter("SourceIdentifier", "text", "Those of this subscriber.", {
      position: 0,
      mandatory: true,
      sets: ["Source"],
    }),
    parameter("InputObject", "any", "The event.", {
      mandatory: true,
      pipeline: "value",
      of: "PSEventArgs",
      sets: ["Event"],
    }),
  ],
  open: ({ frame }) => ({
    async process(given) {
      const { events } = frame.machine.state;
      const [input = null] = given.items("InputObject");
      if (isKind(input, "object")) {
        events.forget(Number(propertyOf(input, "EventIdentifier") ?? 0n));
        return;
      }
      const fits = wildcard(given.text("SourceIdentifier") ?? "*");
      for (const one of events.events()) if (fits(one.source)) events.forget(one.id);
    },
  }),
});

import { deviceClassTitle, vmbusVersionText } from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import type { BusState } from "./state.ts";

/** The bus as a tree: `connection`, and `channels` by number. */
export function inspectBus(bus: BusState): InspectNode {
  const { connection } = bus;
  const connected = connection.kind === "connected";
  const channels: Record<string, InspectNode> = {};
  for (const [channel, entry] of bus.entries) {
    channels[String(channel)] = {
      class: deviceClassTitle(entry.offer.interfaceType),
      interfaceType: entry.offer.interfaceType,
      instance: entry.offer.instance,
      state: entry.state.kind,
      openings: entry.openings,
      doorbells: entry.doorbells,
      interrupts: entry.interrupts,
    };
  }
  return {
    connection: {
      state: connection.kind,
      version: connected ? vmbusVersionText(connection.version) : "",
      messagesIn: bus.messagesIn,
      messagesOut: bus.messagesOut,
      refused: bus.refused,
      refusals: Object.fromEntries(bus.refusals),
      gpadls: bus.gpadls.counts(),
    },
    channels,
  };
}

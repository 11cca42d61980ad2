import type { ChannelId, GuestMemory, SynicPort } from "../../hvdef/index.ts";
import type { ChannelState, OpenRequest } from "./channel-state.ts";
import type { ConnectionState } from "./connection.ts";
import type { GpadlTable } from "./gpadl-table.ts";
import type { BusEvents, ChannelOffer } from "./offer.ts";

/** One device on the bus. */
export interface BusEntry {
  readonly offer: ChannelOffer;
  state: ChannelState;
  /** Counters since the partition was made. */
  openings: number;
  doorbells: number;
  interrupts: number;
  /** What the guest asked for when it opened it last. */
  request: OpenRequest | null;
  /** Which processor the guest wants interrupted; remembered, there is one. */
  targetVp: number;
}

/** Everything a bus knows. Belongs to `openBus`; the functions beside it act on it. */
export interface BusState {
  readonly memory: GuestMemory;
  readonly synic: SynicPort;
  readonly events: BusEvents;
  readonly maxVersion: number;
  connection: ConnectionState;
  readonly entries: Map<ChannelId, BusEntry>;
  readonly gpadls: GpadlTable;
  messagesIn: number;
  messagesOut: number;
  refused: number;
  /** How often for each reason; the reasons are a fixed set of texts. */
  readonly refusals: Map<string, number>;
}

/** Counts something the guest should not have done. */
export function refuse(bus: BusState, reason: string): void {
  bus.refused++;
  bus.refusals.set(reason, (bus.refusals.get(reason) ?? 0) + 1);
}

/** A device that nobody has heard of. */
export function freshEntry(offer: ChannelOffer): BusEntry {
  return {
    offer,
    state: { kind: "hidden" },
    openings: 0,
    doorbells: 0,
    interrupts: 0,
    request: null,
    targetVp: 0,
  };
}

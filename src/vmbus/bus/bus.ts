import {
  type ChannelId,
  type GpadlId,
  type GuestCalls,
  type GuestMemory,
  maxChannel,
  type SavedValue,
  type SynicPort,
  socketRefused,
  VmbusVersion,
} from "../../hvdef/index.ts";
import type { Guid, InspectNode } from "../../support/index.ts";
import { guestCalls } from "./calls.ts";
import { feedChannel, feedConnection, hasSockets, mayAnnounce, post } from "./feed.ts";
import type { Gpadl } from "./gpadl.ts";
import { openGpadlTable } from "./gpadl-table.ts";
import { inspectBus } from "./inspect.ts";
import { ringInterrupt } from "./interrupt.ts";
import { type BusEvents, type ChannelOffer, isSocketOffer } from "./offer.ts";
import { reopenChannels, resumeBus, saveBus } from "./saved.ts";
import { type BusState, freshEntry } from "./state.ts";

/** What a bus stands on. */
export interface BusOptions {
  readonly offers: readonly ChannelOffer[];
  readonly memory: GuestMemory;
  readonly synic: SynicPort;
  readonly events: BusEvents;
  /** Highest version to accept; 5.3 by default. */
  readonly maxVersion?: number;
}

/** Why an offer was not taken. `noSockets`: the guest is not connected, or to an older version. */
export type OfferOutcome = "offered" | "badChannel" | "channelBusy" | "instanceBusy" | "noSockets";

/** VMBus of one partition. @vmbus 1 to 6 */
export interface Bus {
  readonly calls: GuestCalls;
  /** Adds a device, also while the guest runs. A socket's connection only to a guest that is connected. */
  offer(offer: ChannelOffer): OfferOutcome;
  /** Takes a device away. `released` follows when the guest has let go, at once when it never knew it. */
  rescind(channel: ChannelId): void;
  /** Tells the guest that nobody takes its connection. */
  refuseSocket(guestEndpoint: Guid, hostService: Guid): void;
  /** Interrupts the guest for this channel, as its version wants it. Nothing happens unless it is open. */
  signal(channel: ChannelId): void;
  /** A page list of the guest, complete; `undefined` once the guest has taken it back. */
  pageList(channel: ChannelId, handle: GpadlId): Gpadl | undefined;
  /** The partition was reset: everything the guest set up is gone, the offers stay. */
  reset(): void;
  /** Channels of all devices that were not taken away. */
  offered(): readonly ChannelId[];
  /** What a saved machine keeps of it; between slices. */
  save(): SavedValue;
  inspect(): InspectNode;
}

/** Opens a bus nobody is connected to yet. @throws when two of `offers` collide, which is the caller's bug */
export function openBus(options: BusOptions): Bus {
  const bus = emptyBus(options);
  for (const offer of options.offers) {
    const outcome = addOffer(bus, offer);
    if (outcome !== "offered") throw new Error(`offer of channel ${offer.channel}: ${outcome}`);
  }
  return dress(bus);
}

/** A bus that goes on from a saved state, or why there is none, for a person. */
export type BusRestored =
  | {
      readonly kind: "restored";
      readonly bus: Bus;
      /** Serves the channels that were open: the rings of each go to `events.opened`. */
      reopen(): void;
    }
  | { readonly kind: "refused"; readonly text: string };

/**
 * Makes the bus of a guest that was saved, with the offers it had then.
 *
 * @param saved  from `Bus.save`, by whatever way it came: it may be anything
 */
export function restoreBus(saved: unknown, options: Omit<BusOptions, "offers">): BusRestored {
  const bus = emptyBus(options);
  const refusal = resumeBus(bus, saved);
  if (refusal !== null) return { kind: "refused", text: refusal };
  return { kind: "restored", bus: dress(bus), reopen: () => reopenChannels(bus) };
}

function emptyBus(options: Omit<BusOptions, "offers">): BusState {
  return {
    memory: options.memory,
    synic: options.synic,
    events: options.events,
    maxVersion: options.maxVersion ?? VmbusVersion.win10v53,
    connection: { kind: "disconnected" },
    entries: new Map(),
    gpadls: openGpadlTable(options.memory),
    messagesIn: 0,
    messagesOut: 0,
    refused: 0,
    refusals: new Map(),
  };
}

function dress(bus: BusState): Bus {
  return {
    calls: guestCalls(bus),
    offer: (offer) => addOffer(bus, offer),
    rescind(channel) {
      const entry = bus.entries.get(channel);
      if (entry !== undefined) feedChannel(bus, entry, { kind: "rescind" });
    },
    refuseSocket(guestEndpoint, hostService) {
      if (!hasSockets(bus)) return;
      post(bus, { kind: "tlConnectResult", guestEndpoint, hostService, status: socketRefused });
    },
    signal: (channel) => ringInterrupt(bus, channel),
    pageList: (channel, handle) => bus.gpadls.find(channel, handle),
    reset: () => feedConnection(bus, { kind: "reset" }),
    offered: () =>
      [...bus.entries.values()].flatMap(({ offer, state }) =>
        state.kind === "revoked" || isSocketOffer(offer) ? [] : offer.channel,
      ),
    save: () => saveBus(bus),
    inspect: () => inspectBus(bus),
  };
}

function addOffer(bus: BusState, offer: ChannelOffer): OfferOutcome {
  if (!Number.isInteger(offer.channel) || offer.channel < 1 || offer.channel > maxChannel)
    return "badChannel";
  if (bus.entries.has(offer.channel)) return "channelBusy";
  if (isSocketOffer(offer) && !hasSockets(bus)) return "noSockets";
  for (const known of bus.entries.values()) {
    if (known.offer.instance === offer.instance) return "instanceBusy";
  }
  const entry = freshEntry(offer);
  bus.entries.set(offer.channel, entry);
  if (mayAnnounce(bus, entry)) feedChannel(bus, entry, { kind: "announce" });
  return "offered";
}

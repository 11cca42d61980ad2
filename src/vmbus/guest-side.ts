import type { ChannelId, GuestMemory, SavedValue, SynicPort, TraceSink } from "../hvdef/index.ts";
import type { Guid, InspectNode } from "../support/index.ts";
import { type Bus, type BusOptions, openBus, restoreBus } from "./bus/bus.ts";
import type { ChannelOffer } from "./bus/offer.ts";
import type { Link } from "./link.ts";
import type { DeviceBeside, GatherRule, RelayLimits, StampRule } from "./relay/lane.ts";
import { openRelay, type Relay } from "./relay/relay.ts";

/** What VMBus beside the guest stands on. */
export interface GuestSideOptions {
  readonly offers: readonly ChannelOffer[];
  readonly memory: GuestMemory;
  readonly synic: SynicPort;
  /** Towards the parent; stays the caller's, for the machine after a reset. */
  readonly link: Link;
  /** Which way pages flow, for each device class. */
  readonly gatherRuleOf: (interfaceType: Guid) => GatherRule;
  /** What is filled in beside the guest, for each device class; nothing when absent. */
  readonly stampRuleOf?: (interfaceType: Guid) => StampRule | null;
  /** What stands for a device beside the guest, for each device class; nothing when absent. */
  readonly besideOf?: (interfaceType: Guid) => DeviceBeside | null;
  /** Records arrived: wake the run loop, which calls `relay.deliver`. */
  readonly wake: () => void;
  /** The guest let go of a rescinded channel. */
  readonly released?: (channel: ChannelId) => void;
  /** The guest wants a connection from a socket of its own to a service of the host. */
  readonly socketAsked?: (endpoint: Guid, service: Guid) => void;
  /** Highest version to accept; 5.3 by default. */
  readonly maxVersion?: number;
  readonly limits?: RelayLimits;
  /** Hears of packets and events of channels. */
  readonly trace?: TraceSink;
}

/** VMBus beside the guest: bus and relay, joined. Disposing closes every channel and tells the parent. */
export interface GuestSide extends Disposable {
  readonly bus: Bus;
  readonly relay: Relay;
  /** What a saved machine keeps of both, once the relay is quiet. */
  save(): { readonly bus: SavedValue; readonly relay: SavedValue };
  /** Both as one tree: `connection`, `link`, and `channels` by number. */
  inspect(): InspectNode;
}

/** Joins a bus and a relay over one link. */
export function openGuestSide(options: GuestSideOptions): GuestSide {
  const joint = joinOver(options);
  return joint.dress(openBus({ offers: options.offers, ...joint.busOptions }));
}

/** VMBus that goes on from a saved state, or why there is none, for a person. */
export type GuestSideRestored =
  | { readonly kind: "restored"; readonly side: GuestSide }
  | { readonly kind: "refused"; readonly text: string };

/**
 * Makes VMBus beside a guest that was saved: with the offers it had then, whatever `options` say. The parent hears
 * of the channels that were open as if the guest had just opened them.
 *
 * @param saved  from `GuestSide.save`, by whatever way it came: it may be anything
 */
export function restoreGuestSide(
  saved: { readonly bus: unknown; readonly relay: unknown },
  options: GuestSideOptions,
): GuestSideRestored {
  const joint = joinOver(options);
  const restored = restoreBus(saved.bus, joint.busOptions);
  if (restored.kind === "refused") return restored;
  const side = joint.dress(restored.bus);
  restored.reopen();
  const text = side.relay.resume(saved.relay);
  if (text === null) return { kind: "restored", side };
  side[Symbol.dispose]();
  return { kind: "refused", text };
}

/** The relay, and what a bus over it must know. The bus comes after it. */
function joinOver(options: GuestSideOptions) {
  const { memory, synic, link, gatherRuleOf, wake, limits, maxVersion, trace } = options;
  let bus: Bus | null = null;
  const relay = openRelay({
    memory,
    link,
    wake,
    signal: (channel) => bus?.signal(channel),
    pageList: (channel, handle) => bus?.pageList(channel, handle),
    ...(limits === undefined ? {} : { limits }),
    ...(trace === undefined ? {} : { trace }),
  });
  const busOptions: Omit<BusOptions, "offers"> = {
    memory,
    synic,
    ...(maxVersion === undefined ? {} : { maxVersion }),
    events: {
      opened(opening) {
        const { interfaceType } = opening;
        return relay.attach(opening, {
          gather: gatherRuleOf(interfaceType),
          stamp: options.stampRuleOf?.(interfaceType) ?? null,
          beside: options.besideOf?.(interfaceType) ?? null,
        });
      },
      closed: (channel) => relay.detach(channel),
      doorbell: (channel) => relay.doorbell(channel),
      released: (channel) => options.released?.(channel),
      ...(options.socketAsked === undefined ? {} : { socketAsked: options.socketAsked }),
    },
  };
  function dress(over: Bus): GuestSide {
    bus = over;
    return {
      bus: over,
      relay,
      save: () => ({ bus: over.save(), relay: relay.save() }),
      inspect: () => joined(over.inspect(), relay.inspect()),
      [Symbol.dispose]() {
        over.reset();
        relay.goOn();
        relay.drain();
      },
    };
  }
  return { busOptions, dress };
}

/** Puts the relay's figures of a channel beside the bus's. */
function joined(bus: InspectNode, relay: InspectNode): InspectNode {
  const rings = branch(relay, "channels");
  const channels: Record<string, InspectNode> = {};
  for (const [id, node] of Object.entries(branch(bus, "channels"))) {
    channels[id] = {
      ...(typeof node === "object" && node !== null ? node : {}),
      ...counted(branch(rings, id)),
    };
  }
  return {
    connection: branch(bus, "connection"),
    link: branch(relay, "link"),
    stale: relay["stale"] ?? 0,
    channels,
  };
}

function branch(node: InspectNode, name: string): InspectNode {
  const child = node[name];
  return typeof child === "object" && child !== null ? child : {};
}

/** The bus counts doorbells and interrupts over all openings; those of the relay are of the last one. */
function counted(lane: InspectNode): InspectNode {
  const { doorbells: _doorbells, interrupts: _interrupts, ...rest } = lane;
  return rest;
}

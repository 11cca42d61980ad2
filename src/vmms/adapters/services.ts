import {
  type AdapterConfiguration,
  adapterTitle,
  type ChannelId,
  decodeSaved,
  encodeSaved,
  type LegacyAdapterDescription,
  type OfferDescription,
  type SavedUnits,
} from "../../hvdef/index.ts";
import type { FrameSink, FrameSource, MacAddress } from "../../network/index.ts";
import { HvError, type OwnBytes } from "../../support/index.ts";
import {
  checkLegacyNicState,
  type LegacyNic,
  legacyChannel,
  legacyDescription,
  legacyNic,
  type NetStraight,
  type Netvsp,
  type NetvspOptions,
  netOffer,
  netvsp,
  restoreNetvsp,
} from "../../vsp/index.ts";
import type { AddressedAdapter } from "./rules.ts";

/** The parent's end of one adapter. */
export interface AdapterEnd {
  readonly adapter: AdapterConfiguration;
  readonly mac: MacAddress;
  readonly sink: FrameSink;
  connect(port: FrameSource | null): void;
  /** Its part in frames past the switch; `null`: it has none. */
  readonly straight: NetStraight | null;
  /** Whether it stands still with its machine: frames for the guest are lost, and none go past the switch. */
  hold(still: boolean): void;
}

/** Who serves the adapters of a machine. */
export interface AdapterServices {
  readonly owners: readonly { readonly channel: ChannelId; readonly owner: Netvsp }[];
  readonly frameOwners: readonly { readonly channel: number; readonly owner: LegacyNic }[];
  readonly offers: readonly OfferDescription[];
  readonly legacy: readonly LegacyAdapterDescription[];
  readonly ends: readonly AdapterEnd[];
  /** What a saved machine keeps of them. */
  save(): SavedUnits;
}

/** Channels of the synthetic adapters come after those of the disks. */
const firstAdapterChannel = 32;

/**
 * Makes what serves a machine's adapters; nothing is plugged in yet.
 * @param saved  of a machine whose guest goes on. @throws HvError `state.damaged`
 */
export function openAdapterServices(
  adapters: readonly AddressedAdapter[],
  saved: SavedUnits | null = null,
): AdapterServices {
  const synthetic = adapters
    .filter(({ adapter }) => adapter.type === "synthetic")
    .map(({ adapter, mac }) => {
      const channel = (firstAdapterChannel + adapter.index) as ChannelId;
      const offer = netOffer(adapter.index, channel);
      const options = { mac, name: adapterTitle(adapter), mayChangeMac: adapter.spoofing };
      const state = saved?.[netUnit(offer)];
      const owner = state === undefined ? netvsp(options) : revived(state, options);
      return { adapter, mac, channel, owner, offer };
    });
  const legacy = adapters
    .filter(({ adapter }) => adapter.type === "legacy")
    .map(({ adapter, mac }) => {
      const owner = legacyNic({ mac });
      const state = saved?.[legacyUnit(adapter)];
      const refusal = state === undefined ? null : checkLegacyNicState(decodeSaved(state), mac);
      if (refusal !== null) throw new HvError("state.damaged", refusal);
      return { adapter, mac, channel: legacyChannel(adapter.index), owner };
    });
  return {
    owners: synthetic.map(({ channel, owner }) => ({ channel, owner })),
    frameOwners: legacy.map(({ channel, owner }) => ({ channel, owner })),
    offers: synthetic.map(({ offer }) => offer),
    legacy: legacy.map(({ adapter, mac }) => legacyDescription(adapter.index, mac)),
    ends: [
      ...synthetic.map(({ adapter, mac, owner }) => {
        const { connect, straight, hold } = owner;
        return { adapter, mac, sink: owner, connect, straight, hold };
      }),
      ...legacy.map(({ adapter, mac, owner }) => {
        return { adapter, mac, sink: owner, connect: owner.plug, straight: null, hold() {} };
      }),
    ],
    save: () =>
      Object.fromEntries([
        ...synthetic.map(({ offer, owner }) => [netUnit(offer), encodeSaved(owner.save())] as const),
        ...legacy.map(({ adapter, owner }) => [legacyUnit(adapter), encodeSaved(owner.save())] as const),
      ]),
  };
}

/** Names of the adapters' units in a saved machine. */
function netUnit({ instance }: OfferDescription): string {
  return `netvsp:${instance}`;
}
function legacyUnit({ index }: AdapterConfiguration): string {
  return `legacynic:${index}`;
}

function revived(state: OwnBytes, options: NetvspOptions): Netvsp {
  const restored = restoreNetvsp(decodeSaved(state), options);
  if (restored.kind === "restored") return restored.netvsp;
  throw new HvError("state.damaged", restored.text);
}

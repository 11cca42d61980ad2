import {
  type AdapterConfiguration,
  adapterTitle,
  type ChannelId,
  type LegacyAdapterDescription,
  type OfferDescription,
} from "../../hvdef/index.ts";
import type { FrameSink, FrameSource, MacAddress } from "../../network/index.ts";
import {
  type LegacyNic,
  legacyChannel,
  legacyDescription,
  legacyNic,
  type NetStraight,
  type Netvsp,
  netOffer,
  netvsp,
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
}

/** Who serves the adapters of a machine. */
export interface AdapterServices {
  readonly owners: readonly { readonly channel: ChannelId; readonly owner: Netvsp }[];
  readonly frameOwners: readonly { readonly channel: number; readonly owner: LegacyNic }[];
  readonly offers: readonly OfferDescription[];
  readonly legacy: readonly LegacyAdapterDescription[];
  readonly ends: readonly AdapterEnd[];
}

/** Channels of the synthetic adapters come after those of the disks. */
const firstAdapterChannel = 32;

/** Makes what serves a machine's adapters; nothing is plugged in yet. */
export function openAdapterServices(adapters: readonly AddressedAdapter[]): AdapterServices {
  const synthetic = adapters
    .filter(({ adapter }) => adapter.type === "synthetic")
    .map(({ adapter, mac }) => {
      const channel = (firstAdapterChannel + adapter.index) as ChannelId;
      const owner = netvsp({ mac, name: adapterTitle(adapter), mayChangeMac: adapter.spoofing });
      return { adapter, mac, channel, owner, offer: netOffer(adapter.index, channel) };
    });
  const legacy = adapters
    .filter(({ adapter }) => adapter.type === "legacy")
    .map(({ adapter, mac }) => {
      const owner = legacyNic({ mac });
      return { adapter, mac, channel: legacyChannel(adapter.index), owner };
    });
  return {
    owners: synthetic.map(({ channel, owner }) => ({ channel, owner })),
    frameOwners: legacy.map(({ channel, owner }) => ({ channel, owner })),
    offers: synthetic.map(({ offer }) => offer),
    legacy: legacy.map(({ adapter, mac }) => legacyDescription(adapter.index, mac)),
    ends: [
      ...synthetic.map(({ adapter, mac, owner }) => {
        const { connect, straight } = owner;
        return { adapter, mac, sink: owner, connect, straight };
      }),
      ...legacy.map(({ adapter, mac, owner }) => {
        return { adapter, mac, sink: owner, connect: owner.plug, straight: null };
      }),
    ],
  };
}

import { type ChannelId, OfferFlag } from "../../hvdef/index.ts";
import type { Guid } from "../../support/index.ts";

/** One device of the partition, as the bus announces it. */
export interface ChannelOffer {
  /** 1 to 2047; below 256 also for guests older than 2.4. */
  readonly channel: ChannelId;
  readonly interfaceType: Guid;
  /** Unique over all channels the guest may still know. */
  readonly instance: Guid;
  /** OfferFlag bits; none by default. */
  readonly flags?: number;
  /** Video memory in MiB; 0 by default. */
  readonly mmioMegabytes?: number;
  /** At most 120 bytes the device's driver looks at; none by default. */
  readonly userDefined?: Uint8Array<ArrayBuffer>;
}

/** Whether it is a socket's connection: it ends with the guest's connection to the bus. */
export function isSocketOffer({ flags = 0 }: ChannelOffer): boolean {
  return (flags & OfferFlag.socket) !== 0;
}

/** An open channel's parameters, checked as far as the bus can. */
export interface ChannelOpening {
  readonly channel: ChannelId;
  /** Class of the device, from its offer. */
  readonly interfaceType: Guid;
  /** Page numbers of both rings, each inside RAM. */
  readonly pages: Uint32Array<ArrayBuffer>;
  /** Where the host-to-guest ring starts in `pages`; 1 to `pages.length - 1`. */
  readonly downstreamPage: number;
  /** 120 bytes of the guest's driver. */
  readonly userData: Uint8Array<ArrayBuffer>;
  /** Negotiated version, major << 16 | minor. */
  readonly version: number;
  /** It is a socket's connection; not when absent. */
  readonly socket?: boolean;
}

/** What the bus tells the one who serves the rings. Called from inside the guest's hypercall: be quick. */
export interface BusEvents {
  /** `false` refuses the ring: the guest's open fails. */
  opened(opening: ChannelOpening): boolean;
  /** Do not touch the ring again. */
  closed(channel: ChannelId): void;
  /** The guest has forgotten a rescinded channel: its number and instance are free. */
  released(channel: ChannelId): void;
  doorbell(channel: ChannelId): void;
  /** The guest wants a connection from a socket of its own to a service of the host. Absent: it never gets one. */
  socketAsked?(endpoint: Guid, service: Guid): void;
}

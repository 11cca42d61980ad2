import type { ChannelId, OfferDescription } from "../hvdef/index.ts";
import { guid } from "../support/index.ts";
import type { Bus, ChannelOffer } from "../vmbus/index.ts";

/** What the bus of a machine offers, and what it should. */
export interface OfferBook {
  /** Takes devices away that are not among these, and offers those that are new; between slices. */
  change(wanted: readonly OfferDescription[]): void;
  /** The guest let go of a device that was taken away: its number may be offered again. */
  released(): void;
}

/** An offer as the bus knows it. */
export function busOffer(offer: OfferDescription): ChannelOffer {
  return {
    channel: offer.channel as ChannelId,
    interfaceType: guid(offer.interfaceType),
    instance: guid(offer.instance),
    ...(offer.mmioMegabytes === undefined ? {} : { mmioMegabytes: offer.mmioMegabytes }),
  };
}

/** Opens the book of a bus that offers these already. */
export function openOfferBook(
  bus: () => Pick<Bus, "offer" | "rescind">,
  first: readonly Pick<OfferDescription, "channel">[],
): OfferBook {
  let wanted: readonly OfferDescription[] = [];
  let offered: ReadonlySet<number> = new Set(first.map(({ channel }) => channel));

  /** A device that comes back too early waits until the guest has let go of it. */
  function offerMissing(): void {
    for (const offer of wanted) {
      if (offered.has(offer.channel) || bus().offer(busOffer(offer)) !== "offered") continue;
      offered = new Set([...offered, offer.channel]);
    }
  }
  return {
    change(next) {
      wanted = next;
      const channels = new Set(next.map(({ channel }) => channel));
      const surplus = [...offered].filter((channel) => !channels.has(channel));
      offered = new Set([...offered].filter((channel) => channels.has(channel)));
      for (const channel of surplus) bus().rescind(channel as ChannelId);
      offerMissing();
    },
    released: offerMissing,
  };
}

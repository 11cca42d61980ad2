import {
  type ChannelId,
  type IntegrationService,
  integrationServices,
  type OfferDescription,
} from "../../hvdef/index.ts";
import { type Integration, type IntegrationOptions, icOffer, openIntegration } from "../../vsp/index.ts";

/** Who serves the integration services of a machine. */
export interface IntegrationServices {
  /** Of all of them: one that is not offered is never opened. */
  readonly owners: readonly {
    readonly channel: ChannelId;
    readonly owner: ReturnType<Integration["owner"]>;
  }[];
  /** What the bus announces for these. */
  offers(enabled: readonly IntegrationService[]): readonly OfferDescription[];
  readonly integration: Integration;
}

/** Channels of the integration services come after those of the network adapters. */
const firstIntegrationChannel = 48;

/** Makes what serves a machine's integration services. */
export function openIntegrationServices(options: IntegrationOptions): IntegrationServices {
  const integration = openIntegration(options);
  const channelOf = (service: IntegrationService): ChannelId =>
    (firstIntegrationChannel + integrationServices.indexOf(service)) as ChannelId;
  return {
    owners: integrationServices.map((service) => ({
      channel: channelOf(service),
      owner: integration.owner(service),
    })),
    offers: (enabled) => enabled.map((service) => icOffer(service, channelOf(service))),
    integration,
  };
}

import {
  type ChannelId,
  decodeSaved,
  encodeSaved,
  type IntegrationService,
  integrationServices,
  type OfferDescription,
  type SavedUnits,
} from "../../hvdef/index.ts";
import { HvError, type OwnBytes } from "../../support/index.ts";
import {
  type Integration,
  type IntegrationOptions,
  icOffer,
  openIntegration,
  restoreIntegration,
} from "../../vsp/index.ts";

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
  /** What a saved machine keeps of them. */
  save(): SavedUnits;
}

/** Name of their unit in a saved machine. */
const unit = "ic";

/** Channels of the integration services come after those of the network adapters. */
const firstIntegrationChannel = 48;

/**
 * Makes what serves a machine's integration services.
 * @param saved  of a machine whose guest goes on. @throws HvError `state.damaged`
 */
export function openIntegrationServices(
  options: IntegrationOptions,
  saved: SavedUnits | null = null,
): IntegrationServices {
  const state = saved?.[unit];
  const integration = state === undefined ? openIntegration(options) : revived(state, options);
  const channelOf = (service: IntegrationService): ChannelId =>
    (firstIntegrationChannel + integrationServices.indexOf(service)) as ChannelId;
  return {
    owners: integrationServices.map((service) => ({
      channel: channelOf(service),
      owner: integration.owner(service),
    })),
    offers: (enabled) => enabled.map((service) => icOffer(service, channelOf(service))),
    integration,
    save: () => ({ [unit]: encodeSaved(integration.save()) }),
  };
}

function revived(state: OwnBytes, options: IntegrationOptions): Integration {
  const restored = restoreIntegration(decodeSaved(state), options);
  if (restored.kind === "restored") return restored.integration;
  throw new HvError("state.damaged", restored.text);
}

import {
  type ChannelId,
  DeviceClass,
  IcMessage,
  type IcVersion,
  type IntegrationService,
  type OfferDescription,
} from "../../hvdef/index.ts";
import type { Guid } from "../../support/index.ts";

/** How one service is spoken. */
export interface IcProtocol {
  readonly service: IntegrationService;
  readonly message: IcMessage;
  /** Versions of its messages that we speak, best first. */
  readonly versions: readonly IcVersion[];
}

const version = (major: number, minor: number): IcVersion => ({ major, minor });

interface IcOffer extends IcProtocol {
  readonly interfaceType: Guid;
  /** Stays the same for ever, so that the guest knows its devices again. */
  readonly instance: string;
}

const instanceOf = (place: number): string => `b6650ff7-33bc-4840-8048-e0676786f39${place}`;

const offers: Readonly<Record<IntegrationService, IcOffer>> = {
  heartbeat: {
    service: "heartbeat",
    message: IcMessage.heartbeat,
    versions: [version(3, 0), version(1, 0)],
    interfaceType: DeviceClass.heartbeat,
    instance: instanceOf(1),
  },
  keyValuePair: {
    service: "keyValuePair",
    message: IcMessage.keyValuePair,
    versions: [version(4, 0), version(3, 0)],
    interfaceType: DeviceClass.keyValuePair,
    instance: instanceOf(2),
  },
  shutdown: {
    service: "shutdown",
    message: IcMessage.shutdown,
    versions: [version(3, 2), version(3, 1), version(3, 0), version(1, 0)],
    interfaceType: DeviceClass.shutdown,
    instance: instanceOf(3),
  },
  timeSync: {
    service: "timeSync",
    message: IcMessage.timeSync,
    versions: [version(4, 0), version(3, 0), version(1, 0)],
    interfaceType: DeviceClass.timeSync,
    instance: instanceOf(4),
  },
  backup: {
    service: "backup",
    message: IcMessage.backup,
    versions: [version(5, 0)],
    interfaceType: DeviceClass.backup,
    instance: instanceOf(5),
  },
};

/** How a service is spoken. */
export function icProtocol(service: IntegrationService): IcProtocol {
  return offers[service];
}

/** What the bus announces for a service. */
export function icOffer(service: IntegrationService, channel: ChannelId): OfferDescription {
  const { interfaceType, instance } = offers[service];
  return { channel, interfaceType, instance, gather: "none" };
}

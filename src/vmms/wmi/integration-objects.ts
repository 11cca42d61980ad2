import { type IntegrationService, integrationTitles, type KeyValuePair } from "../../hvdef/index.ts";
import type { CimInstance, PropertySet } from "../../wmi/index.ts";
import { componentClass, resourceId } from "./names.ts";
import { integrationNumbers } from "./states.ts";
import type { InstanceTable, World, WorldMachine } from "./world.ts";

const dataItem = "Msvm_KvpExchangeDataItem";
/** Who has put an item there. @wmi Msvm_KvpExchangeDataItem.Source */
const sources = { host: 0, guest: 1, intrinsic: 2 } as const;
const enabledStates = { on: 2, off: 3 } as const;

/** Which services a machine has, with power or without. */
export const integrationObjects: InstanceTable = Object.fromEntries(
  (["heartbeat", "shutdown", "timeSync", "keyValuePair", "backup"] as const).map((service) => [
    `${componentClass(service)}SettingData`,
    (world: World) => world.machines.map((machine) => settingObject(machine, service)),
  ]),
);

function settingObject(machine: WorldMachine, service: IntegrationService): PropertySet {
  const { vm } = machine;
  const enabled = vm.integration.find((one) => one.service === service)?.enabled === true;
  return {
    InstanceID: resourceId(vm.id, { kind: "integration", service }),
    ElementName: integrationTitles[service],
    ResourceType: 1,
    OtherResourceType: integrationTitles[service],
    EnabledState: enabled ? enabledStates.on : enabledStates.off,
    ...(service === "keyValuePair"
      ? { HostExchangeItems: machine.pairs().host.map((pair) => itemOf(pair, sources.host)) }
      : {}),
  };
}

/** What a service of a machine with power shows of itself. */
export function integrationObject(machine: WorldMachine, service: IntegrationService): PropertySet {
  const found = machine.vm.integration.find((one) => one.service === service);
  const { status, text } = integrationNumbers[found?.status ?? "off"];
  return {
    ElementName: integrationTitles[service],
    EnabledState: found?.enabled === true ? enabledStates.on : enabledStates.off,
    OperationalStatus: [status],
    StatusDescriptions: [text],
    ...(service === "keyValuePair" ? exchanged(machine) : {}),
  };
}

function exchanged(machine: WorldMachine): PropertySet {
  const { guest, intrinsic } = machine.pairs();
  return {
    GuestExchangeItems: guest.map((pair) => itemOf(pair, sources.guest)),
    GuestIntrinsicExchangeItems: intrinsic.map((pair) => itemOf(pair, sources.intrinsic)),
  };
}

function itemOf({ key, value }: KeyValuePair, source: number): CimInstance {
  return { className: dataItem, path: null, properties: { Name: key, Data: value, Source: source } };
}

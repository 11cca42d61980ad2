import type { ClassSource } from "../schema/model.ts";

const settings = (name: string, properties: ClassSource["properties"] = {}): ClassSource => ({
  name,
  extends: "CIM_ResourceAllocationSettingData",
  description: "Whether the virtual machine has the integration service.",
  properties: { EnabledState: "uint16", ...properties },
  values: { EnabledState: { 2: "Enabled", 3: "Disabled" } },
});

const component = (name: string, description: string, more: Partial<ClassSource> = {}): ClassSource => ({
  name,
  extends: "Msvm_IntegrationComponent",
  description,
  ...more,
});

/**
 * Integration services of machines that have power, and their settings.
 * @wmi Msvm_KvpExchangeComponent full
 * @wmi Msvm_KvpExchangeComponentSettingData full
 * @wmi Msvm_HeartbeatComponent full
 * @wmi Msvm_ShutdownComponent partial: Force means nothing to the guests of today
 * @wmi Msvm_TimeSyncComponent full
 * @wmi Msvm_VssComponent full
 */
export const integrationClasses: readonly ClassSource[] = [
  {
    name: "Msvm_IntegrationComponent",
    extends: "CIM_LogicalDevice",
    abstract: true,
    description: "An integration service, as the guest answers it.",
    values: {
      OperationalStatus: {
        2: "OK",
        3: "Degraded",
        7: "Non-Recoverable Error",
        12: "No Contact",
        13: "Lost Communication",
      },
    },
  },
  component("Msvm_HeartbeatComponent", "Whether the guest's system answers."),
  component("Msvm_ShutdownComponent", "Shuts the guest's system down.", {
    methods: { InitiateShutdown: { in: { Force: "boolean", Reason: "string" } } },
  }),
  component("Msvm_TimeSyncComponent", "Gives the guest the host's time."),
  component("Msvm_VssComponent", "Freezes the guest's file systems for a backup."),
  component("Msvm_KvpExchangeComponent", "What guest and host tell each other.", {
    properties: {
      GuestExchangeItems: "text Msvm_KvpExchangeDataItem[]",
      GuestIntrinsicExchangeItems: "text Msvm_KvpExchangeDataItem[]",
    },
  }),
  settings("Msvm_HeartbeatComponentSettingData"),
  settings("Msvm_ShutdownComponentSettingData"),
  settings("Msvm_TimeSyncComponentSettingData"),
  settings("Msvm_VssComponentSettingData"),
  settings("Msvm_KvpExchangeComponentSettingData", {
    HostExchangeItems: "text Msvm_KvpExchangeDataItem[]",
    HostOnlyItems: "text Msvm_KvpExchangeDataItem[]",
  }),
  {
    name: "Msvm_KvpExchangeDataItem",
    extends: "CIM_ManagedElement",
    description: "Text under a name.",
    properties: { Name: "key string", Data: "string", Source: "uint16" },
    values: { Source: { 0: "Host", 1: "Guest", 2: "Guest intrinsic", 4: "Host only" } },
  },
];

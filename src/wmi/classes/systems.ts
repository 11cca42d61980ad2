import type { ClassSource } from "../schema/model.ts";

/**
 * Virtual machines and what they are set to.
 * @wmi Msvm_ComputerSystem partial: a tab has no NUMA nodes and no process ids
 * @wmi Msvm_VirtualSystemSettingData partial: BIOS identities and NUMA are left out, there is one setting: the current
 * @wmi Msvm_VirtualSystemGlobalSettingData partial: only what this host does by itself
 * @wmi Msvm_SummaryInformation partial: no thumbnails, no dynamic memory
 * @wmi Msvm_SettingsDefineState full
 * @wmi Msvm_ElementSettingData full
 */
export const systemClasses: readonly ClassSource[] = [
  {
    name: "Msvm_ComputerSystem",
    extends: "CIM_ComputerSystem",
    description: "A virtual machine, or the host itself.",
    properties: { OnTimeInMilliseconds: "quiet uint64" },
    values: {
      EnabledState: {
        0: "Unknown",
        2: "Enabled",
        3: "Disabled",
        32768: "Paused",
        32769: "Suspended",
        32770: "Starting",
        32773: "Saving",
        32774: "Stopping",
        32776: "Pausing",
        32777: "Resuming",
      },
    },
    methods: {
      RequestStateChange: {
        in: { RequestedState: "uint16", TimeoutPeriod: "datetime" },
        out: { Job: "ref CIM_ConcreteJob" },
      },
    },
  },
  {
    name: "Msvm_VirtualSystemSettingData",
    extends: "CIM_VirtualSystemSettingData",
    description: "What a virtual machine is set to, now.",
    properties: { Notes: "string", BootOrder: "uint16[]", Parent: "string" },
    values: { BootOrder: { 0: "Floppy", 1: "CD-ROM", 2: "IDE Hard Drive", 3: "PXE Boot" } },
  },
  {
    name: "Msvm_VirtualSystemGlobalSettingData",
    extends: "CIM_VirtualSystemSettingData",
    description: "What a virtual machine is set to, whatever snapshot is applied.",
    properties: {
      AutomaticStartupAction: "uint16",
      AutomaticShutdownAction: "uint16",
      AutomaticRecoveryAction: "uint16",
      AllowFullSCSICommandSet: "boolean",
    },
    values: {
      AutomaticStartupAction: { 0: "None", 1: "Restart if previously running", 2: "Always startup" },
      AutomaticShutdownAction: { 0: "Turn off", 1: "Save state", 2: "Shutdown" },
      AutomaticRecoveryAction: { 0: "None", 1: "Restart", 2: "Revert to snapshot" },
    },
  },
  {
    name: "Msvm_SummaryInformation",
    description:
      "What a list of virtual machines shows, from GetSummaryInformation. Only what was asked for is there.",
    properties: {
      Name: "key string",
      ElementName: "string",
      CreationTime: "datetime",
      Notes: "string",
      NumberOfProcessors: "uint16",
      EnabledState: "uint16",
      ProcessorLoad: "uint16",
      ProcessorLoadHistory: "uint16[]",
      MemoryUsage: "uint64",
      Heartbeat: "uint16",
      UpTime: "uint64",
      GuestOperatingSystem: "string",
      Snapshots: "object Msvm_VirtualSystemSettingData[]",
      AsynchronousTasks: "object CIM_ConcreteJob[]",
      HealthState: "uint16",
      OperationalStatus: "uint16[]",
      StatusDescriptions: "string[]",
    },
    values: { Heartbeat: { 2: "OK", 6: "Error", 12: "No Contact", 13: "Lost Communication" } },
  },
  {
    name: "Msvm_SettingsDefineState",
    extends: "CIM_SettingAssociation",
    association: true,
    description: "The settings that a virtual machine or a device has now.",
  },
  {
    name: "Msvm_ElementSettingData",
    extends: "CIM_SettingAssociation",
    association: true,
    description: "The settings that a virtual machine has beside its current ones.",
  },
  {
    name: "Msvm_VirtualSystemSettingDataComponent",
    extends: "CIM_Component",
    association: true,
    description: "The resources of a virtual machine's settings.",
  },
];

import type { ClassSource, MethodSource } from "../schema/model.ts";

const Job = "ref CIM_ConcreteJob" as const;
const system = "ref Msvm_ComputerSystem" as const;
const kvpItems: MethodSource = {
  in: { TargetSystem: system, DataItems: "text Msvm_KvpExchangeDataItem[]" },
  out: { Job },
};
const onDisk: MethodSource = { in: { Path: "string" }, out: { Job } };
const newDisk: MethodSource = { in: { Path: "string", MaxInternalSize: "uint64" }, out: { Job } };

/**
 * The services that clients ask for everything.
 * @wmi Msvm_VirtualSystemManagementService partial: machines are made elsewhere, there are no snapshots
 * @wmi Msvm_ImageManagementService partial: nothing is mounted in the management operating system
 */
export const serviceClasses: readonly ClassSource[] = [
  {
    name: "Msvm_VirtualSystemManagementService",
    extends: "CIM_Service",
    description: "Manages virtual machines and what they have.",
    methods: {
      AddVirtualSystemResources: {
        in: { TargetSystem: system, ResourceSettingData: "text CIM_ResourceAllocationSettingData[]" },
        out: { NewResources: "ref CIM_ResourceAllocationSettingData[]", Job },
      },
      ModifyVirtualSystemResources: {
        in: { ComputerSystem: system, ResourceSettingData: "text CIM_ResourceAllocationSettingData[]" },
        out: { Job },
      },
      RemoveVirtualSystemResources: {
        in: { TargetSystem: system, ResourceSettingData: "ref CIM_ResourceAllocationSettingData[]" },
        out: { Job },
      },
      GetSummaryInformation: {
        in: { SettingData: "ref Msvm_VirtualSystemSettingData[]", RequestedInformation: "uint32[]" },
        out: { SummaryInformation: "object Msvm_SummaryInformation[]" },
      },
      AddKvpItems: kvpItems,
      ModifyKvpItems: kvpItems,
      RemoveKvpItems: kvpItems,
      ModifyVirtualSystem: {
        in: { ComputerSystem: system, SystemSettingData: "text CIM_VirtualSystemSettingData" },
        out: { ModifiedSettingData: "ref CIM_VirtualSystemSettingData", Job },
      },
      DestroyVirtualSystem: { in: { ComputerSystem: system }, out: { Job } },
      FormatError: { in: { Errors: "text Msvm_Error[]" }, out: { ErrorMessage: "string" } },
      DefineVirtualSystem: "notImplemented",
      CreateVirtualSystemSnapshot: "notImplemented",
      ApplyVirtualSystemSnapshot: "notImplemented",
      ApplyVirtualSystemSnapshotEx: "notImplemented",
      RemoveVirtualSystemSnapshot: "notImplemented",
      RemoveVirtualSystemSnapshotTree: "notImplemented",
      ExportVirtualSystem: "notImplemented",
      ExportVirtualSystemEx: "notImplemented",
      GetVirtualSystemImportSettingData: "notImplemented",
      ImportVirtualSystem: "notImplemented",
      ImportVirtualSystemEx: "notImplemented",
      GetVirtualSystemThumbnailImage: "notImplemented",
      GetSystemCompatibilityInfo: "notImplemented",
      CheckSystemCompatibilityInfo: "notImplemented",
      ModifyServiceSettings: "notImplemented",
      PlanVirtualSystem: "notImplemented",
      InstantiateVirtualSystem: "notImplemented",
      CloneVirtualSystem: "notImplemented",
      StartService: "notImplemented",
      StopService: "notImplemented",
      RequestStateChange: "notImplemented",
    },
  },
  {
    name: "Msvm_ImageManagementService",
    extends: "CIM_Service",
    description: "Works on disk files. Paths are names of the library: it has no folders.",
    methods: {
      CreateDynamicVirtualHardDisk: newDisk,
      CreateFixedVirtualHardDisk: newDisk,
      CreateDifferencingVirtualHardDisk: { in: { Path: "string", ParentPath: "string" }, out: { Job } },
      CreateVirtualFloppyDisk: onDisk,
      CompactVirtualHardDisk: onDisk,
      ConvertVirtualHardDisk: {
        in: { SourcePath: "string", DestinationPath: "string", Type: "uint16" },
        out: { Job },
      },
      ExpandVirtualHardDisk: newDisk,
      MergeVirtualHardDisk: { in: { SourcePath: "string", DestinationPath: "string" }, out: { Job } },
      ReconnectParentVirtualHardDisk: {
        in: { ChildPath: "string", ParentPath: "string", Force: "boolean" },
        out: { Job },
      },
      GetVirtualHardDiskInfo: { in: { Path: "string" }, out: { Info: "text Msvm_VirtualHardDiskInfo", Job } },
      ValidateVirtualHardDisk: onDisk,
      Mount: "notImplemented",
      Unmount: "notImplemented",
      StartService: "notImplemented",
      StopService: "notImplemented",
      RequestStateChange: "notImplemented",
    },
  },
  {
    name: "Msvm_VirtualHardDiskInfo",
    description: "What GetVirtualHardDiskInfo answers. Sizes are bytes.",
    properties: {
      Path: "key string",
      Type: "uint16",
      FileSize: "uint64",
      MaxInternalSize: "uint64",
      InSavedState: "boolean",
      InUse: "boolean",
      ParentPath: "string",
    },
    values: { Type: { 2: "Fixed", 3: "Dynamic", 4: "Differencing" } },
  },
  {
    name: "Msvm_HostedService",
    extends: "CIM_Dependency",
    association: true,
    description: "The services of the host.",
  },
];

import type { ViewColumn, ViewTable } from "../../format/views.ts";
import { propertyOf, type Value } from "../../values/value.ts";

const namespace = "Microsoft.HyperV.PowerShell.";
const megabyte = 1n << 20n;

/** Bytes shown in MB. */
function inMegabytes(property: string): ViewColumn {
  const of = (value: Value): Value => {
    const bytes = propertyOf(value, property);
    return typeof bytes === "bigint" ? bytes / megabyte : null;
  };
  return { title: `${property}(M)`, of };
}

const table = (...columns: readonly ViewColumn[]) => ({ kind: "table", columns }) as const;
const drive = ["VMName", "ControllerType", "ControllerNumber", "ControllerLocation"];

/** How objects of the module are shown. @cmdlet 13.1 default table columns */
export const hyperVViews: ViewTable = {
  [`${namespace}VirtualMachine`]: table(
    "Name",
    "State",
    { title: "CPUUsage(%)", of: (value) => propertyOf(value, "CPUUsage") },
    inMegabytes("MemoryAssigned"),
    "Uptime",
    "Status",
  ),
  [`${namespace}VMHost`]: table(
    "Name",
    "LogicalProcessorCount",
    inMegabytes("MemoryCapacity"),
    "VirtualMachineMigrationEnabled",
  ),
  [`${namespace}VMMemory`]: table(
    "VMName",
    "DynamicMemoryEnabled",
    inMegabytes("Minimum"),
    inMegabytes("Startup"),
    inMegabytes("Maximum"),
  ),
  [`${namespace}VMProcessor`]: table(
    "VMName",
    "Count",
    "CompatibilityForMigrationEnabled",
    "CompatibilityForOlderOperatingSystemsEnabled",
  ),
  [`${namespace}VMBios`]: table("VMName", "StartupOrder"),
  [`${namespace}VMSwitch`]: table("Name", "SwitchType", "NetAdapterInterfaceDescription"),
  [`${namespace}VMNetworkAdapterBase`]: table(
    "Name",
    "IsManagementOs",
    "VMName",
    "SwitchName",
    "MacAddress",
    "Status",
    "IPAddresses",
  ),
  [`${namespace}HardDiskDrive`]: table(...drive, "DiskNumber", "Path"),
  [`${namespace}DvdDrive`]: table(...drive, "DvdMediaType", "Path"),
  [`${namespace}VMFloppyDiskDrive`]: table("VMName", "Path"),
  [`${namespace}VMIdeController`]: table("VMName", "ControllerNumber", "Drives"),
  [`${namespace}VMScsiController`]: table("VMName", "ControllerNumber", "Drives"),
  [`${namespace}VMIntegrationComponent`]: table(
    "VMName",
    "Name",
    "Enabled",
    "PrimaryStatusDescription",
    "SecondaryStatusDescription",
  ),
  "Microsoft.Vhd.PowerShell.VirtualHardDisk": {
    kind: "list",
    columns: [
      ...[
        "ComputerName",
        "Path",
        "VhdFormat",
        "VhdType",
        "FileSize",
        "Size",
        "MinimumSize",
        "LogicalSectorSize",
      ],
      ...["PhysicalSectorSize", "BlockSize", "ParentPath", "DiskIdentifier", "FragmentationPercentage"],
      ...["Alignment", "Attached", "DiskNumber"],
    ],
  },
};

import type { PropertySet } from "../../wmi/index.ts";
import { partPath } from "./names.ts";
import type { InstanceTable, World } from "./world.ts";

/** Classes of the services. */
export const managementService = "Msvm_VirtualSystemManagementService";
export const imageService = "Msvm_ImageManagementService";
export const switchService = "Msvm_VirtualSwitchManagementService";

/** Their names and what Windows calls them. */
const services = [
  { className: managementService, name: "vmms", title: "Hyper-V Virtual Machine Management" },
  { className: imageService, name: "vhdsvc", title: "Hyper-V Image Management Service" },
  { className: switchService, name: "nvspwmi", title: "Hyper-V Networking Management Service" },
] as const;

/** Objects of the services. */
export const serviceObjects: InstanceTable = Object.fromEntries(
  services.map(({ className, name, title }) => [
    className,
    ({ hostName }: World): readonly PropertySet[] => [
      {
        SystemCreationClassName: "Msvm_ComputerSystem",
        SystemName: hostName,
        CreationClassName: className,
        Name: name,
        ElementName: title,
        Caption: title,
        Started: true,
        StartMode: "Automatic",
        EnabledState: 2,
        RequestedState: 12,
        HealthState: 5,
        OperationalStatus: [2],
      },
    ],
  ]),
);

/** Paths of the services. */
export function servicePaths({ hostName }: World): readonly string[] {
  return services.map(({ className, name }) => partPath(className, hostName, ["Name", name]));
}

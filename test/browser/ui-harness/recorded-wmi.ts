import { openNamespace, openSchema, virtualizationClasses, type WmiSession } from "../../../src/wmi/index.ts";

const id = "3F0B9D0E-6A51-4D6E-9D0C-7A0A50000009";
const system = { CreationClassName: "Msvm_ComputerSystem", HealthState: 5, RequestedState: 12 };

const summary = {
  className: "Msvm_SummaryInformation",
  path: null,
  properties: {
    Name: id,
    ElementName: "debian",
    NumberOfProcessors: 1,
    StatusDescriptions: ["Operating normally"],
  },
};

/** Management objects of a host with one machine that is off, and does nothing. */
export function openRecordedWmi(): WmiSession {
  return openNamespace({
    schema: openSchema(virtualizationClasses),
    place: { server: "TABVISOR", namespace: "root\\virtualization" },
    wallClock: () => Date.now(),
    provider: {
      read: () => null,
      instances: (className) =>
        className === "Msvm_ComputerSystem"
          ? [
              { ...system, Name: "TABVISOR", ElementName: "TABVISOR", Caption: "Hosting Computer System" },
              { ...system, Name: id, ElementName: "debian", Caption: "Virtual Machine", EnabledState: 3 },
            ]
          : className === "Msvm_VirtualSystemManagementService"
            ? [{ ...system, CreationClassName: className, SystemName: "TABVISOR", Name: "vmms" }]
            : [],
      invoke: async ({ method }) =>
        method === "GetSummaryInformation"
          ? { returnValue: 0, out: { SummaryInformation: [summary] } }
          : { returnValue: 32775, out: {} },
    },
  }).session;
}

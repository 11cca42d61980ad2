import type { ClassSource } from "../schema/model.ts";

const extendsRasd = "CIM_ResourceAllocationSettingData";

/**
 * What a virtual machine has of processor, memory, drives and adapters, and the devices it is while the machine
 * has power.
 * @wmi Msvm_ProcessorSettingData partial: one socket, no limits of features
 * @wmi Msvm_MemorySettingData partial: static memory
 * @wmi Msvm_ResourceAllocationSettingData partial: controllers, drives and media; no serial ports, no display
 * @wmi Msvm_SyntheticEthernetPortSettingData full
 * @wmi Msvm_EmulatedEthernetPortSettingData full
 */
export const resourceClasses: readonly ClassSource[] = [
  {
    name: "Msvm_ResourceAllocationSettingData",
    extends: extendsRasd,
    description: "A controller, a drive, or what is in a drive.",
    properties: { VirtualSystemIdentifiers: "string[]" },
  },
  {
    name: "Msvm_ProcessorSettingData",
    extends: extendsRasd,
    description:
      "How a virtual machine competes for the processor. Reservation and Limit: 100000 is all of one.",
    properties: { ProcessorsPerSocket: "uint16", SocketCount: "uint16" },
  },
  {
    name: "Msvm_MemorySettingData",
    extends: extendsRasd,
    description: "The memory of a virtual machine, in MB.",
    properties: { DynamicMemoryEnabled: "boolean", IsVirtualized: "boolean" },
  },
  {
    name: "Msvm_SyntheticEthernetPortSettingData",
    extends: extendsRasd,
    description: "A synthetic network adapter. Connection is the path of a switch port or of a switch.",
    properties: { VirtualSystemIdentifiers: "string[]", StaticMacAddress: "boolean" },
  },
  {
    name: "Msvm_EmulatedEthernetPortSettingData",
    extends: extendsRasd,
    description: "A legacy network adapter. Connection is the path of a switch port or of a switch.",
    properties: { StaticMacAddress: "boolean" },
  },
  { name: "CIM_Processor", extends: "CIM_LogicalDevice", abstract: true, description: "A processor." },
  {
    name: "Msvm_Processor",
    extends: "CIM_Processor",
    description: "The virtual processor of a machine that has power.",
    properties: { LoadPercentage: "uint16" },
  },
  {
    name: "CIM_StorageExtent",
    extends: "CIM_LogicalDevice",
    abstract: true,
    description: "Something that stores.",
  },
  {
    name: "Msvm_Memory",
    extends: "CIM_StorageExtent",
    description: "The memory of a machine that has power.",
    properties: { BlockSize: "uint64", NumberOfBlocks: "uint64" },
  },
  { name: "CIM_Controller", extends: "CIM_LogicalDevice", abstract: true, description: "A controller." },
  { name: "Msvm_IDEController", extends: "CIM_Controller", description: "An emulated IDE controller." },
  {
    name: "Msvm_SCSIProtocolController",
    extends: "CIM_Controller",
    description: "A synthetic SCSI controller.",
  },
  { name: "CIM_MediaAccessDevice", extends: "CIM_LogicalDevice", abstract: true, description: "A drive." },
  { name: "Msvm_DiskDrive", extends: "CIM_MediaAccessDevice", description: "A hard disk drive." },
  { name: "Msvm_DVDDrive", extends: "CIM_MediaAccessDevice", description: "A DVD drive." },
  { name: "Msvm_DisketteDrive", extends: "CIM_MediaAccessDevice", description: "A diskette drive." },
  {
    name: "Msvm_LogicalDisk",
    extends: "CIM_StorageExtent",
    description: "What is in a drive of a machine that has power.",
    properties: { BlockSize: "uint64", NumberOfBlocks: "uint64" },
  },
  {
    name: "CIM_EthernetPort",
    extends: "CIM_LogicalDevice",
    abstract: true,
    description: "A network adapter.",
    properties: { PermanentAddress: "string", PortNumber: "uint16" },
  },
  {
    name: "Msvm_SyntheticEthernetPort",
    extends: "CIM_EthernetPort",
    description: "A synthetic network adapter.",
  },
  {
    name: "Msvm_EmulatedEthernetPort",
    extends: "CIM_EthernetPort",
    description: "A legacy network adapter.",
  },
  {
    name: "Msvm_InternalEthernetPort",
    extends: "CIM_EthernetPort",
    description: "The adapter of the management operating system on a virtual network.",
  },
  {
    name: "Msvm_SystemDevice",
    extends: "CIM_Component",
    association: true,
    description: "The devices of a virtual machine, and those of the host.",
  },
];

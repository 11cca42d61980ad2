import type { ClassSource } from "../schema/model.ts";

/**
 * What virtual machines may have, and how much of it.
 * @wmi Msvm_ResourcePool partial: a tab does not know its capacity
 * @wmi Msvm_ProcessorPool partial: likewise
 * @wmi Msvm_AllocationCapabilities partial: the states in which something can be added are left out
 * @wmi Msvm_SettingsDefineCapabilities full
 */
export const poolClasses: readonly ClassSource[] = [
  {
    name: "CIM_ResourcePool",
    extends: "CIM_LogicalElement",
    abstract: true,
    description: "Where resources are taken from.",
    properties: {
      InstanceID: "key string",
      PoolID: "string",
      Primordial: "boolean",
      Capacity: "uint64",
      Reserved: "uint64",
      ResourceType: "uint16",
      OtherResourceType: "string",
      ResourceSubType: "string",
      AllocationUnits: "string",
    },
  },
  {
    name: "Msvm_ResourcePool",
    extends: "CIM_ResourcePool",
    description: "Where resources of one kind are taken from. Reserved: what machines with power have of it.",
  },
  {
    name: "Msvm_ProcessorPool",
    extends: "CIM_ResourcePool",
    description: "Where virtual processors are taken from. 100000 is all of one.",
    methods: { CalculatePossibleReserve: "notImplemented" },
  },
  {
    name: "CIM_Capabilities",
    extends: "CIM_ManagedElement",
    abstract: true,
    description: "What an element can do.",
    properties: { InstanceID: "key string" },
  },
  {
    name: "Msvm_AllocationCapabilities",
    extends: "CIM_Capabilities",
    description: "What can be taken from a pool.",
    properties: { ResourceType: "uint16", OtherResourceType: "string", ResourceSubType: "string" },
  },
  {
    name: "Msvm_ElementCapabilities",
    association: true,
    description: "What can be taken from which pool.",
    properties: { ManagedElement: "key ref CIM_ManagedElement", Capabilities: "key ref CIM_Capabilities" },
  },
  {
    name: "Msvm_SettingsDefineCapabilities",
    association: true,
    description: "The settings that say how much can be taken from a pool.",
    properties: {
      GroupComponent: "key ref CIM_Capabilities",
      PartComponent: "key ref CIM_SettingData",
      PropertyPolicy: "uint16",
      ValueRole: "uint16",
      ValueRange: "uint16",
    },
    values: {
      PropertyPolicy: { 0: "Independent" },
      ValueRole: { 0: "Default", 3: "Supported" },
      ValueRange: { 0: "Point", 1: "Minimums", 2: "Maximums", 3: "Increments" },
    },
  },
];

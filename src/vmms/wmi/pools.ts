import type { PropertySet } from "../../wmi/index.ts";
import { settingPath } from "./names.ts";
import { megabyte, resourceTypes, wholeProcessor } from "./resource-kinds.ts";
import { type Bound, bounds, type ResourceKind, resourceKinds, templateId } from "./templates.ts";
import type { InstanceTable, World } from "./world.ts";

/** @wmi Msvm_SettingsDefineCapabilities ValueRole, ValueRange */
const meanings: { readonly [B in Bound]: PropertySet } = {
  Default: { ValueRole: 0, ValueRange: 0 },
  Minimum: { ValueRole: 3, ValueRange: 1 },
  Maximum: { ValueRole: 3, ValueRange: 2 },
  Increment: { ValueRole: 3, ValueRange: 3 },
};

const isProcessor = ({ type }: ResourceKind): boolean => type === resourceTypes.processor;
const poolClass = (kind: ResourceKind): string =>
  isProcessor(kind) ? "Msvm_ProcessorPool" : "Msvm_ResourcePool";
const poolId = ({ subType }: ResourceKind): string => `Microsoft:${subType}\\Root`;
const capabilitiesId = ({ subType }: ResourceKind): string => `Microsoft:Definition\\${subType}`;
const capabilitiesPath = (kind: ResourceKind): string =>
  settingPath("Msvm_AllocationCapabilities", capabilitiesId(kind));

/** One pool for each kind of resource, and what can be taken from it. */
export const poolObjects: InstanceTable = {
  Msvm_ResourcePool: (world) =>
    resourceKinds.filter((kind) => !isProcessor(kind)).map((kind) => poolObject(world, kind)),
  Msvm_ProcessorPool: (world) => resourceKinds.filter(isProcessor).map((kind) => poolObject(world, kind)),
  Msvm_AllocationCapabilities: () =>
    resourceKinds.map((kind) => ({
      InstanceID: capabilitiesId(kind),
      ElementName: kind.subType,
      ResourceType: kind.type,
      ResourceSubType: kind.subType,
    })),
  Msvm_ElementCapabilities: () =>
    resourceKinds.map((kind) => ({
      ManagedElement: settingPath(poolClass(kind), poolId(kind)),
      Capabilities: capabilitiesPath(kind),
    })),
  Msvm_SettingsDefineCapabilities: () =>
    resourceKinds.flatMap((kind) =>
      bounds.map((bound) => ({
        GroupComponent: capabilitiesPath(kind),
        PartComponent: settingPath(kind.className, templateId(kind, bound)),
        PropertyPolicy: 0,
        ...meanings[bound],
      })),
    ),
};

function poolObject(world: World, kind: ResourceKind): PropertySet {
  return {
    InstanceID: poolId(kind),
    PoolID: poolId(kind),
    ElementName: kind.subType,
    Name: kind.subType,
    HealthState: 5,
    OperationalStatus: [2],
    Primordial: true,
    ResourceType: kind.type,
    ResourceSubType: kind.subType,
    ...reserved(world, kind),
  };
}

/** What machines with power have of it. */
function reserved({ machines }: World, { type }: ResourceKind): PropertySet {
  const powered = machines.filter(({ vm }) => vm.partition !== null);
  switch (type) {
    case resourceTypes.processor: {
      const percent = powered.reduce((sum, { share }) => sum + share.reserve, 0);
      const Reserved = BigInt(Math.round((percent * wholeProcessor) / 100));
      return { AllocationUnits: "Processor Cores", Reserved };
    }
    case resourceTypes.memory: {
      const bytes = powered.reduce((sum, { vm }) => sum + vm.memoryBytes, 0);
      return { AllocationUnits: "Megabyte", Reserved: BigInt(Math.floor(bytes / megabyte)) };
    }
    default:
      return { AllocationUnits: "count" };
  }
}

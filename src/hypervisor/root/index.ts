export { type CreateOutcome, type Hypervisor, type HypervisorParts, openHypervisor } from "./hypervisor.ts";
export type { ChildHandle, PartitionChange } from "./partition.ts";

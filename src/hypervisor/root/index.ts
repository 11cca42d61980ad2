export { hypervisorApi } from "./api.ts";
export { type CreateOutcome, type Hypervisor, type HypervisorParts, openHypervisor } from "./hypervisor.ts";
export type { ChildHandle } from "./partition.ts";

import type { ClassSource } from "../schema/model.ts";

/**
 * Work that goes on, and its errors. Jobs that are over stay listed until fifty more are.
 * @wmi Msvm_ConcreteJob partial: a request cannot be suspended
 * @wmi Msvm_StorageJob partial: a job cannot be suspended
 * @wmi Msvm_Error partial: code and message
 */
export const jobClasses: readonly ClassSource[] = [
  {
    name: "Msvm_ConcreteJob",
    extends: "CIM_ConcreteJob",
    description: "A request to a virtual machine that goes on.",
    properties: { Cancellable: "boolean", ErrorSummaryDescription: "string" },
  },
  {
    name: "Msvm_StorageJob",
    extends: "CIM_ConcreteJob",
    description: "Work on disk files that goes on.",
    properties: {
      Cancellable: "boolean",
      ErrorSummaryDescription: "string",
      Type: "uint16",
      JobCompletionStatusCode: "uint32",
      Parent: "string",
      Child: "string",
    },
    values: {
      Type: {
        1: "Creation",
        2: "Floppy creation",
        3: "Compaction",
        4: "Expansion",
        5: "Merging",
        6: "Conversion",
        8: "Get information",
        9: "Validate",
      },
    },
  },
  {
    name: "Msvm_Error",
    description: "Why something has failed.",
    properties: { ErrorSource: "string", Message: "string", MessageID: "string", CIMStatusCode: "uint32" },
  },
  {
    name: "Msvm_AffectedJobElement",
    association: true,
    description: "What a job works on.",
    properties: { AffectedElement: "key ref CIM_ManagedElement", AffectingElement: "key ref CIM_Job" },
  },
];

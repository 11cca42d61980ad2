import { signal } from "@preact/signals";
import type { VmGuid } from "../../../src/hvdef/index.ts";
import type { MachineHost } from "../../../src/ui/host.ts";

/** Machines that are made and removed without anything happening. */
export function quietMachines(more: Partial<MachineHost> = {}): MachineHost {
  const nothing = () => Promise.resolve();
  return {
    catalogue: signal([]),
    bootTimes: signal(new Map()),
    startReport: () => signal(null),
    describeStart: () => Promise.resolve({ kind: "cold", reason: null }),
    recognise: () => Promise.resolve({ title: "A file", refusal: null, notes: [] }),
    make: () => Promise.resolve("made" as VmGuid),
    rename: nothing,
    remove: nothing,
    bootFiles: () => Promise.resolve([]),
    removeBootFile: nothing,
    ...more,
  };
}

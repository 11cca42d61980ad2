import type { HostNotice, HostSession, PartitionId, VmGuid } from "../hvdef/index.ts";
import { HvError } from "../support/index.ts";
import type { StockVm } from "./catalogue.ts";
import { type Machine, type MachineSurroundings, openMachine } from "./machine.ts";
import type { PowerRequest } from "./power.ts";

/** What the management service needs beside what its machines need. */
export interface HostSurroundings extends Omit<MachineSurroundings, "changed" | "tell"> {
  /** Milliseconds since 1970. */
  wallClock(): number;
  notify(notice: HostNotice): void;
}

/** The management service of one host. */
export interface VirtualMachineManagement {
  readonly session: HostSession;
  /** Writes what disk caches hold; the door calls it about ten times a second. */
  writeBack(): void;
  /** Takes in a disk the visitor picked for the machine. @throws HvError */
  giveDisk(vm: VmGuid, contents: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<void>;
}

/** Opens the service with every machine of the catalogue, all off. */
export function openManagement(
  catalogue: readonly StockVm[],
  around: HostSurroundings,
): VirtualMachineManagement {
  const machines = new Map<VmGuid, Machine>();
  for (const stock of catalogue) {
    const id = stock.id as VmGuid;
    const machine = openMachine(stock, {
      ...around,
      changed: (vm) => around.notify({ kind: "vm", vm }),
      tell: (level, text) =>
        around.notify({ kind: "event", event: { at: around.wallClock(), level, vm: id, text } }),
    });
    machines.set(id, machine);
  }

  function find(vm: VmGuid): Machine {
    const machine = machines.get(vm);
    if (machine === undefined)
      throw new HvError("vm.unknown", "There is no such virtual machine on this host.");
    return machine;
  }
  const power =
    (request: PowerRequest) =>
    async (vm: VmGuid): Promise<void> =>
      find(vm).request(request);

  return {
    session: {
      list: async () => [...machines.values()].map((machine) => machine.summary()),
      start: power("start"),
      pause: power("pause"),
      resume: power("resume"),
      reset: power("reset"),
      turnOff: power("turnOff"),
      setProcessorShare: async (vm, share) => find(vm).setShare(share),
      async partitionGone(partition: PartitionId, end) {
        for (const machine of machines.values()) machine.ended(partition, end);
      },
    },
    writeBack() {
      for (const machine of machines.values()) machine.writeBack();
    },
    giveDisk: async (vm, contents) => find(vm).give(contents),
  };
}

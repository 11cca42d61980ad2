import { cmdlet } from "../../run/cmdlet.ts";
import type { Cmdlet } from "../../run/machine.ts";
import { makeObject } from "../../values/value.ts";
import { query, textOf, wholeOf } from "./host.ts";

const megabyte = 1n << 20n;

/** @cmdlet Get-VMHost partial: what the provider tells of the host; a tab does not know its capacity */
export const getVmHost: Cmdlet = cmdlet({
  name: "Get-VMHost",
  module: "Hyper-V",
  outputs: "VMHost",
  synopsis: "Tells of the host.",
  open: (call) => ({
    async process() {
      const [processors] = await query(call, "SELECT * FROM Msvm_ProcessorPool");
      const [memory] = await query(call, "SELECT * FROM Msvm_ResourcePool WHERE ResourceType = 4");
      const size = memory === undefined ? null : wholeOf(memory, "Capacity");
      for (const host of await query(
        call,
        "SELECT * FROM Msvm_ComputerSystem WHERE Caption <> 'Virtual Machine'",
      ))
        await call.out(
          makeObject(
            ["Microsoft.HyperV.PowerShell.VMHost"],
            [
              ["Name", textOf(host, "ElementName")],
              ["ComputerName", textOf(host, "Name")],
              ["LogicalProcessorCount", processors === undefined ? null : wholeOf(processors, "Capacity")],
              ["MemoryCapacity", size === null ? null : size * megabyte],
              // A host of R2 moves machines by its cluster; none is here.
              ["VirtualMachineMigrationEnabled", false],
            ],
            { text: textOf(host, "ElementName") },
          ),
        );
    },
  }),
});

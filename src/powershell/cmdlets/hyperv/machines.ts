import { type CimInstance, isInstance, isList } from "../../../wmi/index.ts";
import type { Call, Given } from "../../run/machine.ts";
import { type Parameter, parameter } from "../../run/parameter.ts";
import { toText } from "../../values/text.ts";
import { makeObject, type ObjectValue, propertyOf } from "../../values/value.ts";
import { isWildcard, wildcard } from "../../values/wildcard.ts";
import { notFound } from "./failures.ts";
import { askService, query, quoted, textOf, wholeOf } from "./host.ts";

/** A virtual machine as the host has it. */
export interface MachineOnHost {
  /** Its GUID in capital letters. */
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** Msvm_ComputerSystem.EnabledState */
  readonly state: number;
  readonly system: CimInstance;
}

/** Numbers of EnabledState. @wmi 2.1 */
export const enabledStates = { running: 2, off: 3, paused: 32768, saved: 32769 } as const;
const stateNames: { readonly [state: number]: string } = {
  2: "Running",
  3: "Off",
  32768: "Paused",
  32769: "Saved",
  32770: "Starting",
  32773: "Saving",
  32774: "Stopping",
  32776: "Pausing",
  32777: "Resuming",
};
const critical = 25n;
const resetRequested = 10n;
const megabyte = 1n << 20n;

/** Parameters that name machines, for cmdlets whose noun is VM: -Name, or what Get-VM gives. */
export const machineParameters: readonly Parameter[] = [
  parameter("Name", "texts", "Names of virtual machines, or patterns of them.", {
    position: 0,
    mandatory: true,
    pipeline: "both",
    aliases: ["VMName"],
    sets: ["Name"],
    completes: "vm",
  }),
  parameter("VM", "list", "Virtual machines, as Get-VM gives them.", {
    position: 0,
    mandatory: true,
    pipeline: "value",
    of: "VirtualMachine",
    sets: ["VMObject"],
  }),
];

/** Parameters that name machines, for cmdlets about what machines have: -VMName, or -VM. */
export const ownerParameters: readonly Parameter[] = machineParameters.map((one) =>
  one.name === "Name" ? { ...one, name: "VMName", aliases: [], sets: ["VMName"] } : one,
);

/** Parameters of cmdlets that change a machine. */
export const passthru = parameter("Passthru", "switch", "Puts out what was changed.");

/** All machines, by name. */
export async function allMachines(call: Call): Promise<readonly MachineOnHost[]> {
  const found = await query(call, "SELECT * FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine'");
  const compare = (one: MachineOnHost, other: MachineOnHost): number =>
    one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1;
  return found.map(machineOf).sort(compare);
}

function machineOf(system: CimInstance): MachineOnHost {
  return {
    id: textOf(system, "Name"),
    name: textOf(system, "ElementName"),
    path: system.path ?? "",
    state: Number(wholeOf(system, "EnabledState") ?? 0n),
    system,
  };
}

/** The machines that are meant: by object, by name, by pattern. Those that are not there are told as failures. */
export async function machinesOf(call: Call, given: Given): Promise<readonly MachineOnHost[]> {
  const all = await allMachines(call);
  if (given.has("VM")) {
    const found: MachineOnHost[] = [];
    for (const item of given.items("VM")) {
      const id = toText(propertyOf(item, "Id")).toUpperCase();
      const one = all.find((machine) => machine.id === id);
      if (one === undefined)
        await call.error(notFound("a virtual machine", toText(propertyOf(item, "Name"))));
      else found.push(one);
    }
    return found;
  }
  const names = given.has("VMName") ? given.texts("VMName") : given.texts("Name");
  return byNames(call, all, names);
}

/** Machines whose names are these or fit these patterns. */
export async function byNames(
  call: Call,
  all: readonly MachineOnHost[],
  names: readonly string[],
): Promise<readonly MachineOnHost[]> {
  const found: MachineOnHost[] = [];
  for (const name of names) {
    const fits = wildcard(name);
    const some = all.filter((one) => fits(one.name) || one.name.toLowerCase() === name.toLowerCase());
    if (some.length === 0 && !isWildcard(name)) await call.error(notFound("a virtual machine", name));
    found.push(...some.filter((one) => !found.includes(one)));
  }
  return found;
}

/** Does something with each machine; what one refuses does not keep the others from it. */
export async function eachMachine(
  call: Call,
  given: Given,
  work: (machine: MachineOnHost) => Promise<void>,
): Promise<void> {
  for (const machine of await machinesOf(call, given)) {
    try {
      await work(machine);
    } catch (failure) {
      await call.error(failure);
    }
  }
}

/** What a state is called. */
export function stateName({ state, system }: MachineOnHost): string {
  if (state === 32774 && wholeOf(system, "RequestedState") === resetRequested) return "Reset";
  const name = stateNames[state] ?? "Unknown";
  return wholeOf(system, "HealthState") === critical ? `${name}Critical` : name;
}

/** @wmi RequestedInformation: creation, notes, processors, load, memory, heartbeat, uptime, texts of the status */
const wanted = [2, 3, 4, 101, 103, 104, 105, 111];

const heartbeats: { readonly [code: number]: string } = {
  2: "OK",
  6: "Error",
  12: "NoContact",
  13: "LostCommunication",
};

/** Machines as Get-VM gives them. */
export async function machineObjects(
  call: Call,
  machines: readonly MachineOnHost[],
): Promise<readonly ObjectValue[]> {
  if (machines.length === 0) return [];
  const out = await askService(call, "machines", {
    method: "GetSummaryInformation",
    parameters: { SettingData: null, RequestedInformation: wanted },
    what: "Reading the virtual machines",
    target: null,
  });
  const found = out["SummaryInformation"] ?? null;
  const summaries = found !== null && isList(found) ? found.filter(isInstance) : [];
  const memory = await query(call, "SELECT * FROM Msvm_MemorySettingData");
  const [host] = await query(call, "SELECT Name FROM Msvm_ComputerSystem WHERE Caption <> 'Virtual Machine'");
  const facts = { memory, computer: host === undefined ? null : textOf(host, "Name") };
  return machines.map((machine) => {
    const summary = summaries.find((one) => textOf(one, "Name") === machine.id) ?? machine.system;
    return machineObject(machine, summary, facts);
  });
}

interface Facts {
  readonly memory: readonly CimInstance[];
  readonly computer: string | null;
}

function machineObject(
  machine: MachineOnHost,
  summary: CimInstance,
  { memory, computer }: Facts,
): ObjectValue {
  const setting = memory.find((one) => textOf(one, "InstanceID").startsWith(`Microsoft:${machine.id}\\`));
  const startup = setting === undefined ? null : (wholeOf(setting, "VirtualQuantity") ?? 0n) * megabyte;
  const isOff = machine.state === enabledStates.off || machine.state === enabledStates.saved;
  const texts = summary.properties["StatusDescriptions"] ?? null;
  const heartbeat = wholeOf(summary, "Heartbeat");
  return makeObject(
    [
      "Microsoft.HyperV.PowerShell.VirtualMachine",
      "Microsoft.HyperV.PowerShell.VirtualMachineBase",
      "System.Object",
    ],
    [
      ["Name", machine.name],
      ["State", stateName(machine)],
      // Nobody measures the load of a machine that runs; one that is off has none.
      ["CPUUsage", wholeOf(summary, "ProcessorLoad") ?? (isOff ? 0n : null)],
      ["MemoryAssigned", (wholeOf(summary, "MemoryUsage") ?? 0n) * megabyte],
      ["Uptime", { kind: "span", millis: Number(wholeOf(summary, "UpTime") ?? 0n) }],
      ["Status", texts !== null && isList(texts) ? texts.map(String).join(" ") : ""],
      ["Heartbeat", heartbeat === null ? null : (heartbeats[Number(heartbeat)] ?? String(heartbeat))],
      ["Id", machine.id.toLowerCase()],
      ["VMId", machine.id.toLowerCase()],
      ["VMName", machine.name],
      ["ComputerName", computer],
      ["ProcessorCount", wholeOf(summary, "NumberOfProcessors")],
      ["MemoryStartup", startup],
      ["DynamicMemoryEnabled", setting?.properties["DynamicMemoryEnabled"] === true],
      ["Notes", textOf(summary, "Notes")],
    ],
    { text: `VirtualMachine (Name = '${machine.name}') [Id = '${machine.id.toLowerCase()}']` },
  );
}

/** Puts out machines as they are now, when they are wanted. */
export async function putMachine(call: Call, given: Given, machine: MachineOnHost): Promise<void> {
  if (!given.flag("Passthru")) return;
  const now = await query(call, `SELECT * FROM Msvm_ComputerSystem WHERE Name = ${quoted(machine.id)}`);
  for (const one of await machineObjects(call, now.map(machineOf))) await call.out(one);
}

/** What a machine is like now; `null`: it is gone. */
export async function lookAgain(call: Call, { id }: MachineOnHost): Promise<MachineOnHost | null> {
  const [found] = await query(call, `SELECT * FROM Msvm_ComputerSystem WHERE Name = ${quoted(id)}`);
  return found === undefined ? null : machineOf(found);
}

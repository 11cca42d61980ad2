import type { CimInstance, CimValue } from "../../wmi/index.ts";
import { jobObject, jobPath } from "./job-objects.ts";
import { healthOf } from "./machine-objects.ts";
import { absolute, systemName } from "./names.ts";
import { megabyte } from "./resource-kinds.ts";
import { integrationNumbers, stateNumbers } from "./states.ts";
import type { World, WorldMachine } from "./world.ts";

/** One fact of a summary: its property, and how it is found. */
interface Fact {
  readonly property: string;
  of(machine: WorldMachine, world: World): CimValue;
}

/**
 * What may be asked for, by its number. Thumbnails, load and its history are not known to the management service.
 * @wmi GetSummaryInformation.RequestedInformation
 */
const facts: { readonly [number: number]: Fact } = {
  0: { property: "Name", of: ({ vm }) => systemName(vm.id) },
  1: { property: "ElementName", of: ({ vm }) => vm.name },
  2: { property: "CreationTime", of: () => null },
  3: { property: "Notes", of: ({ vm }) => vm.description },
  4: { property: "NumberOfProcessors", of: () => 1 },
  100: { property: "EnabledState", of: ({ vm }) => stateNumbers[vm.state].enabled },
  101: { property: "ProcessorLoad", of: () => null },
  102: { property: "ProcessorLoadHistory", of: () => null },
  103: {
    property: "MemoryUsage",
    of: ({ vm }) => (vm.partition === null ? null : BigInt(Math.floor(vm.memoryBytes / megabyte))),
  },
  104: { property: "Heartbeat", of: heartbeatOf },
  105: { property: "UpTime", of: ({ onTime }) => BigInt(Math.floor(onTime ?? 0)) },
  106: { property: "GuestOperatingSystem", of: guestSystemOf },
  107: { property: "Snapshots", of: () => [] },
  108: { property: "AsynchronousTasks", of: tasksOf },
  109: { property: "HealthState", of: (machine) => healthOf(machine)["HealthState"] ?? null },
  110: { property: "OperationalStatus", of: (machine) => healthOf(machine)["OperationalStatus"] ?? null },
  111: { property: "StatusDescriptions", of: (machine) => healthOf(machine)["StatusDescriptions"] ?? null },
};

/** The summary of a machine. The name is always there; numbers that Hyper-V R2 has not are left out. */
export function summaryOf(world: World, machine: WorldMachine, wanted: readonly number[]): CimInstance {
  const found = [0, ...wanted].flatMap((number) => {
    const fact = Object.hasOwn(facts, number) ? facts[number] : undefined;
    return fact === undefined ? [] : [[fact.property, fact.of(machine, world)] as const];
  });
  return { className: "Msvm_SummaryInformation", path: null, properties: Object.fromEntries(found) };
}

function heartbeatOf({ vm }: WorldMachine): CimValue {
  const heartbeat = vm.integration.find(({ service }) => service === "heartbeat");
  if (vm.partition === null || heartbeat?.enabled !== true) return null;
  const { status } = integrationNumbers[heartbeat.status];
  // A summary knows only four: what is degraded answers, what does not fit is an error.
  return status === 3 ? 2 : status === 7 ? 6 : status;
}

function guestSystemOf({ pairs }: WorldMachine): CimValue {
  return pairs().intrinsic.find(({ key }) => key === "OSName")?.value ?? null;
}

function tasksOf({ vm }: WorldMachine, world: World): CimValue {
  return world.jobs
    .filter((one) => one.vm === vm.id && one.endedAt === null)
    .map(
      (one): CimInstance => ({
        className: "Msvm_ConcreteJob",
        path: absolute(world.hostName, jobPath(one)),
        properties: jobObject(world, one),
      }),
    );
}

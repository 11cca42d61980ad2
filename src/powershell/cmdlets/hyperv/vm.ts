import { cmdlet } from "../../run/cmdlet.ts";
import type { Call, Cmdlet, CmdletBody, Given } from "../../run/machine.ts";
import { type Parameter, parameter } from "../../run/parameter.ts";
import { invalid, notFound } from "./failures.ts";
import { ask, askService, query, quoted, setting, waitUntil } from "./host.ts";
import {
  allMachines,
  byNames,
  eachMachine,
  enabledStates,
  lookAgain,
  type MachineOnHost,
  machineObjects,
  machineParameters,
  passthru,
  putMachine,
  stateName,
} from "./machines.ts";

const module = "Hyper-V";
const outputs = "VirtualMachine";
const force = parameter("Force", "switch", "Does not ask.");
const { running, off, paused, saved } = enabledStates;

/** @cmdlet Get-VM partial: no -ClusterObject */
export const getVm: Cmdlet = cmdlet({
  name: "Get-VM",
  module,
  outputs,
  synopsis: "Lists virtual machines.",
  standardSet: "Name",
  parameters: [
    parameter("Name", "texts", "Names, or patterns of them; all unless told.", {
      position: 0,
      pipeline: "both",
      aliases: ["VMName"],
      sets: ["Name"],
      completes: "vm",
    }),
    parameter("Id", "text", "The GUID of one.", {
      position: 0,
      mandatory: true,
      pipeline: "name",
      sets: ["Id"],
    }),
  ],
  open: (call) => ({
    async process(given) {
      const all = await allMachines(call);
      const id = given.text("Id");
      if (id !== null) {
        const found = all.filter((one) => one.id === id.replace(/[{}]/g, "").toUpperCase());
        if (found.length === 0) return call.error(notFound("a virtual machine", id));
        return putAll(call, found);
      }
      return putAll(call, given.has("Name") ? await byNames(call, all, given.texts("Name")) : all);
    },
  }),
});

async function putAll(call: Call, machines: readonly MachineOnHost[]): Promise<void> {
  for (const one of await machineObjects(call, machines)) await call.out(one);
}

/** A request that leads a machine into another state. */
interface Power {
  readonly name: string;
  readonly synopsis: string;
  /** What is done, for questions and failures. */
  readonly doing: string;
  readonly requested: number;
  /** States it may begin in. */
  readonly from: readonly number[];
  /** Where it leads. */
  readonly to: number;
  readonly more?: readonly Parameter[];
}

async function request(
  call: Call,
  machine: MachineOnHost,
  { doing, requested }: Pick<Power, "doing" | "requested">,
): Promise<void> {
  await ask(call, {
    path: machine.path,
    method: "RequestStateChange",
    parameters: { RequestedState: requested },
    what: `${doing} '${machine.name}'`,
    target: machine.name,
  });
}

function wrongState(machine: MachineOnHost, doing: string): Error {
  return invalid(
    `${doing} '${machine.name}' cannot be done in its current state: it is ${stateName(machine)}.`,
    machine.name,
  );
}

/** Does a request, unless the machine is there already or cannot go there. */
async function powerOf(
  call: Call,
  given: Given,
  { machine, power }: { readonly machine: MachineOnHost; readonly power: Power },
): Promise<void> {
  if (machine.state === power.to && !power.from.includes(machine.state)) {
    await call.warning(`${machine.name}: The virtual machine is already in the specified state.`);
    return putMachine(call, given, machine);
  }
  if (!power.from.includes(machine.state)) throw wrongState(machine, power.doing);
  if (!(await call.shouldProcess(machine.name, power.name))) return;
  await request(call, machine, power);
  return putMachine(call, given, machine);
}

function powerCmdlet(power: Power): Cmdlet {
  return cmdlet({
    name: power.name,
    module,
    outputs,
    synopsis: power.synopsis,
    standardSet: "Name",
    confirms: "asked",
    parameters: [...machineParameters, ...(power.more ?? []), passthru],
    open: (call): CmdletBody => ({
      process: (given) => eachMachine(call, given, (machine) => powerOf(call, given, { machine, power })),
    }),
  });
}

/** @cmdlet Start-VM full */
export const startVm = powerCmdlet({
  name: "Start-VM",
  synopsis: "Starts virtual machines, those that are saved where they were.",
  doing: "Starting",
  requested: 2,
  from: [off, saved],
  to: running,
});
/** @cmdlet Save-VM full */
export const saveVm = powerCmdlet({
  name: "Save-VM",
  synopsis: "Saves what virtual machines are doing, and turns them off.",
  doing: "Saving",
  requested: 32769,
  from: [running, paused],
  to: saved,
});
/** @cmdlet Suspend-VM full */
export const suspendVm = powerCmdlet({
  name: "Suspend-VM",
  synopsis: "Lets virtual machines stand still.",
  doing: "Pausing",
  requested: 32768,
  from: [running],
  to: paused,
});
/** @cmdlet Resume-VM full */
export const resumeVm = powerCmdlet({
  name: "Resume-VM",
  synopsis: "Lets virtual machines go on that stand still.",
  doing: "Resuming",
  requested: 2,
  from: [paused],
  to: running,
});
/** @cmdlet Restart-VM partial: no -Wait, -For, -Delay, -Timeout */
export const restartVm = powerCmdlet({
  name: "Restart-VM",
  synopsis: "Resets virtual machines, as the button of a computer does.",
  doing: "Resetting",
  requested: 10,
  from: [running],
  to: running,
  more: [force],
});
/** @cmdlet Remove-VMSavedState partial: no -VMSnapshot */
export const removeVmSavedState: Cmdlet = powerCmdlet({
  name: "Remove-VMSavedState",
  synopsis: "Forgets what virtual machines were doing when they were saved.",
  doing: "Deleting the saved state of",
  requested: 3,
  from: [saved],
  to: off,
});

/** @cmdlet Stop-VM full */
export const stopVm: Cmdlet = cmdlet({
  name: "Stop-VM",
  module,
  outputs,
  synopsis: "Shuts virtual machines down by their guests, saves them, or turns them off.",
  standardSet: "Name",
  confirms: "asked",
  parameters: [
    ...machineParameters,
    parameter("Save", "switch", "Saves what it is doing."),
    parameter("TurnOff", "switch", "Takes its power away, whatever it is doing."),
    parameter("Force", "switch", "Does not ask, and tells the guest not to wait for its programs."),
    passthru,
  ],
  open: (call) => ({
    async process(given) {
      if (given.flag("Save") && given.flag("TurnOff"))
        throw invalid("Either -Save or -TurnOff can be asked for.");
      await eachMachine(call, given, (machine) => stop(call, given, machine));
    },
  }),
});

async function stop(call: Call, given: Given, machine: MachineOnHost): Promise<void> {
  const hard = {
    name: "Stop-VM",
    synopsis: "",
    doing: "Turning off",
    requested: 3,
    from: [running, paused],
    to: off,
  };
  if (given.flag("Save"))
    return powerOf(call, given, {
      machine,
      power: { ...hard, doing: "Saving", requested: 32769, to: saved },
    });
  if (given.flag("TurnOff")) return powerOf(call, given, { machine, power: hard });
  if (machine.state === off) return powerOf(call, given, { machine, power: hard });
  if (machine.state !== running) throw wrongState(machine, "Shutting down");
  if (!(await call.shouldProcess(machine.name, "Stop-VM"))) return;
  await shutDown(call, machine, given.flag("Force"));
  return putMachine(call, given, machine);
}

/** Asks the guest to shut down, and waits until it has. */
async function shutDown(call: Call, machine: MachineOnHost, isForced: boolean): Promise<void> {
  const what = `Shutting down '${machine.name}'`;
  const [service] = await query(
    call,
    `SELECT * FROM Msvm_ShutdownComponent WHERE SystemName = ${quoted(machine.id)}`,
  );
  if (service === undefined)
    throw invalid(
      `${what}: the machine has no shutdown service; -TurnOff takes its power away.`,
      machine.name,
    );
  await ask(call, {
    path: service.path ?? "",
    method: "InitiateShutdown",
    parameters: { Force: isForced, Reason: "Stop-VM" },
    what,
    target: machine.name,
  });
  await waitUntil(
    call,
    "Msvm_ComputerSystem",
    async () => ((await lookAgain(call, machine))?.state ?? off) === off,
  );
}

/** @cmdlet Rename-VM partial: machines of the visitor */
export const renameVm: Cmdlet = cmdlet({
  name: "Rename-VM",
  module,
  outputs,
  synopsis: "Gives a virtual machine another name.",
  standardSet: "Name",
  confirms: "asked",
  parameters: [
    ...machineParameters,
    parameter("NewName", "text", "The other name.", { position: 1, mandatory: true }),
    passthru,
  ],
  open: (call) => ({
    process: (given) =>
      eachMachine(call, given, async (machine) => {
        if (!(await call.shouldProcess(machine.name, "Rename-VM"))) return;
        await askService(call, "machines", {
          method: "ModifyVirtualSystem",
          parameters: {
            ComputerSystem: machine.path,
            SystemSettingData: setting("Msvm_VirtualSystemSettingData", {
              InstanceID: `Microsoft:${machine.id}`,
              ElementName: given.text("NewName") ?? "",
            }),
          },
          what: `Renaming '${machine.name}'`,
          target: machine.name,
        });
        await putMachine(call, given, machine);
      }),
  }),
});

/** @cmdlet Remove-VM partial: machines of the visitor */
export const removeVm: Cmdlet = cmdlet({
  name: "Remove-VM",
  module,
  synopsis: "Removes virtual machines; their disks stay.",
  standardSet: "Name",
  confirms: "always",
  parameters: [...machineParameters, force],
  open: (call) => ({
    process: (given) =>
      eachMachine(call, given, async (machine) => {
        if (!(await call.shouldProcess(machine.name, "Remove-VM"))) return;
        await askService(call, "machines", {
          method: "DestroyVirtualSystem",
          parameters: { ComputerSystem: machine.path },
          what: `Removing '${machine.name}'`,
          target: machine.name,
        });
      }),
  }),
});

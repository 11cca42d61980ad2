import {
  type CimInstance,
  type CimValue,
  isInstance,
  isList,
  type MethodCall,
  type PropertySet,
} from "../../wmi/index.ts";
import { kvpMethods } from "./kvp-methods.ts";
import {
  completed,
  type Method,
  type MethodSurroundings,
  type MethodTable,
  machineNamed,
  outcome,
  targetMachine,
} from "./methods.ts";
import { resourceNamed, resourcePath, systemName } from "./names.ts";
import { addResource, type Change, type ChangeSurroundings } from "./resource-changes.ts";
import { editResource, removeResource } from "./resource-edits.ts";
import { ReturnCode } from "./return-codes.ts";
import { summaryOf } from "./summary.ts";
import { systemMethods } from "./system-methods.ts";
import type { WorldMachine } from "./world.ts";

/** The objects of an array parameter. */
function objectsOf(value: CimValue | undefined): readonly CimInstance[] {
  return value !== undefined && isList(value) ? value.filter(isInstance) : [];
}

function textsOf(value: CimValue | undefined): readonly string[] {
  return value !== undefined && isList(value) ? value.filter((one) => typeof one === "string") : [];
}

/** Something to do with each of several settings: all of it, or none. */
interface Row<T> {
  readonly machine: WorldMachine;
  readonly all: readonly T[];
  one(around: ChangeSurroundings, item: T): Promise<Change>;
}

/** Each change sees what the one before has made. @throws HvError of the one that failed; those before are taken back */
async function changeAll<T>(
  call: MethodCall,
  around: MethodSurroundings,
  row: Row<T>,
): Promise<readonly Change[]> {
  const { session, emptyDrives } = around;
  const done: Change[] = [];
  try {
    for (const item of row.all) {
      const world = around.world();
      const machine = machineNamed(world, systemName(row.machine.vm.id)) ?? row.machine;
      done.push(await row.one({ session, world, machine, emptyDrives, resolve: call.resolve }, item));
    }
  } catch (failure) {
    for (const change of done.reverse()) await change.undo();
    throw failure;
  }
  return done;
}

const addResources: Method = async (call, around) => {
  const machine = targetMachine(call, around.world(), call.parameters["TargetSystem"]);
  const all = objectsOf(call.parameters["ResourceSettingData"]);
  if (machine === null || all.length === 0) return outcome(ReturnCode.invalidParameter);
  const changes = await changeAll(call, around, { machine, all, one: addResource });
  const made = changes.map(({ name }) => resourcePath(machine.vm.id, name));
  return { returnValue: ReturnCode.completed, out: { NewResources: made } };
};

const modifyResources: Method = async (call, around) => {
  const machine = targetMachine(call, around.world(), call.parameters["ComputerSystem"]);
  const all = objectsOf(call.parameters["ResourceSettingData"]);
  if (machine === null || all.length === 0) return outcome(ReturnCode.invalidParameter);
  await changeAll(call, around, { machine, all, one: editResource });
  return completed;
};

const removeResources: Method = async (call, around) => {
  const machine = targetMachine(call, around.world(), call.parameters["TargetSystem"]);
  const paths = textsOf(call.parameters["ResourceSettingData"]);
  if (machine === null || paths.length === 0) return outcome(ReturnCode.invalidParameter);
  const all = paths.flatMap((path) => {
    const found = call.resolve(path);
    return (found && resourceNamed(machine.vm, String(found.properties["InstanceID"]))) ?? [];
  });
  if (all.length !== paths.length) return outcome(ReturnCode.invalidParameter);
  await changeAll(call, around, { machine, all, one: removeResource });
  return completed;
};

/** Numbers of facts at once. Reason: there are twenty. */
const mostFacts = 64;

const summaries: Method = async (call, around) => {
  const { SettingData: paths = null, RequestedInformation: wanted = null } = call.parameters;
  if (wanted === null || !isList(wanted) || wanted.length > mostFacts)
    return outcome(ReturnCode.invalidParameter);
  const world = around.world();
  const machines = paths === null ? world.machines : settingsOf(call, world.machines, textsOf(paths));
  if (machines === null) return outcome(ReturnCode.invalidParameter);
  const numbers = wanted.filter((one) => typeof one === "number");
  const found = machines.map((machine) => summaryOf(world, machine, numbers));
  return { returnValue: ReturnCode.completed, out: { SummaryInformation: found } };
};

/** The machines of settings' paths; `null` when one leads elsewhere. */
function settingsOf(
  { resolve }: MethodCall,
  machines: readonly WorldMachine[],
  paths: readonly string[],
): readonly WorldMachine[] | null {
  const found = paths.flatMap((path) => {
    const setting = resolve(path);
    const name =
      setting?.className === "Msvm_VirtualSystemSettingData" ? setting.properties["SystemName"] : null;
    return machines.filter(({ vm }) => systemName(vm.id) === name);
  });
  return found.length === paths.length ? found : null;
}

const formatError: Method = async ({ parameters }) => {
  const messages = objectsOf(parameters["Errors"]).flatMap(({ properties }: { properties: PropertySet }) => {
    const message = properties["Message"];
    return typeof message === "string" ? [message] : [];
  });
  return { returnValue: ReturnCode.completed, out: { ErrorMessage: messages.join("\n") } };
};

/** What the virtual machine management service does. */
export const managementMethods: MethodTable = {
  Msvm_VirtualSystemManagementService: {
    AddVirtualSystemResources: addResources,
    ModifyVirtualSystemResources: modifyResources,
    RemoveVirtualSystemResources: removeResources,
    GetSummaryInformation: summaries,
    FormatError: formatError,
    ...kvpMethods,
    ...systemMethods,
  },
};

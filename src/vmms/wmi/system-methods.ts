import { type CimInstance, isInstance, sameValue } from "../../wmi/index.ts";
import { globalObject, settingObject } from "./machine-objects.ts";
import { completed, jobStarted, type Method, outcome, targetMachine } from "./methods.ts";
import { settingPath } from "./names.ts";
import { ReturnCode } from "./return-codes.ts";
import type { WorldMachine } from "./world.ts";

/** What a machine is set to, by the class of the setting. */
const settings = {
  Msvm_VirtualSystemSettingData: settingObject,
  Msvm_VirtualSystemGlobalSettingData: globalObject,
} as const;

/** Renames a machine of the visitor. @wmi ModifyVirtualSystem partial: only ElementName is changed */
const modify: Method = async (call, { session, world }) => {
  const machine = targetMachine(call, world(), call.parameters["ComputerSystem"]);
  const wanted = call.parameters["SystemSettingData"] ?? null;
  if (machine === null || !isInstance(wanted)) return outcome(ReturnCode.invalidParameter);
  const { className, properties } = wanted;
  if (className !== "Msvm_VirtualSystemSettingData" && className !== "Msvm_VirtualSystemGlobalSettingData")
    return outcome(ReturnCode.invalidParameter);
  const now = settings[className](machine);
  if (!sameValue(properties["InstanceID"] ?? null, now["InstanceID"] ?? null))
    return outcome(ReturnCode.invalidParameter);
  if (!changesOnlyName(wanted, now)) return outcome(ReturnCode.notSupported);
  const name = properties["ElementName"];
  if (typeof name === "string" && name !== machine.vm.name) await session.renameMachine(machine.vm.id, name);
  const path = settingPath(className, String(now["InstanceID"]));
  return { ...completed, out: { ModifiedSettingData: path } };
};

/** A property that is left out stays as it is. */
function changesOnlyName({ properties }: CimInstance, now: CimInstance["properties"]): boolean {
  return Object.entries(properties).every(
    ([name, value]) => name === "ElementName" || value === null || sameValue(value, now[name] ?? null),
  );
}

/** Removes a machine of the visitor; its disks stay. @wmi DestroyVirtualSystem full */
const destroy: Method = async (call, around) => {
  const machine = targetMachine(call, around.world(), call.parameters["ComputerSystem"]);
  if (machine === null) return outcome(ReturnCode.invalidParameter);
  if (machine.vm.own !== true) return outcome(ReturnCode.accessDenied);
  if (!isAtRest(machine)) return outcome(ReturnCode.invalidState);
  return jobStarted(around.beginRemoval(machine));
};

function isAtRest({ vm }: WorldMachine): boolean {
  return vm.state === "off" || vm.state === "saved";
}

/** Methods of the management service for a machine as a whole. */
export const systemMethods: { readonly [method: string]: Method } = {
  ModifyVirtualSystem: modify,
  DestroyVirtualSystem: destroy,
};

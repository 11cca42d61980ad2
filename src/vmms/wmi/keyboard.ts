import type { KeyboardLayout, KeyName, VmGuid } from "../../hvdef/index.ts";
import { isList, type MethodCall, type MethodResult } from "../../wmi/index.ts";
import {
  completed,
  type Method,
  type MethodSurroundings,
  type MethodTable,
  machineNamed,
  outcome,
} from "./methods.ts";
import { partPath, settingId, systemName } from "./names.ts";
import { ReturnCode } from "./return-codes.ts";
import { keyOfCode } from "./virtual-keys.ts";
import type { InstanceTable, WorldMachine } from "./world.ts";

const className = "Msvm_Keyboard";
/** Ours: a keyboard has no instance on a bus before the guest's driver listens. */
const keyboardId = "7AB71502-0000-4000-8000-00000000001B";
/** Names of layouts in Windows. */
const layouts: { readonly [L in KeyboardLayout]: string } = { us: "00000409", german: "00000407" };
const notApplicable = 5;

const deviceId = (vm: VmGuid): string => `${settingId(vm)}\\${keyboardId}`;

/** Keyboards: every machine has one. */
export const keyboardObjects: InstanceTable = {
  [className]: ({ machines }) =>
    machines.map(({ vm }) => ({
      SystemCreationClassName: "Msvm_ComputerSystem",
      SystemName: systemName(vm.id),
      CreationClassName: className,
      DeviceID: deviceId(vm.id),
      Name: "Keyboard",
      ElementName: "Keyboard",
      Caption: "Keyboard",
      Description: "Microsoft Virtual Keyboard",
      EnabledState: notApplicable,
      RequestedState: 12,
      EnabledDefault: 2,
      HealthState: 5,
      OperationalStatus: [2],
      IsLocked: false,
      NumberOfFunctionKeys: 12,
      Layout: layouts[vm.input.layout],
    })),
};

/** Path of a machine's keyboard. */
export function keyboardPath({ vm }: WorldMachine): string {
  return partPath(className, systemName(vm.id), ["DeviceID", deviceId(vm.id)]);
}

/** A method of the keyboard of a machine that runs: nobody reads what is typed into another. */
function typing(
  work: (call: MethodCall, around: MethodSurroundings, vm: VmGuid) => Promise<MethodResult>,
): Method {
  return async (call, around) => {
    const machine = machineNamed(around.world(), call.target.properties["SystemName"]);
    if (machine === null) return outcome(ReturnCode.systemNotAvailable);
    if (machine.vm.state !== "running") return outcome(ReturnCode.invalidState);
    return work(call, around, machine.vm.id);
  };
}

/** A method of one key. */
function onKey(
  work: (session: MethodSurroundings["session"], vm: VmGuid, key: KeyName) => Promise<unknown>,
): Method {
  return typing(async ({ parameters }, { session }, vm) => {
    const code = parameters["keyCode"];
    const key = typeof code === "number" ? keyOfCode(code) : null;
    if (key === null) return outcome(ReturnCode.invalidParameter);
    const found = await work(session, vm, key);
    return typeof found === "boolean" ? { ...completed, out: { keyState: found } } : completed;
  });
}

/** What keyboards do. @wmi Msvm_Keyboard */
export const keyboardMethods: MethodTable = {
  [className]: {
    TypeText: typing(async ({ parameters }, { session }, vm) => {
      const text = parameters["asciiText"];
      if (typeof text !== "string") return outcome(ReturnCode.invalidParameter);
      await session.typeText(vm, text);
      return completed;
    }),
    TypeKey: onKey((session, vm, key) => session.typeKey(vm, key)),
    PressKey: onKey((session, vm, key) => session.pressKey(vm, key)),
    ReleaseKey: onKey((session, vm, key) => session.releaseKey(vm, key)),
    IsKeyPressed: onKey((session, vm, key) => session.isKeyPressed(vm, key)),
    TypeCtrlAltDel: typing(async (_call, { session }, vm) => {
      await session.typeCtrlAltDel(vm);
      return completed;
    }),
    TypeScancodes: typing(async ({ parameters }, { session }, vm) => {
      const codes = parameters["Scancodes"] ?? null;
      if (codes === null || !isList(codes)) return outcome(ReturnCode.invalidParameter);
      await session.typeScancodes(
        vm,
        codes.filter((code) => typeof code === "number"),
      );
      return completed;
    }),
  },
};

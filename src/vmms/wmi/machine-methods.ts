import type { VmState } from "../../hvdef/index.ts";
import { decidePower, type PowerRequest } from "../power.ts";
import { completed, jobStarted, type Method, type MethodTable, machineNamed, outcome } from "./methods.ts";
import { ReturnCode } from "./return-codes.ts";

/** @wmi RequestStateChange.RequestedState */
const requests: { readonly [state: number]: (now: VmState) => PowerRequest } = {
  2: (now) => (now === "paused" || now === "pausedCritical" ? "resume" : "start"),
  // Off, of a machine that is saved, is to forget its state.
  3: (now) => (now === "saved" ? "deleteSavedState" : "turnOff"),
  10: () => "reset",
  32768: () => "pause",
  32769: () => "save",
};

/** @wmi Msvm_ComputerSystem.RequestStateChange partial: no TimeoutPeriod */
const requestStateChange: Method = async ({ target, parameters }, around) => {
  const machine = machineNamed(around.world(), target.properties["Name"]);
  const wanted = parameters["RequestedState"];
  if (machine === null) return outcome(ReturnCode.notSupported);
  const requestOf = typeof wanted === "number" ? requests[wanted] : undefined;
  if (requestOf === undefined) return outcome(ReturnCode.invalidParameter);
  const request = requestOf(machine.vm.state);
  const decision = decidePower(machine.vm.name, machine.vm.state, request);
  if ("refused" in decision) return outcome(ReturnCode.invalidState);
  return jobStarted(around.beginPower(machine, request));
};

/** @wmi Msvm_ShutdownComponent.InitiateShutdown partial: Force means nothing to the guests of today */
const initiateShutdown: Method = async ({ target, parameters }, { session, world }) => {
  const machine = machineNamed(world(), target.properties["SystemName"]);
  if (machine === null) return outcome(ReturnCode.systemNotAvailable);
  const reason = parameters["Reason"];
  await session.shutDown(machine.vm.id, typeof reason === "string" ? reason : "");
  return completed;
};

/** What machines do. */
export const machineMethods: MethodTable = {
  Msvm_ComputerSystem: { RequestStateChange: requestStateChange },
  Msvm_ShutdownComponent: { InitiateShutdown: initiateShutdown },
};

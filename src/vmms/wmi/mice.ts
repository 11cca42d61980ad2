import { type InputDevice, type PointerReport, pointerSpan, type VmGuid } from "../../hvdef/index.ts";
import type { MethodCall, MethodResult, PropertySet } from "../../wmi/index.ts";
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
import type { InstanceTable, WorldMachine } from "./world.ts";

/** One of the two mice that every machine has. */
interface Mouse {
  readonly className: string;
  /** Ours: a mouse has no instance on a bus before the guest's driver listens. */
  readonly id: string;
  readonly device: InputDevice;
  readonly buttons: number;
  /** The parameter that tells whether a button is down. */
  readonly downName: string;
  readonly facts: PropertySet;
}

const synthetic: Mouse = {
  className: "Msvm_SyntheticMouse",
  id: "7AB71502-0000-4000-8000-00000000001C",
  device: "synthetic",
  buttons: 5,
  downName: "isDown",
  facts: { Description: "Microsoft Synthetic Mouse", AbsoluteCoordinates: true },
};
const emulated: Mouse = {
  className: "Msvm_Ps2Mouse",
  id: "7AB71502-0000-4000-8000-00000000001D",
  device: "emulated",
  buttons: 3,
  downName: "buttonState",
  facts: { Description: "Microsoft Emulated Mouse" },
};
const mice = [synthetic, emulated] as const;

const deviceId = (vm: VmGuid, { id }: Mouse): string => `${settingId(vm)}\\${id}`;

/** Mice: every machine has both. */
export const mouseObjects: InstanceTable = Object.fromEntries(
  mice.map((mouse) => [
    mouse.className,
    ({ machines }) => machines.map((machine) => mouseObject(machine, mouse)),
  ]),
);

function mouseObject({ vm }: WorldMachine, mouse: Mouse): PropertySet {
  return {
    SystemCreationClassName: "Msvm_ComputerSystem",
    SystemName: systemName(vm.id),
    CreationClassName: mouse.className,
    DeviceID: deviceId(vm.id, mouse),
    Name: "Mouse",
    ElementName: "Mouse",
    Caption: "Mouse",
    EnabledState: 2,
    RequestedState: 12,
    EnabledDefault: 2,
    HealthState: 5,
    OperationalStatus: [2],
    IsLocked: false,
    PointingType: 3,
    NumberOfButtons: mouse.buttons,
    ...mouse.facts,
  };
}

/** Paths of a machine's mice. */
export function mousePaths({ vm }: WorldMachine): readonly string[] {
  return mice.map((mouse) =>
    partPath(mouse.className, systemName(vm.id), ["DeviceID", deviceId(vm.id, mouse)]),
  );
}

type MouseWork = (call: MethodCall, around: MethodSurroundings, vm: VmGuid) => Promise<MethodResult>;

/** A method of a mouse that the guest listens to: the other one moves nothing. */
function pointing({ device }: Mouse, work: MouseWork): Method {
  return async (call, around) => {
    const machine = machineNamed(around.world(), call.target.properties["SystemName"]);
    if (machine === null) return outcome(ReturnCode.systemNotAvailable);
    const { id, state, input } = machine.vm;
    if (state !== "running" || input.mouse !== device) return outcome(ReturnCode.invalidState);
    return work(call, around, id);
  };
}

/** A method of one button; `bit` is its own in the buttons of a report. */
function onButton(
  mouse: Mouse,
  work: (
    call: MethodCall,
    around: MethodSurroundings,
    of: { vm: VmGuid; bit: number },
  ) => Promise<MethodResult>,
): Method {
  return pointing(mouse, async (call, around, vm) => {
    const index = call.parameters["buttonIndex"];
    if (typeof index !== "number" || index < 1 || index > mouse.buttons)
      return outcome(ReturnCode.invalidParameter);
    return work(call, around, { vm, bit: 1 << (index - 1) });
  });
}

/** Where it is stays as it was, whichever mouse it is. */
function still(buttons: number, wheel = 0): PointerReport {
  return { kind: "relative", dx: 0, dy: 0, buttons, wheel };
}

/** What both mice do. */
function commonMethods(mouse: Mouse): MethodTable[string] {
  return {
    SetButtonState: onButton(mouse, async ({ parameters }, { session, buttons }, { vm, bit }) => {
      const down = parameters[mouse.downName];
      if (typeof down !== "boolean") return outcome(ReturnCode.invalidParameter);
      const next = down ? buttons.of(vm) | bit : buttons.of(vm) & ~bit;
      buttons.set(vm, next);
      await session.movePointer(vm, [still(next)]);
      return completed;
    }),
    GetButtonState: onButton(mouse, async (_call, { buttons }, { vm, bit }) => ({
      ...completed,
      out: { [mouse.downName]: (buttons.of(vm) & bit) !== 0 },
    })),
    ClickButton: onButton(mouse, async (_call, { session, buttons }, { vm, bit }) => {
      const others = buttons.of(vm) & ~bit;
      buttons.set(vm, others);
      await session.movePointer(vm, [still(others | bit), still(others)]);
      return completed;
    }),
    SetScrollPosition: pointing(mouse, async ({ parameters }, { session, buttons }, vm) => {
      const wheel = parameters["scrollPositionDelta"];
      if (typeof wheel !== "number") return outcome(ReturnCode.invalidParameter);
      await session.movePointer(vm, [still(buttons.of(vm), wheel)]);
      return completed;
    }),
  };
}

const setPlace = pointing(synthetic, async ({ parameters }, { session, buttons }, vm) => {
  const { horizontalPosition: x, verticalPosition: y } = parameters;
  if (!isPlace(x) || !isPlace(y)) return outcome(ReturnCode.invalidParameter);
  await session.movePointer(vm, [{ kind: "absolute", x, y, buttons: buttons.of(vm), wheel: 0 }]);
  return completed;
});

function isPlace(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= pointerSpan;
}

const move = pointing(emulated, async ({ parameters }, { session, buttons }, vm) => {
  const { horizontalDelta: dx, verticalDelta: dy } = parameters;
  if (typeof dx !== "number" || typeof dy !== "number") return outcome(ReturnCode.invalidParameter);
  await session.movePointer(vm, [{ kind: "relative", dx, dy, buttons: buttons.of(vm), wheel: 0 }]);
  return completed;
});

/** What mice do. @wmi Msvm_SyntheticMouse, Msvm_Ps2Mouse */
export const mouseMethods: MethodTable = {
  [synthetic.className]: { ...commonMethods(synthetic), SetAbsolutePosition: setPlace },
  [emulated.className]: { ...commonMethods(emulated), SetRelativePosition: move },
};

import type { ClassSource, MethodSource } from "../schema/model.ts";

const onKey: MethodSource = { in: { keyCode: "uint32" } };
const scroll: MethodSource = { in: { scrollPositionDelta: "sint32" } };
const click: MethodSource = { in: { buttonIndex: "uint32" } };

/**
 * What a person has before a virtual machine. Every machine has it, with power or without.
 * @wmi Msvm_Keyboard partial: no locks, no power
 * @wmi Msvm_SyntheticMouse partial: places are shares of the screen
 * @wmi Msvm_Ps2Mouse partial: three buttons
 */
export const consoleClasses: readonly ClassSource[] = [
  {
    name: "CIM_UserDevice",
    extends: "CIM_LogicalDevice",
    abstract: true,
    description: "A device for people.",
    properties: { IsLocked: "boolean" },
  },
  {
    name: "Msvm_Keyboard",
    extends: "CIM_UserDevice",
    description: "The keyboard of a virtual machine. Key codes are the virtual-key codes of Windows.",
    properties: { NumberOfFunctionKeys: "uint16", Layout: "string" },
    values: { EnabledState: { 5: "Not Applicable" } },
    methods: {
      TypeText: { in: { asciiText: "string" } },
      TypeKey: onKey,
      PressKey: onKey,
      ReleaseKey: onKey,
      IsKeyPressed: { ...onKey, out: { keyState: "boolean" } },
      TypeCtrlAltDel: {},
      TypeScancodes: { in: { Scancodes: "uint8[]" } },
    },
  },
  {
    name: "CIM_PointingDevice",
    extends: "CIM_UserDevice",
    abstract: true,
    description: "A mouse.",
    properties: { PointingType: "uint16", NumberOfButtons: "uint8" },
    values: { PointingType: { 3: "Mouse" } },
  },
  {
    name: "Msvm_SyntheticMouse",
    extends: "CIM_PointingDevice",
    description:
      "The mouse of a guest with the driver for it. Places: 0 to 32767 over the screen, whatever its size. Buttons: 1 left, 2 right, 3 middle.",
    properties: { AbsoluteCoordinates: "boolean" },
    methods: {
      SetAbsolutePosition: { in: { horizontalPosition: "sint32", verticalPosition: "sint32" } },
      SetButtonState: { in: { buttonIndex: "uint32", isDown: "boolean" } },
      GetButtonState: { in: { buttonIndex: "uint32" }, out: { isDown: "boolean" } },
      ClickButton: click,
      SetScrollPosition: scroll,
    },
  },
  {
    name: "Msvm_Ps2Mouse",
    extends: "CIM_PointingDevice",
    description: "The mouse of a guest without the driver for the synthetic one.",
    methods: {
      SetRelativePosition: { in: { horizontalDelta: "sint8", verticalDelta: "sint8" } },
      SetButtonState: { in: { buttonIndex: "uint32", buttonState: "boolean" } },
      GetButtonState: { in: { buttonIndex: "uint32" }, out: { buttonState: "boolean" } },
      ClickButton: click,
      SetScrollPosition: scroll,
    },
  },
];

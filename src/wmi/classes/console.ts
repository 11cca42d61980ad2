import type { ClassSource, MethodSource } from "../schema/model.ts";

const onKey: MethodSource = { in: { keyCode: "uint32" } };

/**
 * What a person has before a virtual machine. Every machine has it, with power or without.
 * @wmi Msvm_Keyboard partial: no locks, no power
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
];

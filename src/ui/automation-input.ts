import {
  type InputDevice,
  type InputSession,
  type KeyboardLayout,
  type KeyName,
  pointerSpan,
} from "../hvdef/index.ts";
import { chordCodes } from "./chord-codes.ts";
import type { VmView } from "./host.ts";

/** `tabvisor.keyboard(name)`: the keyboard of one machine, for scripts. */
export interface AutomationKeyboard {
  /** Which of its keyboards the guest is typed to on. */
  device(): InputDevice;
  /** Types a text on the machine's layout; settles when all of it is typed. */
  typeText(text: string): Promise<void>;
  /** Presses keys together, by their names in a browser: `press("ControlLeft", "KeyC")`. */
  press(...keys: readonly KeyName[]): Promise<void>;
  ctrlAltDel(): Promise<void>;
  layout(): KeyboardLayout;
  setLayout(layout: KeyboardLayout): Promise<void>;
}

/** `tabvisor.mouse(name)`: the mouse of one machine, for scripts. */
export interface AutomationMouse {
  /** Which of its mice the guest is pointed with. */
  device(): InputDevice;
  /** Shares of the screen, 0 to 1, from the top left; for a synthetic mouse. */
  moveTo(x: number, y: number): Promise<void>;
  /** Counts of the mouse, right and down; for an emulated one. */
  moveBy(dx: number, dy: number): Promise<void>;
  /** Presses a button where the pointer is. @param button  1 left, 2 right, 4 middle, 8 back, 16 forward */
  click(button?: number): Promise<void>;
  /** Notches of the wheel, up is positive. */
  scroll(notches: number): Promise<void>;
}

/** Builds the keyboard. @param find  the machine as it is now, or throws */
export function automationKeyboard(input: InputSession, find: () => VmView): AutomationKeyboard {
  const { id } = find();
  return {
    device: () => find().input.keyboard,
    typeText: (text) => input.typeText(id, text),
    press: (...keys) => input.typeScancodes(id, chordCodes(keys)),
    ctrlAltDel: () => input.typeCtrlAltDel(id),
    layout: () => find().input.layout,
    setLayout: (layout) => input.setKeyboardLayout(id, layout),
  };
}

/** Builds the mouse. @param find  the machine as it is now, or throws */
export function automationMouse(input: InputSession, find: () => VmView): AutomationMouse {
  const { id } = find();
  let place = { x: 0, y: 0 };
  /** What the mouse in use understands: a place, or no movement. */
  const still = (buttons: number, wheel: number) =>
    find().input.mouse === "synthetic"
      ? ({ kind: "absolute", ...place, buttons, wheel } as const)
      : ({ kind: "relative", dx: 0, dy: 0, buttons, wheel } as const);
  return {
    device: () => find().input.mouse,
    moveTo(x, y) {
      place = { x: Math.round(x * pointerSpan), y: Math.round(y * pointerSpan) };
      return input.movePointer(id, [{ kind: "absolute", ...place, buttons: 0, wheel: 0 }]);
    },
    moveBy: (dx, dy) => input.movePointer(id, [{ kind: "relative", dx, dy, buttons: 0, wheel: 0 }]),
    click: (button = 1) => input.movePointer(id, [still(button, 0), still(0, 0)]),
    scroll: (notches) => input.movePointer(id, [still(0, notches)]),
  };
}

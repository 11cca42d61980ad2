import type { VmGuid } from "./ids.ts";
import type { KeyName } from "./keys.ts";

/** Which device of a machine gets what is typed or pointed at. `none`: the machine is off. */
export type InputDevice = "none" | "emulated" | "synthetic";

/** What is printed on the keyboard that the guest believes it has. Only typed text asks for it. */
export type KeyboardLayout = "us" | "german";

/** All of them, the usual one first. */
export const keyboardLayouts: readonly KeyboardLayout[] = ["us", "german"];

/** Keyboard and mouse of a machine, as they are now. */
export interface InputSummary {
  readonly keyboard: InputDevice;
  readonly mouse: InputDevice;
  readonly layout: KeyboardLayout;
  /** The text that is being typed: characters done, and all of them. */
  readonly typing: { readonly done: number; readonly all: number } | null;
}

/** Bits of a pointer's buttons, the same in a browser, in a report of the synthetic mouse and here. */
export const PointerButton = { left: 1, right: 2, middle: 4, back: 8, forward: 16 } as const;

/** The right and the bottom edge of the screen, whatever its size. */
export const pointerSpan = 0x7fff;

/**
 * What the pointer did: all buttons that are down now, and the wheel's notches since the last report, up is positive.
 * A synthetic mouse is told a place, an emulated one a movement; a report of the other kind moves nothing.
 */
export type PointerReport =
  /** 0 to {@link pointerSpan}, over the screen. */
  | {
      readonly kind: "absolute";
      readonly x: number;
      readonly y: number;
      readonly buttons: number;
      readonly wheel: number;
    }
  /** To the right and down are positive, in the mouse's own counts. */
  | {
      readonly kind: "relative";
      readonly dx: number;
      readonly dy: number;
      readonly buttons: number;
      readonly wheel: number;
    };

/** What an emulated mouse is told. */
export type PointerMovement = Extract<PointerReport, { kind: "relative" }>;

/**
 * Main → parent: keyboard and mouse of machines. Whatever a machine that does not run is given is lost.
 * @wmi Msvm_Keyboard, Msvm_SyntheticMouse, Msvm_Ps2Mouse
 */
export interface InputSession {
  /** Bytes as a keyboard sends them (set 1), in order. A batch of events is one call. */
  typeScancodes(vm: VmGuid, codes: readonly number[]): Promise<void>;
  pressKey(vm: VmGuid, key: KeyName): Promise<void>;
  releaseKey(vm: VmGuid, key: KeyName): Promise<void>;
  typeKey(vm: VmGuid, key: KeyName): Promise<void>;
  typeCtrlAltDel(vm: VmGuid): Promise<void>;
  isKeyPressed(vm: VmGuid, key: KeyName): Promise<boolean>;
  /** Every key and button that is down goes up: whoever typed looks elsewhere. */
  releaseAll(vm: VmGuid): Promise<void>;
  /**
   * Types a text on the machine's layout; answers when all of it is typed.
   * @throws HvError `input.untypable` when the layout lacks a character, and then nothing is typed; `input.notRead`,
   *         `input.stopped`, `input.busy`, `vm.state`
   */
  typeText(vm: VmGuid, text: string): Promise<void>;
  /** What is left of a text is not typed. */
  stopTyping(vm: VmGuid): Promise<void>;
  /** Kept. */
  setKeyboardLayout(vm: VmGuid, layout: KeyboardLayout): Promise<void>;
  /** What the pointer did, in order. */
  movePointer(vm: VmGuid, reports: readonly PointerReport[]): Promise<void>;
}

/** Parent → child: the emulated keyboard and mouse. Neither waits for other calls. */
export interface EmulatedInput {
  /** Scan codes of whole keys. Those that find no room are lost. @returns bytes that the guest has not taken yet */
  keyboardInput(codes: readonly number[]): Promise<number>;
  mouseInput(movements: readonly PointerMovement[]): Promise<void>;
}

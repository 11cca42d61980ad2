import type { InputSession } from "../../src/hvdef/index.ts";

const nothing = async (): Promise<void> => {};

/** Keyboards and mice that nobody touches. */
export const quietInput: InputSession = {
  typeScancodes: nothing,
  pressKey: nothing,
  releaseKey: nothing,
  typeKey: nothing,
  typeCtrlAltDel: nothing,
  isKeyPressed: async () => false,
  releaseAll: nothing,
  typeText: nothing,
  stopTyping: nothing,
  setKeyboardLayout: nothing,
  movePointer: nothing,
};

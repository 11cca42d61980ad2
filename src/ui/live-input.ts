import type { InputSession } from "../hvdef/index.ts";

/** Keyboard and mouse of machines for the views. @param session  settles when the parent answers; calls wait for it */
export function openLiveInput(session: Promise<InputSession>): InputSession {
  return {
    typeScancodes: async (vm, codes) => (await session).typeScancodes(vm, codes),
    pressKey: async (vm, key) => (await session).pressKey(vm, key),
    releaseKey: async (vm, key) => (await session).releaseKey(vm, key),
    typeKey: async (vm, key) => (await session).typeKey(vm, key),
    typeCtrlAltDel: async (vm) => (await session).typeCtrlAltDel(vm),
    isKeyPressed: async (vm, key) => (await session).isKeyPressed(vm, key),
    releaseAll: async (vm) => (await session).releaseAll(vm),
    typeText: async (vm, text) => (await session).typeText(vm, text),
    stopTyping: async (vm) => (await session).stopTyping(vm),
    setKeyboardLayout: async (vm, layout) => (await session).setKeyboardLayout(vm, layout),
    movePointer: async (vm, reports) => (await session).movePointer(vm, reports),
  };
}

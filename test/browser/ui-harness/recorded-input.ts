import type { Signal } from "@preact/signals";
import type { InputSession, InputSummary, VmGuid, VmState } from "../../../src/hvdef/index.ts";
import type { VmView } from "../../../src/ui/index.ts";

/** Keyboard and mouse of a machine in a scene. */
export function recordedInputOf(state: VmState, name: string): InputSummary {
  const device = state === "off" ? "none" : name === "DOS" ? "emulated" : "synthetic";
  return { keyboard: device, mouse: device, layout: "us", typing: null };
}

/** Plays keyboards that type slowly and refuse what no keyboard has. */
export function openRecordedInput(
  change: (id: VmGuid, more: Partial<VmView>) => void,
  vms: Signal<readonly VmView[]>,
): InputSession {
  let stopped = false;
  const inputOf = (id: VmGuid) => vms.value.find((vm) => vm.id === id)?.input ?? recordedInputOf("off", "");
  const show = (id: VmGuid, more: Partial<InputSummary>) =>
    change(id, { input: { ...inputOf(id), ...more } });
  return {
    typeScancodes: async () => {},
    pressKey: async () => {},
    releaseKey: async () => {},
    typeKey: async () => {},
    typeCtrlAltDel: async () => {},
    isKeyPressed: async () => false,
    releaseAll: async () => {},
    async typeText(id, text) {
      if (text.includes("中"))
        throw new Error(
          "The US keyboard cannot type “中” (U+4E2D). Nothing was typed. Choose another layout, or leave these characters out",
        );
      stopped = false;
      for (let done = 0; done < text.length && !stopped; done += 8) {
        show(id, { typing: { done, all: text.length } });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      show(id, { typing: null });
      if (stopped) throw new Error("Typing stopped");
    },
    async stopTyping() {
      stopped = true;
    },
    setKeyboardLayout: async (id, layout) => show(id, { layout }),
    movePointer: async () => {},
  };
}

import type { InputDevice, InputSession, PointerReport, VmGuid } from "../../src/hvdef/index.ts";
import type { VmView } from "../../src/ui/index.ts";

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

/** A running machine whose keyboard and mouse are of this kind, and which has nothing else. */
export function inputMachine(device: InputDevice): VmView {
  return {
    id: "of web01" as VmGuid,
    name: "web01",
    description: "",
    state: "running",
    memoryBytes: 1,
    drives: [],
    scsiControllers: 0,
    adapters: [],
    integration: [],
    shutdown: "none",
    freeze: "thawed",
    input: { keyboard: device, mouse: device, layout: "us", typing: null },
    partition: null,
    trouble: null,
    processor: 0,
    notResponding: false,
  };
}

/** A session that writes down the keys and movements it is given. */
export function writtenInput() {
  const codes: number[] = [];
  const reports: PointerReport[] = [];
  const input: InputSession = {
    ...quietInput,
    typeScancodes: async (_, more) => void codes.push(...more),
    movePointer: async (_, more) => void reports.push(...more),
  };
  return { input, codes, reports };
}

import type { EmulatedInput } from "../../src/hvdef/index.ts";
import { type Clock, micros } from "../../src/support/index.ts";
import { type InputServices, openInputServices } from "../../src/vmms/index.ts";
import { type MachineInput, openMachineInput } from "../../src/vmms/input/machine-input.ts";

/** Keyboard and mouse of a machine that runs, as the management service has them. */
export interface LabInput {
  readonly input: MachineInput;
  readonly services: InputServices;
  /** Times that something of its summary was another. */
  changes(): number;
  setRunning(running: boolean): void;
  begin(emulated: EmulatedInput): void;
}

const realClock: Clock = { now: () => micros(performance.now() * 1000) };

/** Opens them. Time is the thread's unless another is given. */
export function labInput(
  options: { readonly clock?: Clock; readonly pause?: (time: number) => Promise<void> } = {},
): LabInput {
  let changes = 0;
  let running = true;
  const input = openMachineInput(
    { layout: "us" },
    {
      name: "web01",
      clock: options.clock ?? realClock,
      pause: options.pause ?? ((time) => new Promise((resolve) => setTimeout(resolve, time / 1000))),
      isRunning: () => running,
      keep: async () => {},
      changed: () => void changes++,
    },
  );
  const services = openInputServices(input.options());
  return {
    input,
    services,
    changes: () => changes,
    setRunning(next) {
      running = next;
    },
    begin: (emulated) => input.begin(services, emulated),
  };
}

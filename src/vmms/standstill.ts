import type { VmState } from "../hvdef/index.ts";
import { HvError } from "../support/index.ts";

/** What standing still needs of its machine. */
export interface StandstillOf {
  readonly name: string;
  tell(level: "info" | "error", text: string): void;
  /** What is shown of the machine is to be shown anew. */
  changed(): void;
  state(): VmState;
  trouble(): string | null;
  setTrouble(text: string | null): void;
  /** Runs a request on the worker process. */
  ask(request: "pause" | "resume", during: VmState, after: VmState): Promise<void>;
  /** Carries out what waited for space. Answers whether all of it went through. */
  retryDisks(): boolean;
}

/** How a machine whose disks have no space left stands still, and goes on by itself. */
export interface Standstill {
  /** A disk has no space left. In a state between states it is remembered until the machine runs. */
  full(): void;
  /** The machine runs. */
  entered(): void;
  /** What waited is no more: the guest that wanted it ended. */
  forget(): void;
  /** Goes on because somebody asked. @throws HvError `vm.noSpace` when there is still none */
  goOn(): Promise<void>;
  /** Goes on when it stands still and there is space again. @throws HvError `vm.noSpace` when there is still none */
  retry(): Promise<void>;
}

/** Opens this of a machine that has all the space it wants. */
export function openStandstill(machine: StandstillOf): Standstill {
  const { name, tell, state, setTrouble } = machine;
  let stalled = false;

  function standStill(): void {
    const text = `The storage of this browser is full: ${name} stands still in the middle of a write. Free some space; it goes on by itself.`;
    setTrouble(text);
    tell("error", text);
    // A guest that cannot be paused goes on, and its disk requests wait all the same.
    machine.ask("pause", "pausing", "pausedCritical").catch(() => {});
  }
  function carryOut(): void {
    if (!machine.retryDisks())
      throw new HvError("vm.noSpace", `There is still no space for the disks of ${name}.`, {
        hresult: 0x80070070,
      });
    stalled = false;
  }
  async function goOn(): Promise<void> {
    carryOut();
    const before = machine.trouble();
    setTrouble(null);
    try {
      await machine.ask("resume", "resuming", "running");
    } catch (failure) {
      if (state() === "pausedCritical") setTrouble(before);
      throw failure;
    }
  }
  return {
    full() {
      stalled = true;
      if (state() === "running") standStill();
    },
    entered() {
      if (stalled) standStill();
    },
    forget() {
      stalled = false;
    },
    goOn,
    async retry() {
      if (state() === "pausedCritical") await goOn();
      else if (state() === "running" && stalled) {
        // It could not be paused: only its requests wait.
        carryOut();
        setTrouble(null);
        machine.changed();
      } else return;
      tell("info", `There is space again: ${name} goes on.`);
    },
  };
}

import { openEngine } from "../../../src/hal/v86/engine.ts";
import { usualBootOrder } from "../../../src/hvdef/index.ts";
import { micros } from "../../../src/support/index.ts";
import type { Engine, EngineAdapter, EngineDrive, Exit, Intercepts } from "../../../src/vid/index.ts";
import { engineCore } from "../../lab/worker.ts";
import { origin } from "./assembler.ts";

/** A real machine that runs a flat program in protected mode, interrupts off. */
export interface TinyMachine {
  readonly engine: Engine;
  /** Runs slices until then, with turns of the event loop for the engine's compiler. @returns the last exit */
  runUntil(look: (exit: Exit) => boolean, timeoutMs?: number): Promise<Exit>;
}

/** Intercepts of nobody. */
export const noIntercepts: Intercepts = {
  cpuid: () => null,
  readMsr: () => null,
  writeMsr: () => false,
  timers: () => micros(100_000),
};

/** Starts the program at {@link origin} in 4 MiB of RAM. */
export async function openTinyMachine(
  program: Uint8Array<ArrayBuffer>,
  intercepts: Intercepts = noIntercepts,
  drives: readonly EngineDrive[] = [],
  adapters: readonly EngineAdapter[] = [],
): Promise<TinyMachine> {
  const ready = await openEngine(
    { core: engineCore() },
    {
      memoryBytes: 4 << 20,
      bios: null,
      clock: { now: () => micros(performance.now() * 1000) },
      drives,
      adapters,
      bootOrder: usualBootOrder,
      diskFailed() {},
    },
  );
  const { engine } = ready;
  ready.connect(intercepts);
  engine.memory.bytes().set(program, origin);
  ready.boot.startProtected({ eip: origin, esi: 0 });
  return {
    engine,
    async runUntil(look, timeoutMs = 60_000) {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const exit = engine.run();
        if (look(exit)) return exit;
        if (exit.kind !== "budget" && exit.kind !== "halt") return exit;
        if (performance.now() > end) throw new Error(`the tiny guest is still at ${JSON.stringify(exit)}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

import {
  type Outcome,
  openPowerShell,
  type Piece,
  type ShellSurroundings,
} from "../../src/powershell/index.ts";
import { micros } from "../../src/support/index.ts";
import { openNamespace, openSchema, virtualizationClasses, type WmiSession } from "../../src/wmi/index.ts";

/** A namespace without objects, for what asks no host. */
export function emptySession(): WmiSession {
  return openNamespace({
    schema: openSchema(virtualizationClasses),
    place: { server: "LAB", namespace: "root\\virtualization" },
    wallClock: () => 0,
    provider: {
      read: () => null,
      instances: () => [],
      invoke: async () => ({ returnValue: 32770, out: {} }),
    },
  }).session;
}

/** What a run has shown and put out. */
export interface Shown {
  readonly text: string;
  readonly pieces: readonly Piece[];
  readonly outcome: Outcome;
}

/** A shell of the lab: its clock is real, its sleep is over at once, its wall stands at 2011-02-22 21:30:15 UTC. */
export function labShell(session: WmiSession = emptySession(), more: Partial<ShellSurroundings> = {}) {
  let bits = 1;
  const slept: number[] = [];
  const shell = openPowerShell({
    session,
    clock: { now: () => micros(performance.now() * 1000) },
    wallClock: () => Date.UTC(2011, 1, 22, 21, 30, 15),
    minutesAhead: () => 60,
    random: () => {
      bits = (Math.imul(bits, 1_103_515_245) + 12_345) >>> 0;
      return bits / 2 ** 32;
    },
    sleep: async (millis) => {
      slept.push(millis);
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
    breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
    clear: () => {},
    width: () => 120,
    ask: null,
    environment: { COMPUTERNAME: "LAB" },
    ...more,
  });
  async function show(script: string): Promise<Shown> {
    const pieces: Piece[] = [];
    const outcome = await shell.run(script, { write: (piece) => pieces.push(piece), keep: true }).done;
    return { text: pieces.map(({ text }) => text).join(""), pieces, outcome };
  }
  return {
    shell,
    slept,
    show,
    /** What a script shows, without the blank lines around it. */
    text: async (script: string): Promise<string> => (await show(script)).text.replace(/^\n+|\n+$/g, ""),
    /** The lines that a script shows, as they are. */
    lines: async (script: string): Promise<readonly string[]> => (await show(script)).text.split("\n"),
  };
}

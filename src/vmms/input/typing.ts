import type { Pause } from "../../storage/index.ts";
import { type Clock, HvError, micros } from "../../support/index.ts";

/** How a text is typed. */
export interface TypingOptions {
  /** Scan codes of each character. */
  readonly strokes: readonly (readonly number[])[];
  /** Types some of them. @returns bytes that the guest has not read yet; 0 where nobody can tell */
  send(codes: readonly number[]): Promise<number>;
  readonly clock: Clock;
  readonly pause: Pause;
  /** Aborted when the rest shall not be typed. */
  readonly signal: AbortSignal;
  /** So many characters are with the guest. */
  typed(characters: number): void;
}

/** Bytes between two pauses. Reason: what an emulated keyboard's buffer holds, on real machines. */
const burst = 16;
/** Microseconds between two bursts. Reason: at 400 characters a second a shell on an emulated processor keeps up. */
const rest = micros(20_000);
/** Microseconds in which a guest that reads its keyboard at all has read something. */
const patience = 10_000_000;

/** How typing ended. */
export type TypingEnd = "typed" | "stopped" | "notRead";

/** Types a text at a pace that a guest can follow: never more at once than it has read. */
export async function typeAtPace(options: TypingOptions): Promise<TypingEnd> {
  const { strokes, send, clock, pause, signal, typed } = options;
  let at = 0;
  while (at < strokes.length) {
    const codes: number[] = [...(strokes[at++] ?? [])];
    for (
      let next = strokes[at];
      next !== undefined && codes.length + next.length <= burst;
      next = strokes[at]
    ) {
      codes.push(...next);
      at++;
    }
    if (signal.aborted) return "stopped";
    let waiting = await send(codes);
    typed(at);
    const since = clock.now();
    do {
      await pause(rest, signal);
      if (signal.aborted) return "stopped";
      waiting = waiting === 0 ? 0 : await send([]);
      if (waiting > 0 && clock.now() - since > patience) return "notRead";
    } while (waiting > 0);
  }
  return "typed";
}

/** Why a text was not typed, for a person; `null` when it was. */
export function typingFailure(
  end: TypingEnd,
  at: { readonly name: string; readonly done: number; readonly all: number },
): HvError | null {
  const { name, done, all } = at;
  if (end === "typed") return null;
  if (end === "stopped")
    return new HvError("input.stopped", `Typing stopped after ${done} of ${all} characters.`, {
      hresult: 0x800704c7,
    });
  return new HvError(
    "input.notRead",
    `The guest of ${name} does not read its keyboard: typing stopped after ${done} of ${all} characters. Wait until it has started, then type the text again.`,
    { hresult: 0x800705b4 },
  );
}
